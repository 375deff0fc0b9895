"""Log lines that the gateway thins out before they are stored: what `lgtm logs patterns --apply` writes."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from planning.base import Frozen, broken_rule
from settings.models.fields import matching

ANY = "<*>"
LineTemplate = Annotated[
    str,
    matching(
        r"^[^\x00-\x1f]*[A-Za-z]{3}[^\x00-\x1f]*$",
        "a line in which <*> stands for what changes, with a word of three letters at least",
    ),
    Field(max_length=500),
]


class ThinnedLines(Frozen):
    """Lines of one form, of one service."""

    service: Annotated[str, matching(r"^[^\x00-\x1f\"\\]{1,255}$", "a service's name")]
    """Value of service.name."""
    template: LineTemplate
    """The line, or the message inside a line of JSON or logfmt; `<*>` stands for anything."""
    keep_percent: Annotated[int, Field(ge=0, le=99)] = 0
    """How many of them are kept, by the hundredth of a second that they were written in."""


class LogSettings(Frozen):
    """What of the logs isn't stored."""

    thin: tuple[ThinnedLines, ...]
    """Lines that are left out, wholly or in part; warnings, errors and what reads like one are kept always."""

    @model_validator(mode="after")
    def _once(self) -> Self:
        keys = [(one.service, one.template) for one in self.thin]
        if twice := next((key for key in keys if keys.count(key) > 1), None):
            raise broken_rule(f"{twice[1]!r} of {twice[0]} is there twice; keep one", "thin")
        return self
