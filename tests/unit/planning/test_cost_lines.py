"""What each type of resource costs: quantity, price and sum, one table for each type."""

from datetime import date
from typing import Any

import pytest

from planning.budget import Category
from planning.cost.assumptions import Assumptions
from planning.cost.inputs import ClusterSharing
from planning.cost.model import LineKind
from planning.registered import UNKNOWN, Resource
from tests.unit.planning.cost_cases import NETWORK, amounts, node_group, priced, release, resource

CLUSTER = "aws:eks/cluster:Cluster"
INSTANCE = "aws:ec2/instance:Instance"
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
SUBNET = "aws:ec2/subnet:Subnet"
NO_TRAFFIC = Assumptions(wire_compression=1e9, wire_bytes_per_sample=0)
ROOT_40 = [{"deviceName": "/dev/xvda", "ebs": {"volumeSize": 40, "volumeType": "gp3"}}]


def _cluster(**properties: Any) -> Resource:
    return resource(CLUSTER, "cluster", **properties)


@pytest.mark.parametrize(
    ("version", "support", "today", "usd"),
    [
        ("1.35", "STANDARD", date(2026, 11, 25), 73.00),
        ("1.34", "EXTENDED", date(2026, 12, 2), 73.00),
        ("1.34", "EXTENDED", date(2026, 12, 3), 438.00),
        ("1.34", None, date(2026, 12, 3), 438.00),
        ("1.34", "STANDARD", date(2026, 12, 3), 73.00),
        ("1.22", None, date(2026, 11, 25), 438.00),
        ("1.99", None, date(2026, 11, 25), 73.00),
        (UNKNOWN, None, date(2026, 11, 25), 73.00),
    ],
)
def test_a_control_plane_costs_six_times_as_much_once_support_is_extended(
    version: Any, support: str | None, today: date, usd: float
) -> None:
    policy = {"upgradePolicy": {"supportType": support}} if support else {}
    (line,) = priced(_cluster(version=version, **policy), today=today).lines
    assert round(line.usd_per_month, 2) == usd
    assert line.category is Category.COMPUTE


@pytest.mark.parametrize(
    ("properties", "item", "usd"),
    [
        ({}, "t4g.large spot", 80.94),
        ({"capacityType": "ON_DEMAND"}, "t4g.large on-demand", 147.17),
        ({"instanceTypes": ["t4g.medium", "t4g.large"]}, "t4g.large spot", 80.94),
        ({"instanceTypes": ["t4g.medium"]}, "t4g.medium spot", 40.73),
        ({"capacityType": "ON_DEMAND", "instanceTypes": ["m7g.4xlarge"]}, "m7g.4xlarge on-demand", 1429.63),
        ({"capacityType": "ON_DEMAND", "instanceTypes": ["m7g.8xlarge"]}, "m7g.8xlarge on-demand", 2859.26),
        ({"scalingConfig": {"desiredSize": 1}}, "t4g.large spot", 26.98),
        ({"scalingConfig": {"minSize": 2}}, "t4g.large spot", 53.96),
    ],
)
def test_nodes_cost_their_dearest_type(properties: dict[str, Any], item: str, usd: float) -> None:
    assert amounts(priced(node_group(**properties)))["spot", item] == usd


@pytest.mark.parametrize(
    ("properties", "item", "usd"),
    [
        ({}, "t4g.large on-demand", 49.06),
        ({"instanceMarketOptions": {"marketType": "spot"}}, "t4g.large spot", 26.98),
        ({"instanceMarketOptions": {"marketType": "capacity-block"}}, "t4g.large on-demand", 49.06),
    ],
)
def test_a_single_instance_costs_its_type_s_hours(properties: dict[str, Any], item: str, usd: float) -> None:
    report = priced(resource(INSTANCE, "bastion", instanceType="t4g.large", **properties))
    assert amounts(report) == {("bastion", item): usd}
    assert report.lines[0].note == "1 instance x 730 h"
    assert not report.unpriced


@pytest.mark.parametrize("properties", [{}, {"instanceType": UNKNOWN}])
def test_an_instance_whose_type_preview_does_not_know_is_named(properties: dict[str, Any]) -> None:
    report = priced(resource(INSTANCE, "bastion", **properties))
    assert [item.reason for item in report.unpriced] == ["instanceType isn't known yet"]
    assert report.usd_per_month == 0


@pytest.mark.parametrize(
    ("properties", "missing"),
    [
        ({"scalingConfig": UNKNOWN}, "scalingConfig.desiredSize"),
        ({"scalingConfig": {"desiredSize": float("nan")}}, "scalingConfig.desiredSize"),
        ({"scalingConfig": {"desiredSize": "inf"}}, "scalingConfig.desiredSize"),
        ({"instanceTypes": UNKNOWN}, "instanceTypes"),
        ({"instanceTypes": [UNKNOWN, "t4g.large"]}, "instanceTypes"),
    ],
)
def test_nodes_that_preview_does_not_know_are_named(properties: dict[str, Any], missing: str) -> None:
    report = priced(node_group(**properties))
    assert missing in report.unpriced[0].reason
    assert not [line for line in report.lines if line.kind is LineKind.NODE_SPOT]


def test_an_instance_family_without_a_price_is_named_and_the_rest_stands() -> None:
    report = priced(node_group(instanceTypes=["p9x.large"]), resource("aws:ec2/eip:Eip"))
    assert "no price ec2.on_demand.p9x.large" in report.unpriced[0].reason
    assert amounts(report)["it", "public IPv4 address"] == 3.65


def test_credits_beyond_the_baseline_cost_extra_on_burstable_nodes_only() -> None:
    busy = Assumptions(unlimited_cpu_credit_hours_per_node=100)
    assert amounts(priced(node_group(), assumptions=busy))["spot", "unlimited CPU credits"] == 12.00
    assert ("spot", "unlimited CPU credits") not in amounts(
        priced(node_group(instanceTypes=["m7g.large"]), assumptions=busy)
    )


@pytest.mark.parametrize(
    ("sharing", "hours"),
    [
        (ClusterSharing(owner_nodes=3), 365.0),
        (ClusterSharing(owner_nodes=0), 730.0),
        (ClusterSharing(), 365.0),
        (ClusterSharing(owner_nodes=6), 730 / 3),
    ],
)
def test_a_tenant_stack_carries_its_nodes_share_of_the_control_plane(sharing: ClusterSharing, hours: float) -> None:
    report = priced(node_group(version="1.35", clusterName="theirs"), sharing=sharing)
    (line,) = (line for line in report.lines if line.kind is LineKind.CONTROL_PLANE)
    assert line.quantity == pytest.approx(hours)
    assert "theirs is another stack's" in line.note


def test_owner_and_tenant_stack_shares_add_up_to_one_control_plane() -> None:
    owner = priced(_cluster(version="1.35"), node_group(), sharing=ClusterSharing(tenant_stack_nodes=2))
    tenant_stack = priced(node_group(scalingConfig={"desiredSize": 2}), sharing=ClusterSharing(owner_nodes=3))
    sums = [
        sum(line.usd_per_month for line in report.lines if line.kind is LineKind.CONTROL_PLANE)
        for report in (owner, tenant_stack)
    ]
    assert sum(sums) == pytest.approx(73)


@pytest.mark.parametrize("link", ["dependency", "id", "name", "logical name"])
def test_root_volumes_are_found_however_preview_names_the_template(link: str) -> None:
    template = resource(TEMPLATE, "spot", id="lt-1", name="t-1", blockDeviceMappings=ROOT_40)
    other = resource(TEMPLATE, "other", id="lt-2", blockDeviceMappings=[{"ebs": {"volumeSize": 400}}])
    group = {
        "dependency": lambda: node_group("a", launchTemplate={"id": UNKNOWN}, deps={"launchTemplate": [template]}),
        "id": lambda: node_group("a", launchTemplate={"id": "lt-1"}),
        "name": lambda: node_group("a", launchTemplate={"name": "t-1"}),
        "logical name": lambda: node_group("spot", launchTemplate={"id": UNKNOWN}),
    }[link]()
    assert amounts(priced(template, other, group))[group.name, "gp3 root volume"] == 9.60


def test_a_template_that_is_not_known_is_named() -> None:
    report = priced(node_group(launchTemplate={"id": "lt-9"}))
    assert "launch template isn't known" in report.unpriced[0].reason


def test_nodes_without_a_template_get_what_eks_gives_them() -> None:
    assert amounts(priced(node_group()))["spot", "gp3 root volume"] == 4.80
    assert amounts(priced(node_group(diskSize=50)))["spot", "gp3 root volume"] == 12.00


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({"size": 100, "type": "gp3"}, {"gp3 volume": 8.00}),
        ({"size": 100}, {"gp2 volume": 10.00}),
        ({"size": 10, "type": "gp3", "iops": 4000}, {"gp3 volume": 0.80, "gp3 IOPS": 5.00}),
        ({"size": 10, "type": "gp3", "throughput": 225}, {"gp3 volume": 0.80, "gp3 throughput": 4.00}),
        ({"size": 10, "type": "gp3", "iops": 3000, "throughput": 125}, {"gp3 volume": 0.80}),
        ({"size": 10, "type": "io2", "iops": 100}, {"io2 volume": 1.25, "io2 IOPS": 6.50}),
    ],
)
def test_volumes(properties: dict[str, Any], expected: dict[str, float]) -> None:
    report = priced(resource("aws:ebs/volume:Volume", **properties))
    assert {item: usd for (_, item), usd in amounts(report).items()} == expected
    assert all(line.category is Category.STORAGE for line in report.lines)


def test_nat_gateways_share_the_assumed_traffic() -> None:
    gateways = [resource("aws:ec2/natGateway:NatGateway", name, NETWORK) for name in "ab"]
    found = amounts(priced(*gateways))
    assert found["a", "NAT gateway"] == found["b", "NAT gateway"] == 32.85
    assert found["a", "NAT traffic"] == pytest.approx(1.12, abs=0.01)


def _subnet(name: str, *, public: bool) -> Resource:
    return resource(SUBNET, name, NETWORK, id=f"subnet-{name}", mapPublicIpOnLaunch=public)


@pytest.mark.parametrize(
    ("subnets", "properties", "addresses"),
    [
        ([_subnet("a", public=True)], {"subnetIds": UNKNOWN}, 3),
        ([_subnet("a", public=False)], {"subnetIds": UNKNOWN}, 0),
        ([_subnet("a", public=True), _subnet("b", public=False)], {"subnetIds": ["subnet-b"]}, 0),
        ([_subnet("a", public=True), _subnet("b", public=False)], {"subnetIds": ["subnet-a"]}, 3),
        (
            [_subnet("a", public=True), _subnet("b", public=False)],
            {"subnetIds": [UNKNOWN], "deps": {"subnetIds": [_subnet("b", public=False)]}},
            0,
        ),
        ([], {"subnetIds": ["subnet-of-another-stack"]}, 3),
    ],
)
def test_nodes_in_public_subnets_pay_for_their_addresses(
    subnets: list[Resource], properties: dict[str, Any], addresses: int
) -> None:
    found = amounts(priced(*subnets, node_group(**properties)))
    assert found.get(("spot", "nodes' public IPv4 addresses"), 0) == pytest.approx(3.65 * addresses)


def test_a_tenant_stacks_nodes_can_be_said_to_be_private() -> None:
    found = amounts(priced(node_group(), assumptions=Assumptions(tenant_stack_nodes_public=False)))
    assert ("spot", "nodes' public IPv4 addresses") not in found


INTERNAL = {"annotations": {"service.beta.kubernetes.io/aws-load-balancer-scheme": "internal"}}


@pytest.mark.parametrize(
    ("type_token", "properties", "usd"),
    [
        ("aws:lb/loadBalancer:LoadBalancer", {"loadBalancerType": "network", "subnets": ["a", "b"]}, 28.11),
        ("aws:lb/loadBalancer:LoadBalancer", {"loadBalancerType": "network", "internal": True}, 20.81),
        ("aws:lb/loadBalancer:LoadBalancer", {"subnets": UNKNOWN}, 33.22),
        ("kubernetes:core/v1:Service", {"spec": {"type": "LoadBalancer"}}, 31.76),
        ("kubernetes:core/v1:Service", {"spec": {"type": "LoadBalancer"}, "metadata": INTERNAL}, 20.81),
        ("kubernetes:core/v1:Service", {"spec": {"type": "ClusterIP"}}, 0),
        ("kubernetes:networking.k8s.io/v1:Ingress", {"spec": {"ingressClassName": "alb"}}, 33.22),
        ("kubernetes:networking.k8s.io/v1:Ingress", {"spec": {"ingressClassName": "nginx"}}, 0),
    ],
)
def test_load_balancers(type_token: str, properties: dict[str, Any], usd: float) -> None:
    report = priced(resource(type_token, **properties), resource(SUBNET))
    assert report.usd_per_month == pytest.approx(usd, abs=0.01)


def test_services_of_type_load_balancer_in_a_releases_values_are_seen() -> None:
    report = priced(
        release("grafana", {"service": {"type": "LoadBalancer"}, "extra": [{"type": "ClusterIP"}]}), resource(SUBNET)
    )
    assert [line.note for line in report.lines if line.item == "network load balancer"] == [
        "service.type is LoadBalancer"
    ]


@pytest.mark.parametrize(
    ("properties", "usd"),
    [
        ({"vpcEndpointType": "Gateway"}, 0),
        ({}, 0),
        ({"vpcEndpointType": "Interface", "subnetIds": ["a", "b"]}, 14.70),
        ({"vpcEndpointType": "Interface", "subnetIds": UNKNOWN}, 7.40),
    ],
)
def test_endpoints(properties: dict[str, Any], usd: float) -> None:
    report = priced(resource("aws:ec2/vpcEndpoint:VpcEndpoint", **properties))
    assert report.usd_per_month == pytest.approx(usd, abs=0.01)


def test_keys_alarms_and_secrets() -> None:
    found = amounts(
        priced(
            resource("aws:kms/key:Key", "key", enableKeyRotation=True),
            resource("aws:cloudwatch/metricAlarm:MetricAlarm", "alarm"),
            resource("aws:secretsmanager/secret:Secret", "secret"),
        )
    )
    assert found == {
        ("key", "KMS key"): 1.00,
        ("key", "KMS requests"): 0.15,
        ("alarm", "CloudWatch alarm"): 0.10,
        ("secret", "secret"): 0.40,
    }


@pytest.mark.parametrize(("types", "gigabytes"), [(["audit"], 6), (["audit", "api"], 6.5), (["api"], 0.5), ([], 0)])
def test_control_plane_logs_follow_types_and_nodes(types: list[str], gigabytes: float) -> None:
    cluster = _cluster(name="c", enabledClusterLogTypes=types)
    group = resource("aws:cloudwatch/logGroup:LogGroup", "logs", name="/aws/eks/c/cluster", retentionInDays=30)
    report = priced(cluster, node_group(), group)
    (ingested,) = [line.quantity for line in report.lines if line.item == "control-plane logs"] or [0]
    assert ingested == gigabytes
    assert not [line for line in report.lines if line.item == "log ingestion"]


def test_a_log_group_without_retention_keeps_a_year() -> None:
    report = priced(resource("aws:cloudwatch/logGroup:LogGroup", name="/other", logGroupClass="INFREQUENT_ACCESS"))
    quantities = {line.item: line.quantity for line in report.lines}
    assert quantities["log storage"] == pytest.approx(1 * 12 * 0.15)
    assert amounts(report)["it", "log ingestion"] == 0.25


def test_types_that_cost_nothing_are_named_as_free_and_others_as_unpriced() -> None:
    report = priced(
        resource("aws:ec2/vpc:Vpc"), resource("aws:iam/role:Role"), resource("aws:iam/policy:Policy"),
        resource("aws:rds/instance:Instance", "database"),
    )  # fmt: skip
    assert {item.type: item.count for item in report.free} == {
        "aws:ec2/vpc:Vpc": 1, "aws:iam/role:Role": 1, "aws:iam/policy:Policy": 1,
    }  # fmt: skip
    assert [(item.type, item.resource) for item in report.unpriced] == [("aws:rds/instance:Instance", "database")]


def test_what_costs_nothing_as_configured_is_named_too() -> None:
    report = priced(
        resource("aws:ec2/vpcEndpoint:VpcEndpoint", vpcEndpointType="Gateway"),
        node_group(scalingConfig={"desiredSize": 0}),
        _cluster(version="1.35"),
    )
    assert {item.type: item.reason for item in report.free} == {
        "aws:ec2/vpcEndpoint:VpcEndpoint": "gateway endpoints are free",
        "aws:eks/nodeGroup:NodeGroup": "as configured, nothing of it is charged",
    }


def test_components_come_from_the_urn() -> None:
    (line,) = priced(resource("aws:ec2/eip:Eip", "nat", NETWORK)).lines
    assert line.component == "Network"
    alone = Resource("aws:ec2/eip:Eip", "nat", "urn:pulumi:prod::lgtm::aws:ec2/eip:Eip::nat", {})
    assert priced(alone).lines[0].component == "stack"


def test_the_sum_at_the_largest_size_counts_every_possible_node() -> None:
    report = priced(node_group(), assumptions=NO_TRAFFIC)
    (nodes,) = (line for line in report.lines if line.kind is LineKind.NODE_SPOT)
    assert report.usd_at_most_nodes > report.usd_per_month
    assert report.usd_at_most_nodes - report.usd_per_month == pytest.approx(nodes.usd_per_month / 3 + 1.60 + 3.65)
