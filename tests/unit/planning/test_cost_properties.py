"""What holds for every bill: never negative, sums equal lines, more of anything never costs less."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planning.budget import Category
from planning.cost.assumptions import Assumptions, NodeCount
from planning.cost.comparison import compare
from planning.cost.inputs import REFERENCE_LOAD
from planning.registered import UNKNOWN, Resource
from tests.unit.planning.cost_cases import STACKS, node_group, priced, recorded, release, resource

TYPES = ("t4g.medium", "t4g.large", "m7g.large", "m8g.xlarge", "c7g.4xlarge", "unknown.large")
leaves: Any = st.one_of(
    st.none(), st.just(UNKNOWN), st.booleans(), st.integers(-5, 10**6), st.floats(allow_nan=True), st.text(max_size=8)
)
junk: Any = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
)
COUNTED = (
    "aws:ec2/natGateway:NatGateway", "aws:ec2/eip:Eip", "aws:kms/key:Key", "aws:cloudwatch/metricAlarm:MetricAlarm",
    "aws:secretsmanager/secret:Secret", "aws:s3/bucket:Bucket", "aws:cloudwatch/logGroup:LogGroup",
)  # fmt: skip
KEYS: dict[str, tuple[str, ...]] = {
    "aws:eks/nodeGroup:NodeGroup": ("scalingConfig", "instanceTypes", "capacityType", "launchTemplate", "subnetIds"),
    "aws:eks/cluster:Cluster": ("version", "upgradePolicy", "enabledClusterLogTypes"),
    "kubernetes:helm.sh/v3:Release": ("chart", "values"),
    "aws:s3/bucket:Bucket": ("tags", "lifecycleRules", "bucket"),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": ("bucket", "rules"),
    "aws:ebs/volume:Volume": ("size", "type", "iops"),
    "aws:lb/loadBalancer:LoadBalancer": ("subnets", "loadBalancerType"),
    "aws:ec2/vpcEndpoint:VpcEndpoint": ("vpcEndpointType", "subnetIds"),
    "aws:cloudwatch/logGroup:LogGroup": ("name", "retentionInDays", "logGroupClass"),
    "kubernetes:apps/v1:StatefulSet": ("spec",),
    "kubernetes:core/v1:Service": ("spec", "metadata"),
}


@st.composite
def any_resource(draw: st.DrawFn) -> Resource:
    """A resource of a type that is priced, with any properties at all."""
    token = draw(st.sampled_from(sorted(KEYS)))
    properties = {key: draw(junk) for key in KEYS[token]}
    if draw(st.booleans()) and "rules" in properties:
        properties["rules"] = [{"status": draw(junk), "expiration": {"days": draw(junk)}, "transitions": [draw(junk)]}]
    return resource(token, draw(st.sampled_from(["a", "b", "loki", "storage-loki-chunks"])), **properties)


@given(st.lists(any_resource(), max_size=4))
@settings(deadline=None, max_examples=100)
def test_no_properties_break_the_bill_or_make_it_negative(resources: list[Resource]) -> None:
    report = priced(*resources, resource("aws:ec2/vpc:Vpc"))
    assert all(line.usd_per_month >= 0 for line in report.lines)
    assert sum(report.by_category.values()) == pytest.approx(report.usd_per_month)
    assert sum(report.by_component.values()) == pytest.approx(report.usd_per_month)


@given(leaves, leaves, leaves)
@settings(deadline=None)
def test_no_number_breaks_the_bill_or_makes_it_negative(a: Any, b: Any, c: Any) -> None:
    rule = {"expiration": {"days": a}, "transitions": [{"days": b, "storageClass": "GLACIER"}]}
    report = priced(
        node_group(scalingConfig={"desiredSize": a, "maxSize": b, "minSize": c}, diskSize=c),
        resource("aws:ebs/volume:Volume", size=a, type="gp3", iops=b, throughput=c),
        resource("aws:cloudwatch/logGroup:LogGroup", retentionInDays=a),
        resource("aws:s3/bucket:Bucket", tags={"purpose": "loki-chunks"}, lifecycleRules=[rule]),
        release("tempo", {"replicas": a, "persistence": {"enabled": b, "size": c}}),
        release("loki", {"loki": {"commonConfig": {"replication_factor": a}}}),
    )
    assert all(0 <= line.usd_per_month < float("inf") for line in report.lines)


@given(st.sampled_from(COUNTED), st.integers(1, 20), st.integers(0, 20))
@settings(deadline=None)
def test_more_resources_cost_more(token: str, fewer: int, extra: int) -> None:
    def of(count: int) -> float:
        return priced(*(resource(token, f"r{index}") for index in range(count))).usd_per_month

    assert of(fewer) <= of(fewer + extra)
    assert of(fewer) > 0


@given(st.integers(0, 50), st.integers(0, 50), st.sampled_from(TYPES), st.booleans())
@settings(deadline=None)
def test_more_nodes_cost_more(a: int, b: int, instance_type: str, spot: bool) -> None:
    def of(nodes: int) -> float:
        return priced(
            node_group(
                scalingConfig={"desiredSize": nodes, "maxSize": nodes},
                instanceTypes=[instance_type],
                capacityType="SPOT" if spot else "ON_DEMAND",
            )
        ).usd_per_month

    low, high = sorted((a, b))
    assert of(low) <= of(high) + 1e-9


@given(st.integers(1, 2000), st.integers(1, 2000))
@settings(deadline=None)
def test_larger_volumes_cost_more(a: int, b: int) -> None:
    def of(size: int) -> float:
        values = {"persistence": {"enabled": True, "size": f"{size}Gi"}}
        return priced(resource("aws:ec2/vpc:Vpc"), release("tempo", values)).usd_per_month

    low, high = sorted((a, b))
    assert of(low) <= of(high)


@given(st.floats(0.01, 10_000), st.floats(0.01, 10_000))
@settings(deadline=None, max_examples=30)
def test_more_traffic_never_costs_less(a: float, b: float) -> None:
    def of(requests: float) -> float:
        workload = REFERENCE_LOAD.workload.model_copy(update={"requests_per_second": requests})
        return priced(*recorded("prod"), load=REFERENCE_LOAD.model_copy(update={"workload": workload})).usd_per_month

    low, high = sorted((a, b))
    assert of(low) <= of(high) + 1e-9


@pytest.mark.parametrize("stack", STACKS)
def test_every_resource_of_a_real_preview_is_priced_free_or_named(stack: str) -> None:
    resources = recorded(stack)
    report = priced(*resources)
    priced_names = {line.resource for line in report.lines}
    free = {item.type: item.count for item in report.free}
    assert all(found.name in priced_names or found.type in free for found in resources)
    assert sum(free.values()) < len(resources)
    assert not report.unpriced


@pytest.mark.parametrize("stack", STACKS)
def test_spot_at_on_demand_and_the_largest_groups_are_upper_bounds(stack: str) -> None:
    usual = priced(*recorded(stack))
    assert priced(*recorded(stack), assumptions=Assumptions(spot_share_of_on_demand=1)).usd_per_month > (
        usual.usd_per_month
    )
    most = priced(*recorded(stack), assumptions=Assumptions(nodes=NodeCount.MOST))
    assert usual.usd_at_most_nodes == pytest.approx(most.usd_per_month)
    assert most.usd_per_month >= usual.usd_per_month


@given(st.sets(st.integers(0, 150), max_size=20))
@settings(deadline=None, max_examples=20)
def test_changes_add_up_to_the_difference(left_out: set[int]) -> None:
    resources = recorded("prod")
    before = priced(*resources)
    after = priced(*(found for index, found in enumerate(resources) if index not in left_out))
    comparison = compare(before, after)
    assert sum(change.difference for change in comparison.changes) == pytest.approx(
        comparison.difference, abs=0.005 * (len(before.lines) + len(after.lines))
    )
    assert sum(new - old for old, new in comparison.by_category.values()) == pytest.approx(comparison.difference)
    assert set(comparison.by_category) == set(Category)
