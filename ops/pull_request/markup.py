"""Pieces of a GitHub comment: tables, folds, amounts."""

from collections.abc import Iterable, Sequence


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], right: frozenset[int] = frozenset()) -> str:
    """A table of cells that are Markdown already; columns in `right` are numbers."""
    rule = " | ".join("---:" if number in right else "---" for number in range(len(columns)))
    lines = [f"| {' | '.join(columns)} |", f"| {rule} |", *(f"| {' | '.join(row)} |" for row in rows)]
    return "\n".join(lines)


def fold(title: str, body: str, *, unfolded: bool = False) -> str:
    """A section that folds; the blank lines make GitHub read what is inside as Markdown."""
    return f"<details{' open' if unfolded else ''}><summary>{title}</summary>\n\n{body}\n\n</details>"


def usd(amount: float | None) -> str:
    """An amount in US dollars, two digits."""
    return "–" if amount is None else f"{_zero(amount):,.2f}"


def signed_usd(amount: float) -> str:
    """A difference in US dollars with its sign."""
    return f"{_zero(amount):+,.2f}" if _zero(amount) else "±0.00"


def plural(count: int, word: str) -> str:
    """`1 error`, `2 errors`."""
    return f"{count} {word}{'' if count == 1 else 's'}"


def _zero(amount: float) -> float:
    """Without the minus sign of a rounded nothing."""
    return round(amount, 2) or 0.0
