"""Text of unknown origin inside a GitHub comment: it shows as it is, and does nothing.

Resource names and policy messages can come from a fork. As Markdown they could close a section, link somewhere, load a
picture, mention people or refer to issues.
"""

import unicodedata

# Characters with a meaning in Markdown, HTML, tables or formulas; as character references they have none.
ACTIVE = frozenset("\\`*_[]<>|~&$")
# Breaks what GitHub finds in finished text (mentions, references, addresses) without showing.
ZERO_WIDTH_SPACE = "\u200b"
BROKEN = ("@", "#", "://", "www.")
UNSEEN = ("Cc", "Cf", "Co", "Cs", "Zl", "Zp")


def prose(text: str, length: int = 600) -> str:
    """One line of running text."""
    shown = one_line(text, length)
    for sign in BROKEN:
        shown = shown.replace(sign, f"{sign[0]}{ZERO_WIDTH_SPACE}{sign[1:]}")
    return _referenced(shown)


def code(text: str, length: int = 200) -> str:
    """One line in a monospaced face; GitHub looks for no mentions, references or addresses in it."""
    return f"<code>{_referenced(one_line(text, length))}</code>"


def one_line(text: str, length: int) -> str:
    """Without line breaks and characters that can't be seen, at most `length` characters."""
    # What is cut off anyway need not be looked at; the rest of a hostile text may be very long.
    text = text[: 4 * length]
    seen = "".join(" " if unicodedata.category(char) in UNSEEN else char for char in text)
    flat = " ".join(seen.split())
    return flat if len(flat) <= length else f"{flat[: length - 1]}…"


def _referenced(text: str) -> str:
    return "".join(f"&#{ord(char)};" if char in ACTIVE else char for char in text)
