"""What commands print: an answer as JSON for scripts, or its report for people."""

import sys
from collections.abc import Callable
from typing import NamedTuple

from pydantic_core import to_json

from ops.report.checks import Report
from ops.report.model import Document, document
from ops.report.terminal import show


class Answer(NamedTuple):
    """What a command found."""

    value: object
    """For scripts: models, and tables and lists of them. Numbers that JSON hasn't become null."""
    report: Callable[[], Document]
    """For people."""
    exit_code: int = 0
    remark: str = ""
    """Beside the JSON, on standard error: what the report tells people as well."""


def show_answer(found: Answer | Report, *, as_json: bool) -> int:
    """Prints what was found; returns its exit code."""
    answer = _checked(found) if isinstance(found, Report) else found
    if as_json:
        print(to_json(answer.value, indent=2, by_alias=False, inf_nan_mode="null").decode())
        if answer.remark:
            print(answer.remark, file=sys.stderr)
    else:
        show(answer.report())
    return answer.exit_code


def _checked(report: Report) -> Answer:
    return Answer(report, lambda: document(report.title, report), report.exit_code)
