"""Lifecycle rules in the provider's words and back, and what buckets are for."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planning.aws.lifecycle import LifecycleRule, RegisteredMove, Transition, from_provider, to_provider
from planning.aws.purpose import purpose_of
from planning.aws.types import BUCKET
from planning.buckets import BucketPurpose, StorageClass
from planning.registered import UNKNOWN, Property, Resource

DAYS = st.integers(1, 3650)


@st.composite
def rules(draw: st.DrawFn) -> LifecycleRule:
    """Any rule that the model takes."""
    classes = sorted(draw(st.sets(st.sampled_from(list(StorageClass)))), key=list(StorageClass).index)
    ages = sorted(draw(st.sets(st.integers(0, 3000), min_size=len(classes), max_size=len(classes))))
    size = draw(st.none() | st.integers(1, 10**9))
    markers = draw(st.booleans())
    return LifecycleRule(
        id=draw(st.text(min_size=1, max_size=255)),
        prefix=draw(st.text(max_size=20)),
        min_object_bytes=size,
        transitions=tuple(Transition(days=age, storage_class=name) for age, name in zip(ages, classes, strict=True)),
        expiration_days=None if markers else draw(st.none() | st.integers(3001, 3650)),
        noncurrent_expiration_days=draw(st.none() | DAYS),
        expired_delete_markers=markers,
        abort_multipart_days=draw(st.none() | DAYS) if size is None else None,
    )


@given(rules())
def test_reading_is_the_inverse_of_writing(rule: LifecycleRule) -> None:
    read = from_provider(to_provider(rule))
    assert read.enabled, "what is written is enabled"
    assert read.planned == rule


@given(rules())
def test_a_written_rule_survives_json_and_has_one_filter(rule: LifecycleRule) -> None:
    written: dict[str, Any] = to_provider(rule)
    assert from_provider(json.loads(json.dumps(written))).planned == rule
    assert len(written["filter"]) == 1, f"S3 takes exactly one predicate, got {written['filter']}"
    assert None not in written.values()


def test_a_size_without_a_prefix_is_a_filter_of_its_own() -> None:
    """S3 refuses an And of one predicate."""
    assert to_provider(LifecycleRule(id="large", min_object_bytes=5))["filter"] == {"objectSizeGreaterThan": 5}


@pytest.mark.parametrize(
    ("rule", "enabled"),
    [
        ({"status": "Enabled"}, True),
        ({"status": "Disabled"}, False),
        ({"enabled": True}, True),
        ({"enabled": False}, False),
        ({}, True),
        ({"status": UNKNOWN}, True),
    ],
)
def test_a_rule_is_enabled_unless_it_says_otherwise(rule: Property, enabled: bool) -> None:
    assert from_provider(rule).enabled is enabled


def test_what_no_plan_uses_is_read_and_left_out_of_plans() -> None:
    read = from_provider(
        {"transitions": [{"date": "2030-01-01", "storageClass": "GLACIER"}, {"days": "9", "storageClass": "X"}]}
    )
    assert read.moves == (RegisteredMove(None, "GLACIER"), RegisteredMove(9, "X"))
    assert read.planned.transitions == ()


@pytest.mark.parametrize("text", ["nan", "inf", "-1", "1e99", "soon", UNKNOWN, True, None])
def test_what_is_no_number_of_days_is_absent(text: Property) -> None:
    assert from_provider({"expiration": {"days": text}}).expiration_days is None


@pytest.mark.parametrize(
    ("logical", "properties", "purpose"),
    [
        ("x", {"tags": {"purpose": "loki-chunks"}}, BucketPurpose.LOKI_CHUNKS),
        ("x", {"tagsAll": {"purpose": "loki-chunks"}}, BucketPurpose.LOKI_CHUNKS),
        ("storage-loki-chunks", {"tags": {"purpose": "invoices"}}, None),
        ("storage-loki-chunks", {}, BucketPurpose.LOKI_CHUNKS),
        ("x", {"bucket": "acme-prod-mimir-blocks-123456789012"}, BucketPurpose.MIMIR_BLOCKS),
        ("storage-loki-chunks", {"bucket": "acme-mimir-blocks"}, BucketPurpose.MIMIR_BLOCKS),
        ("x", {"bucket": UNKNOWN}, UNKNOWN),
        ("x", {"tags": UNKNOWN}, UNKNOWN),
        ("storage-loki-chunks", {"tags": UNKNOWN, "bucket": UNKNOWN}, BucketPurpose.LOKI_CHUNKS),
        ("x", {"bucket": "somebody-s"}, None),
    ],
)
def test_the_tag_decides_then_the_names(logical: str, properties: dict[str, Property], purpose: object) -> None:
    assert purpose_of(Resource(BUCKET, logical, "urn", properties), BucketPurpose) is purpose
