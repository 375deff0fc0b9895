"""Lifecycle rules that S3 refuses and moto accepts."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.providers.properties import UNKNOWN
from sandbox.providers.rules.s3_lifecycle import STORAGE_CLASSES, lifecycle_refusals

DAYS_30 = {"days": 30}


def rule(**changes: Any) -> dict[str, Any]:
    """A rule that S3 accepts, with changes; None takes a property away."""
    whole = {"id": "one", "status": "Enabled", "filter": {"prefix": "a/"}, "expiration": DAYS_30, **changes}
    return {name: value for name, value in whole.items() if value is not None}


def moves(*transitions: tuple[int, str]) -> list[dict[str, Any]]:
    return [{"days": days, "storageClass": storage_class} for days, storage_class in transitions]


def refusals(*rules: dict[str, Any]) -> list[str]:
    return [f"{one.property}: {one}" for one in lifecycle_refusals({"rules": list(rules)})]


ABORT: dict[str, Any] = {"daysAfterInitiation": 1}
BY_TAG: dict[str, Any] = {"tag": {"key": "a", "value": "b"}}
DATED = "2030-01-01T00:00:00Z"

BAD: list[tuple[dict[str, Any], str]] = [
    (rule(expiration={"days": 0}), "'Days' must be a positive integer"),
    (rule(expiration={"days": -1}), "'Days' must be a positive integer"),
    (rule(expiration={"days": 3, "date": DATED}), "Days and Date"),
    (rule(expiration={"date": "2030-01-01T10:00:00Z"}), "midnight"),
    (rule(expiration={"date": "soon"}), "midnight"),
    (rule(expiration={"days": 3, "expiredObjectDeleteMarker": True}), "ExpiredObjectDeleteMarker"),
    (rule(transitions=moves((30, "GLACIER_IR"))), "must be greater than 'Days' in the Transition action"),
    (rule(transitions=moves((40, "GLACIER_IR"))), "must be greater than 'Days' in the Transition action"),
    (rule(transitions=moves((-1, "GLACIER_IR"))), "0 or a positive integer"),
    (rule(transitions=moves((1, "STANDARD"))), "'STANDARD' is not"),
    (rule(transitions=moves((1, "GLACIER_INSTANT"))), "'GLACIER_INSTANT' is not one of"),
    (rule(transitions=moves((1, "GLACIER"), (2, "STANDARD_IA"))), "transitions only go down"),
    (rule(transitions=moves((1, "GLACIER"), (1, "DEEP_ARCHIVE"))), "same day"),
    (rule(transitions=moves((1, "GLACIER"), (5, "GLACIER"))), "must be different for each transition"),
    (rule(transitions=[{"storageClass": "GLACIER"}]), "needs Days or Date"),
    (rule(transitions=[{"date": "2030-01-01T00:00:00Z", "storageClass": "GLACIER"}]), "mixed 'Date' and 'Days'"),
    (rule(expiration=None), "At least one action"),
    (rule(id="x" * 256), "ID length"),
    (rule(status="On"), "'On' is not one of Enabled, Disabled"),
    (rule(filter={"prefix": "a", "objectSizeLessThan": 3}), "exactly one predicate"),
    (rule(filter={"and": {"prefix": "a"}}), "at least two predicates"),
    (rule(filter={"and": {"tags": {"a": "b"}}}), "at least two predicates"),
    (rule(prefix="a"), "Filter and the old Prefix"),
    (rule(filter={"and": {"objectSizeGreaterThan": 9, "objectSizeLessThan": 9}}), "must be less than"),
    (rule(filter={"objectSizeGreaterThan": -1}), "must be between 0"),
    (rule(filter={"objectSizeLessThan": 6 * 1024**4}), "must be between 1"),
    (rule(expiration={"expiredObjectDeleteMarker": True}, filter=BY_TAG), "with tags"),
    (rule(abortIncompleteMultipartUpload=ABORT, filter={"objectSizeLessThan": 9}), "object sizes"),
    (rule(abortIncompleteMultipartUpload=ABORT, filter=BY_TAG), "tags"),
    (rule(abortIncompleteMultipartUpload={"daysAfterInitiation": 0}), "must be positive"),
    (rule(abortIncompleteMultipartUpload={"x": 0}), "needs DaysAfterInitiation"),
    (rule(noncurrentVersionExpiration={"noncurrentDays": 0}), "must be at least 1"),
    (rule(noncurrentVersionExpiration={"noncurrentDays": 1, "newerNoncurrentVersions": 101}), "between 1 and 100"),
    (
        rule(
            noncurrentVersionExpiration={"noncurrentDays": 5},
            noncurrentVersionTransitions=[{"noncurrentDays": 5, "storageClass": "GLACIER"}],
        ),
        "must be greater than that of the transition",
    ),
    (rule(noncurrentVersionTransitions=[{"noncurrentDays": 1, "storageClass": "STANDARD"}]), "'STANDARD' is not"),
]  # fmt: skip

GOOD = [
    rule(),
    rule(status="Disabled"),
    rule(expiration={"date": DATED}),
    rule(expiration={"date": DATED}, transitions=[{"date": "2029-01-01T00:00:00Z", "storageClass": "GLACIER"}]),
    rule(transitions=moves((0, "STANDARD_IA"), (3, "GLACIER_IR"))),
    rule(transitions=moves((3, "GLACIER_IR"), (0, "STANDARD_IA"))),
    rule(filter={"and": {"prefix": "a", "tags": {"a": "b"}, "objectSizeGreaterThan": 1, "objectSizeLessThan": 9}}),
    rule(filter={"objectSizeGreaterThan": 0}),
    rule(filter=None, prefix="a"),
    rule(expiration=None, abortIncompleteMultipartUpload=ABORT),
    rule(noncurrentVersionExpiration={"noncurrentDays": 1, "newerNoncurrentVersions": 100}),
]  # fmt: skip


@pytest.mark.parametrize(("bad", "message"), BAD)
def test_refused(bad: dict[str, Any], message: str) -> None:
    found = refusals(bad)
    assert any(message in one for one in found), found
    assert all(one.startswith("rules[0]") for one in found)


@pytest.mark.parametrize("good", GOOD)
def test_accepted(good: dict[str, Any]) -> None:
    assert refusals(good) == []


def test_configuration_as_a_whole() -> None:
    assert "1 to 1000 rules" in refusals()[0]
    assert refusals(*(rule(id=str(index)) for index in range(1000))) == []
    assert "1 to 1000 rules" in refusals(*(rule(id=str(index)) for index in range(1001)))[0]
    assert refusals(rule(), rule())[0].startswith("rules[1].id: InvalidArgument: Rule ID must be unique")
    [minimum] = lifecycle_refusals({"transitionDefaultMinimumObjectSize": "none"})
    assert minimum.property == "transitionDefaultMinimumObjectSize"


def test_what_is_not_known_yet_is_not_refused() -> None:
    assert lifecycle_refusals({"rules": UNKNOWN}) == []
    assert refusals(rule(id=UNKNOWN, status=UNKNOWN, filter=UNKNOWN, expiration={"days": UNKNOWN})) == []


@given(
    st.lists(st.sampled_from(STORAGE_CLASSES), min_size=1, unique=True),
    st.lists(st.integers(0, 400), unique=True, min_size=6),
)
def test_only_downhill_orders_pass(classes: list[str], days: list[int]) -> None:
    """A sequence of transitions is accepted exactly when colder classes come on later days."""
    transitions = moves(*zip(sorted(days), classes, strict=False))
    ranks = [STORAGE_CLASSES.index(one["storageClass"]) for one in transitions]
    found = refusals(rule(expiration={"days": 500}, transitions=list(reversed(transitions))))
    assert (found == []) == (ranks == sorted(ranks))
