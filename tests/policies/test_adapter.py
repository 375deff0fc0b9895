"""Between the engine's objects and the rules: unknown values, inputs beside outputs, and what is said."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from pulumi_policy import (
    PolicyCustomTimeouts,
    PolicyResource,
    PolicyResourceOptions,
    ResourceValidationArgs,
    StackValidationArgs,
)
from pulumi_policy.policy import _NotApplicableError  # pyright: ignore[reportPrivateUsage]
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE, unknown_checking_proxy

from planning.aws.types import BUCKET, LIFECYCLE, STACK
from policies.pack import Adapter
from policies.rules.cost import BUDGET
from policies.rules.pinning import CHARTS_PINNED
from policies.rules.public_access import BUCKETS_PRIVATE
from policies.rules.transitions import QUERIED_DATA_READABLE
from tests.policies.cases import STACK_URN
from tests.stacks import policy_configs

RELEASE = "kubernetes:helm.sh/v3:Release"
FROZEN: Mapping[str, Any] = {"loki": {"storage_config": {"aws": {"storage_class": "GLACIER"}}}}


def options() -> PolicyResourceOptions:
    return PolicyResourceOptions(False, [], None, [], PolicyCustomTimeouts(0, 0, 0), [], None)


def one(properties: Mapping[str, Any], type_token: str = RELEASE, config: Any = None) -> ResourceValidationArgs:
    props = unknown_checking_proxy(dict(properties))
    urn = f"{STACK_URN}::{type_token}::loki"
    return ResourceValidationArgs(type_token, props, urn, "loki", options(), None, config, {})


def registered(type_token: str, name: str, props: Mapping[str, Any]) -> PolicyResource:
    urn = f"{STACK_URN}::{type_token}::{name}"
    proxied = unknown_checking_proxy(dict(props))
    return PolicyResource(type_token, proxied, urn, name, options(), None, None, [], {})


def all_of(properties: Mapping[str, Any], *more: PolicyResource, config: Any = None) -> StackValidationArgs:
    root, release = registered(STACK, "lgtm-prod", {}), registered(RELEASE, "loki", properties)
    return StackValidationArgs([root, release, *more], config, {})


class Reports(list[tuple[str, str | None]]):
    """What a policy reports."""

    def __call__(self, message: str, urn: str | None = None) -> None:
        self.append((message, urn))


def test_an_unknown_value_makes_a_rule_not_applicable() -> None:
    policy, reports = Adapter(policy_configs()).policy(CHARTS_PINNED), Reports()
    with pytest.raises(_NotApplicableError) as caught:
        policy.validate(one({"chart": "loki", "version": UNKNOWN_STRING_VALUE}), reports)
    assert caught.value.reason == "not yet known: version"
    assert reports == []


def test_a_value_that_is_no_json_is_judged_as_its_text() -> None:
    """YAML reads an unquoted date as one; assets are objects too."""
    policy, reports = Adapter(policy_configs()).policy(CHARTS_PINNED), Reports()
    policy.validate(one({"chart": "loki", "version": date(2026, 11, 24)}), reports)
    assert "version is 2026-11-24" in reports[0][0]


def test_a_value_that_becomes_known_is_judged() -> None:
    policy, reports = Adapter(policy_configs()).policy(CHARTS_PINNED), Reports()
    with pytest.raises(_NotApplicableError):
        policy.validate(one({"chart": "loki", "version": UNKNOWN_STRING_VALUE}), reports)
    policy.validate(one({"chart": "loki", "version": "~18"}), reports)
    assert "version is ~18" in reports[0][0]


def test_a_stack_rule_sees_inputs_where_outputs_are_not_yet_known() -> None:
    adapter, reports = Adapter(policy_configs()), Reports()
    adapter.policy(CHARTS_PINNED).validate(one({"chart": "loki", "version": "18.11.0", "values": FROZEN}), reports)
    unconfigured = {"chart": UNKNOWN_STRING_VALUE, "values": UNKNOWN_STRING_VALUE}
    adapter.policy(QUERIED_DATA_READABLE).validate(all_of(unconfigured), reports)
    assert len(reports) == 1
    assert "values.loki.storage_config.aws.storage_class is GLACIER" in reports[0][0]
    assert reports[0][1] == f"{STACK_URN}::{RELEASE}::loki"


def test_a_stack_rule_sees_outputs_where_inputs_are_not_yet_known() -> None:
    adapter, reports = Adapter(policy_configs()), Reports()
    with pytest.raises(_NotApplicableError):
        adapter.policy(CHARTS_PINNED).validate(one({"chart": "loki", "version": UNKNOWN_STRING_VALUE}), reports)
    adapter.policy(QUERIED_DATA_READABLE).validate(all_of({"chart": "loki", "values": FROZEN}), reports)
    assert len(reports) == 1


def test_the_second_names_of_bucket_types_are_judged_alike() -> None:
    bucket = registered("aws:s3/bucketV2:BucketV2", "old", {"bucket": "b"})
    policy, reports = Adapter(policy_configs()).policy(BUCKETS_PRIVATE), Reports()
    policy.validate(all_of({}, bucket), reports)
    assert "no public access block" in reports[0][0]


def test_a_wrong_configuration_is_said_once_on_the_root() -> None:
    policy, reports = Adapter(policy_configs()).policy(CHARTS_PINNED), Reports()
    for type_token in (STACK, RELEASE, RELEASE):
        policy.validate(one({"chart": "loki", "version": "~18"}, type_token, {"exception": []}), reports)
    assert len(reports) == 1
    assert "charts-pinned.exception: Extra inputs are not permitted" in reports[0][0]


def test_a_violation_without_a_resource_is_the_stack_s() -> None:
    policy, reports = Adapter(policy_configs()).policy(BUDGET), Reports()
    support = {"version": "1.35", "upgradePolicy": {"supportType": "STANDARD"}}
    cluster = registered("aws:eks/cluster:Cluster", "cluster", {"name": "c", **support})
    policy.validate(all_of({}, cluster, config={"usd_per_month": 10, "as_of": "2026-11-24"}), reports)
    assert reports[0][0].startswith("lgtm-prod: 73.00 USD a month is 63.00 over the budget of 10.00")
    assert reports[0][1] == f"{STACK_URN}::{STACK}::lgtm-prod"


def test_lists_are_read_item_by_item() -> None:
    policy, reports = Adapter(policy_configs()).policy(QUERIED_DATA_READABLE), Reports()
    moves = [{"days": 3, "storageClass": "STANDARD_IA"}, {"days": 7, "storageClass": "GLACIER"}]
    rule = {"id": "cold", "status": "Enabled", "filter": {"prefix": "fake/"}, "transitions": moves}
    tags = {"purpose": "loki-chunks"}
    bucket = registered(BUCKET, "chunks", {"bucket": "chunks", "tags": tags})
    rules = registered(LIFECYCLE, "chunks", {"bucket": "chunks", "rules": [rule]})
    policy.validate(StackValidationArgs([bucket, rules], None, {}), reports)
    assert any("GLACIER" in message for message, _ in reports), reports
