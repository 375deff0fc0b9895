"""Exceptions: by name or URN, to their last day, and never forgotten."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from policies.judge import EvaluationContext, ExceptionUsage, judge
from policies.limits import Limits, PolicyException
from policies.rule import NotYetKnown, ResourceRule, Subject, Verdict, Violation
from policies.rules.exceptions import EXCEPTIONS_IN_DATE, EXCEPTIONS_IN_USE

TODAY = date(2026, 11, 24)
URN = "urn:pulumi:prod::lgtm::aws:s3/bucket:Bucket::logs"
OTHER_URN = "urn:pulumi:prod::lgtm::aws:s3/bucket:Bucket::other"
NAMES = {URN: "logs", OTHER_URN: "other"}


def says(*verdicts: Verdict) -> ResourceRule[Limits]:
    def check(resource: object, limits: Limits) -> Iterator[Verdict]:
        yield from verdicts

    return ResourceRule(
        id="a-rule", subject=Subject.COST, title="t", why="w", fix="mend it.", types=("*",), limits=Limits, check=check
    )


def excepted(resource: str = "logs", until: str = "2026-12-31") -> PolicyException:
    return PolicyException(resource=resource, reason="moved in ticket 7", until=date.fromisoformat(until))


def judged(*exceptions: PolicyException, usage: ExceptionUsage | None = None) -> list[str]:
    rule = says(Violation("is wrong"), Violation("too", OTHER_URN))
    limits = Limits(exceptions=exceptions)
    verdicts = rule.check(None, limits)  # pyright: ignore[reportArgumentType]
    judgement = judge(rule, verdicts, limits, EvaluationContext(NAMES, URN, TODAY), usage or ExceptionUsage())
    return [violation.message for violation in judgement.violations]


def test_a_message_names_resource_problem_and_fix() -> None:
    assert judged() == ["logs: is wrong. Fix: mend it.", "other: too. Fix: mend it."]


def test_a_resource_that_has_no_name_is_told_by_its_urn() -> None:
    gone = "urn:pulumi:prod::lgtm::aws:s3/bucket:Bucket::gone"
    rule = says(Violation("is wrong", gone))
    verdicts = rule.check(None, Limits())  # pyright: ignore[reportArgumentType]
    (found,) = judge(rule, verdicts, Limits(), EvaluationContext(NAMES, URN, TODAY), ExceptionUsage()).violations
    assert (found.message, found.urn) == (f"{gone}: is wrong. Fix: mend it.", gone)


@pytest.mark.parametrize("pattern", ["logs", "lo*", URN, "*Bucket::logs"])
def test_an_exception_covers_by_name_or_urn(pattern: str) -> None:
    assert judged(excepted(pattern)) == ["other: too. Fix: mend it."]


def test_an_exception_counts_on_its_last_day_and_no_longer() -> None:
    assert len(judged(excepted(until="2026-11-24"))) == 1
    messages = judged(excepted(until="2026-11-23"))
    assert messages[0] == "logs: is wrong. Fix: mend it. Its exception ended on 2026-11-23 (moved in ticket 7)."


def test_what_is_not_yet_known_is_neither_pass_nor_violation() -> None:
    rule = says(NotYetKnown("an id"), NotYetKnown("an id"), NotYetKnown("an ARN"))
    verdicts = rule.check(None, Limits())  # pyright: ignore[reportArgumentType]
    judgement = judge(rule, verdicts, Limits(), EvaluationContext(NAMES, URN, TODAY), ExceptionUsage())
    assert judgement.violations == ()
    assert judgement.reason == "not yet known: an id, an ARN"


def test_expired_exceptions_are_violations_and_unused_ones_are_reported() -> None:
    usage = ExceptionUsage()
    judged(excepted("logs"), excepted("gone"), excepted("other", "2026-11-01"), usage=usage)
    expired = [violation.message for violation in EXCEPTIONS_IN_DATE.check(usage.uses(), TODAY)]
    unused = [violation.message for violation in EXCEPTIONS_IN_USE.check(usage.uses(), TODAY)]
    assert expired == ["the exception of other from a-rule ended on 2026-11-01 (moved in ticket 7)"]
    assert unused == ["the exception of gone from a-rule covers no violation any more"]


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"reason": "short"}, "at least 10"),
        ({"reason": None}, "string"),
        ({"until": "soon"}, "date"),
        ({"resource": ""}, "at least 1"),
        ({"owner": "me"}, "Extra inputs"),
    ],
)
def test_an_exception_needs_resource_reason_and_date(wrong: dict[str, Any], word: str) -> None:
    right = {"resource": "logs", "reason": "moved in ticket 7", "until": "2026-12-31"}
    with pytest.raises(ValidationError, match=word):
        PolicyException.model_validate(right | wrong)
