"""The exceptions themselves: none past its day, none without use."""

from collections.abc import Iterator, Sequence
from datetime import date

from policies.rule import ExceptionRule, ExceptionUse, Level, Severity, Violation


def _expired(uses: Sequence[ExceptionUse], today: date) -> Iterator[Violation]:
    for use in uses:
        if use.exception.expired(today):
            yield Violation(
                f"the exception of {use.exception.resource} from {use.rule} ended on {use.exception.until} "
                f"({use.exception.reason})"
            )


EXCEPTIONS_IN_DATE = ExceptionRule(
    id="exceptions-in-date",
    title="No exception is past its day",
    why="An exception is a debt with a date; one that nobody ends becomes the rule.",
    fix="Repair the resource and delete the exception, or give it a new reason and a new day in a review.",
    check=_expired,
)


def _unused(uses: Sequence[ExceptionUse], today: date) -> Iterator[Violation]:
    for use in uses:
        if not use.used and not use.exception.expired(today):
            yield Violation(f"the exception of {use.exception.resource} from {use.rule} covers no violation any more")


EXCEPTIONS_IN_USE = ExceptionRule(
    id="exceptions-in-use",
    title="Every exception still covers something",
    why="An exception that is no longer needed hides the next violation.",
    fix="Delete it from policies/config/<stack>.json.",
    check=_unused,
    level=Level.ADVISORY,
    severity=Severity.LOW,
)
