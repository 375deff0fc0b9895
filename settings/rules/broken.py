"""What a rule over the whole document says of one."""

from typing import NamedTuple


class BrokenRule(NamedTuple):
    """One broken rule."""

    path: tuple[str | int, ...]
    """Keys and list positions from the top of the document."""
    sentence: str
    """What is wrong and what to do."""
