"""Text of unknown origin inside a GitHub comment: it shows as it is, and does nothing.

Resource names and policy messages can come from a fork. As Markdown they could close a section, link somewhere, load a
picture, mention people or refer to issues.
"""

from ops.report.markdown import Escapes
from ops.report.words import seen

# Characters with a meaning in Markdown, HTML, tables or formulas; as character references they have none.
ACTIVE = str.maketrans({sign: f"&#{ord(sign)};" for sign in "\\`*_[]<>|~&$"})
# Breaks what GitHub finds in finished text (mentions, references, addresses) without showing.
ZERO_WIDTH_SPACE = "\u200b"
BROKEN = ("@", "#", "://", "www.")


def prose(text: str) -> str:
    """Running text on one line."""
    shown = seen(text)
    for sign in BROKEN:
        shown = shown.replace(sign, f"{sign[0]}{ZERO_WIDTH_SPACE}{sign[1:]}")
    return _referenced(shown)


def code(text: str) -> str:
    """A monospaced face; GitHub looks for no mentions, references or addresses in it."""
    return f"<code>{_referenced(seen(text))}</code>"


def _referenced(text: str) -> str:
    return text.translate(ACTIVE)


INERT = Escapes(prose=prose, code=code)
