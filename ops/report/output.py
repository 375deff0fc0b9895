"""What commands print: an answer as JSON for scripts, or its report for people."""

from collections.abc import Callable

from pydantic import BaseModel

from ops.report.model import Document
from ops.report.terminal import show


def show_answer(answer: BaseModel, report: Callable[[], Document], *, as_json: bool) -> None:
    """Prints one of both."""
    if as_json:
        print(answer.model_dump_json(indent=2))
    else:
        show(report())
