"""Pieces of wording that reports share: amounts, counts, lines of unknown origin."""

import unicodedata
from datetime import UTC, datetime

UNSEEN = ("Cc", "Cf", "Co", "Cs", "Zl", "Zp")


def usd(amount: float | None) -> str:
    """An amount in US dollars, two digits."""
    return "–" if amount is None else f"{_zero(amount):,.2f}"


def signed_usd(amount: float) -> str:
    """A difference in US dollars with its sign."""
    return f"{_zero(amount):+,.2f}" if _zero(amount) else "±0.00"


def plural(count: int, word: str) -> str:
    """`1 error`, `2 errors`."""
    return f"{count} {word}{'' if count == 1 else 's'}"


def moment(at: datetime) -> str:
    """A time in UTC, to the minute."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def one_line(text: str, length: int) -> str:
    """Without line breaks and characters that can't be seen, at most `length` characters."""
    # What is cut off anyway need not be looked at; the rest of a hostile text may be very long.
    flat = " ".join(seen(text[: 4 * length]).split())
    return flat if len(flat) <= length else f"{flat[: length - 1]}…"


def seen(text: str) -> str:
    """With a space for every character that can't be seen, terminals' control characters among them."""
    if text.isprintable():
        return text
    return "".join(" " if unicodedata.category(char) in UNSEEN else char for char in text)


def _zero(amount: float) -> float:
    """Without the minus sign of a rounded nothing."""
    return round(amount, 2) or 0.0
