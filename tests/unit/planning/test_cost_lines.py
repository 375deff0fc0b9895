"""What each type of resource costs: quantity, price and sum, one table for each type."""

from datetime import date
from typing import Any

import pytest

from planning.budget import Category
from planning.capacity.compute import compute_for
from planning.capacity.ingest import ingest_of
from planning.capacity.reference import REFERENCE_REPLICATION, REFERENCE_SAMPLING, REFERENCE_WORKLOAD
from planning.cost.assumptions import Assumptions
from planning.cost.inputs import REFERENCE_LOAD, ClusterSharing
from planning.cost.model import LineKind, QuantityBasis
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
    assert f"version {'not known' if version is UNKNOWN else version}: " in (line.note or "")


@pytest.mark.parametrize(
    ("properties", "item", "usd"),
    [
        ({}, "t4g.large spot", 80.94),
        ({"capacityType": "ON_DEMAND"}, "t4g.large on-demand", 147.17),
        # EKS asks for the price-capacity-optimized pool of a spot group; on demand any type may be the one there is.
        ({"instanceTypes": ["t4g.large", "t4g.medium"]}, "t4g.medium spot", 43.80),
        ({"capacityType": "ON_DEMAND", "instanceTypes": ["t4g.medium", "t4g.large"]}, "t4g.large on-demand", 147.17),
        ({"instanceTypes": ["t4g.medium"]}, "t4g.medium spot", 43.80),
        ({"capacityType": "ON_DEMAND", "instanceTypes": ["m7g.4xlarge"]}, "m7g.4xlarge on-demand", 1429.63),
        ({"capacityType": "ON_DEMAND", "instanceTypes": ["m7g.8xlarge"]}, "m7g.8xlarge on-demand", 2859.26),
        ({"scalingConfig": {"desiredSize": 1}}, "t4g.large spot", 26.98),
        ({"scalingConfig": {"minSize": 2}}, "t4g.large spot", 53.96),
    ],
)
def test_nodes_cost_the_type_that_they_are_budgeted_at(properties: dict[str, Any], item: str, usd: float) -> None:
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


CREDITS = ("spot", "unlimited CPU credits")


def _with_credits(credits: str | None, **properties: Any) -> list[Resource]:
    specification = {"creditSpecification": {"cpuCredits": credits}} if credits else {}
    template = resource("aws:ec2/launchTemplate:LaunchTemplate", "spot", **specification)
    return [template, node_group(launchTemplate={}, deps={"launchTemplate": [template]}, **properties)]


def test_what_load_and_system_need_beyond_the_baseline_is_charged_by_the_vcpu_hour() -> None:
    busy = Assumptions(system_cores_per_node=1.0)
    ingest = ingest_of(REFERENCE_WORKLOAD, REFERENCE_SAMPLING, REFERENCE_REPLICATION)
    need = compute_for(ingest, REFERENCE_LOAD.retention, REFERENCE_REPLICATION).cpu_cores
    # three t4g.large, 2 x 30 % each: Amazon EC2 User Guide, "Key concepts for burstable performance instances"
    expected = round((need + 3 * 1.0 - 3 * 0.6) * 730 * 0.04, 2)
    assert amounts(priced(*_with_credits("unlimited"), assumptions=busy))[CREDITS] == expected
    # T4g without a credit specification is unlimited.
    assert amounts(priced(*_with_credits(None), assumptions=busy))[CREDITS] == expected
    (line,) = [line for line in priced(*_with_credits(None), assumptions=busy).lines if line.item == CREDITS[1]]
    assert line.basis is QuantityBasis.DOCUMENTED


def test_what_burstable_nodes_have_for_long_is_compared_with_the_need() -> None:
    steady = priced(*_with_credits("standard"), assumptions=Assumptions(system_cores_per_node=0)).steady_cpu
    assert steady is not None
    assert steady.baseline_cores == pytest.approx(3 * 0.6)
    ingest = ingest_of(REFERENCE_WORKLOAD, REFERENCE_SAMPLING, REFERENCE_REPLICATION)
    assert steady.need_cores == pytest.approx(
        compute_for(ingest, REFERENCE_LOAD.retention, REFERENCE_REPLICATION).cpu_cores
    )
    busy = priced(*_with_credits("standard"), assumptions=Assumptions(system_cores_per_node=1)).steady_cpu
    assert busy is not None
    assert busy.need_cores == pytest.approx(steady.need_cores + 3)
    assert busy.percent == pytest.approx(100 * busy.need_cores / 1.8)


@pytest.mark.parametrize("properties", [{"instanceTypes": ["m7g.large"]}, {"instanceTypes": ["t4g.unheard"]}])
def test_types_without_credits_or_prices_have_no_baseline(properties: dict[str, Any]) -> None:
    assert priced(*_with_credits("standard", **properties)).steady_cpu is None


@pytest.mark.parametrize(
    "resources",
    [
        _with_credits("standard"),
        _with_credits("unlimited", instanceTypes=["m7g.large"]),
        _with_credits("unlimited", scalingConfig={"desiredSize": 50}),
    ],
)
def test_no_credits_are_charged_for_standard_for_other_types_and_below_the_baseline(resources: list[Resource]) -> None:
    busy = Assumptions(system_cores_per_node=0.1)
    assert CREDITS not in amounts(priced(*resources, assumptions=busy))


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
        ("key", "rotated key material"): 2.00,
        ("key", "KMS requests"): 0.15,
        ("alarm", "CloudWatch alarm"): 0.10,
        ("secret", "secret"): 0.40,
    }


AUDIT_GB = Assumptions().audit_log_gb + 3 * Assumptions().audit_log_gb_per_node


@pytest.mark.parametrize(
    ("types", "gigabytes"),
    [(["audit"], (AUDIT_GB, 0)), (["audit", "api"], (AUDIT_GB, 0.5)), (["api"], (0, 0.5)), ([], (0, 0))],
)
def test_control_plane_logs_follow_types_and_nodes(types: list[str], gigabytes: tuple[float, float]) -> None:
    cluster = _cluster(name="c", enabledClusterLogTypes=types)
    group = resource("aws:cloudwatch/logGroup:LogGroup", "logs", name="/aws/eks/c/cluster", retentionInDays=30)
    report = priced(cluster, node_group(), group)
    found = {line.item: (line.quantity, line.basis) for line in report.lines}
    nothing = (0, None)
    (audit, how), (others, _) = found.get("audit log", nothing), found.get("other control-plane logs", nothing)
    assert (audit, others) == pytest.approx(gigabytes)
    assert how in (None, QuantityBasis.MEASURED)
    assert not [line for line in report.lines if line.item == "log ingestion"]


def test_a_control_planes_log_group_of_infrequent_access_halves_what_its_logs_cost() -> None:
    cluster = _cluster(name="c", enabledClusterLogTypes=["audit"])
    group = resource(
        "aws:cloudwatch/logGroup:LogGroup", "logs", name="/aws/eks/c/cluster", logGroupClass="INFREQUENT_ACCESS"
    )
    usual, seldom = (
        next(line for line in priced(*found).lines if line.item == "audit log")
        for found in ([cluster], [cluster, group])
    )
    assert (seldom.quantity, seldom.unit_usd) == (usual.quantity, usual.unit_usd / 2)


@pytest.mark.parametrize("given", [{}, {"logGroupClass": "STANDARD"}])
def test_a_log_group_that_names_no_class_is_a_standard_one(given: dict[str, str]) -> None:
    group = resource("aws:cloudwatch/logGroup:LogGroup", name="/other", retentionInDays=30, **given)
    rare = resource("aws:cloudwatch/logGroup:LogGroup", name="/other", logGroupClass="INFREQUENT_ACCESS")
    report = priced(group)
    assert not report.unpriced, f"every line should have a price: {report.unpriced}"
    (written,), (seldom_read,) = (
        [one for one in found.lines if "storage" not in one.item] for found in (report, priced(rare))
    )
    assert written.usd_per_month == pytest.approx(2 * seldom_read.usd_per_month), "twice the infrequent class expected"


def test_flow_logs_are_priced_by_node_in_the_class_of_their_group() -> None:
    group = resource(
        "aws:cloudwatch/logGroup:LogGroup", name="/aws/vpc/flow-logs/acme-prod", retentionInDays=30,
        logGroupClass="INFREQUENT_ACCESS",
    )  # fmt: skip
    assert priced(group).usd_per_month == 0
    report = priced(group, node_group())
    (line,) = [one for one in report.lines if one.item == "log ingestion"]
    each = Assumptions().flow_log_gb_per_node
    assert line.usd_per_month == pytest.approx(3 * each * 0.25)
    assert line.note == f"assumed {each:g} GB for each of 3 nodes"
    assert line.basis is QuantityBasis.ASSUMED


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
    report = priced(*_with_credits("standard"), assumptions=NO_TRAFFIC)
    (nodes,) = (line for line in report.lines if line.kind is LineKind.NODE_SPOT)
    assert report.usd_at_most_nodes > report.usd_per_month
    assert report.usd_at_most_nodes - report.usd_per_month == pytest.approx(nodes.usd_per_month / 3 + 1.60 + 3.65)
