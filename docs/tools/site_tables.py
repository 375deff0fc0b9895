"""A hook of mkdocs: where a key in a table may break, on a narrow screen.

Source: MkDocs documentation, "Developing plugins", `on_page_content`; HTML Standard, "The wbr element".
"""

import re

_CELL = re.compile(r"<t[dh][ >].*?</t[dh]>", re.DOTALL)
_CODE = re.compile(r"(?<=<code>).*?(?=</code>)", re.DOTALL)
# A character reference such as &lt; is one character.
_SEAM = re.compile(r"(?<=[._/])(?=[\w&])")


def on_page_content(html: str, **_: object) -> str:
    """The page, with a break allowed after each dot, underscore and slash of code in tables."""
    return _CELL.sub(lambda cell: _CODE.sub(lambda code: _SEAM.sub("<wbr>", code[0]), cell[0]), html)
