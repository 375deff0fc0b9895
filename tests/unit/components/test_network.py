"""The VPC in its three NAT modes."""

import json
from ipaddress import IPv4Network
from typing import Any

import pulumi
import pytest

from components.subnets import plan_subnets
from telemetry.cost.expected_resources import expected_resources
from tests.unit.recording import Graph


@pytest.fixture
def network(compose: Any, make_settings: Any) -> Any:
    def build(nat: str, zones: int = 3) -> Graph:
        return compose(make_settings("staging", network={"nat": nat, "availability_zones": zones}))

    return build


def default_routes(graph: Graph) -> dict[str, Any]:
    return {route.name: route.inputs for route in graph.of("ec2/route:Route")}


def test_no_nat_puts_nodes_in_public_subnets_with_addresses(network: Any) -> None:
    graph = network("none")
    assert graph.of("ec2/natGateway:NatGateway") == []
    assert graph.of("ec2/eip:Eip") == []
    assert list(default_routes(graph)) == ["network-public"]
    public = [s for s in graph.of("ec2/subnet:Subnet") if "public" in s.name]
    assert [s.inputs["mapPublicIpOnLaunch"] for s in public] == [True] * 3
    group = graph.one("eks/nodeGroup:NodeGroup", "staging-spot")
    assert sorted(group.inputs["subnetIds"]) == sorted(s.id for s in public)


@pytest.mark.parametrize(("nat", "gateways"), [("one", {"a"}), ("per_az", {"a", "b", "c"})])
def test_nat_puts_nodes_in_private_subnets_that_leave_by_it(network: Any, nat: str, gateways: set[str]) -> None:
    graph = network(nat)
    nats = {gateway.name: gateway for gateway in graph.of("ec2/natGateway:NatGateway")}
    assert set(nats) == {f"network-nat-{suffix}" for suffix in gateways}
    assert len(graph.of("ec2/eip:Eip")) == len(gateways)
    assert not any(s.inputs["mapPublicIpOnLaunch"] for s in graph.of("ec2/subnet:Subnet"))
    routes = default_routes(graph)
    for suffix in "abc":
        expected = f"network-nat-{suffix if nat == 'per_az' else 'a'}"
        assert routes[f"network-private-{suffix}"]["natGatewayId"] == nats[expected].id
    private = [s.id for s in graph.of("ec2/subnet:Subnet") if "private" in s.name]
    assert sorted(graph.one("eks/nodeGroup:NodeGroup", "staging-spot").inputs["subnetIds"]) == sorted(private)
    internet = graph.one("ec2/route:Route", "network-public")
    assert all(graph.waits_for(gateway, internet) for gateway in [*nats.values(), *graph.of("ec2/eip:Eip")])


@pytest.mark.parametrize("nat", ["none", "one", "per_az"])
def test_changing_nat_moves_no_subnet_and_no_route_table(network: Any, nat: str) -> None:
    graph = network(nat)
    assert len(graph.of("ec2/routeTable:RouteTable")) == 4
    assert len(graph.of("ec2/routeTableAssociation:RouteTableAssociation")) == 6
    assert [s.inputs["cidrBlock"] for s in sorted(graph.of("ec2/subnet:Subnet"), key=lambda s: s.name)] == [
        "10.21.128.0/19",
        "10.21.160.0/19",
        "10.21.192.0/19",
        "10.21.0.0/19",
        "10.21.32.0/19",
        "10.21.64.0/19",
    ]


def test_subnets_carry_the_tags_that_load_balancers_look_for(network: Any) -> None:
    for subnet in network("one").of("ec2/subnet:Subnet"):
        tags = subnet.inputs["tags"]
        assert tags["kubernetes.io/cluster/acme-monitoring-staging-cluster"] == "shared"
        role = "kubernetes.io/role/elb" if "public" in subnet.name else "kubernetes.io/role/internal-elb"
        assert tags[role] == "1"


def test_vpc_resolves_names(network: Any) -> None:
    vpc = network("none").one("ec2/vpc:Vpc").inputs
    assert (vpc["cidrBlock"], vpc["enableDnsSupport"], vpc["enableDnsHostnames"]) == ("10.21.0.0/16", True, True)


def test_the_default_security_group_lets_nothing_in_or_out(network: Any) -> None:
    graph = network("none")
    group = graph.one("ec2/defaultSecurityGroup:DefaultSecurityGroup").inputs
    assert group["vpcId"] == graph.one("ec2/vpc:Vpc").id
    assert "ingress" not in group
    assert "egress" not in group


def test_s3_goes_by_a_gateway_endpoint_on_every_route_table(network: Any) -> None:
    graph = network("one")
    endpoint = graph.one("ec2/vpcEndpoint:VpcEndpoint")
    assert endpoint.inputs["vpcEndpointType"] == "Gateway"
    assert endpoint.inputs["serviceName"] == "com.amazonaws.us-west-2.s3"
    assert sorted(endpoint.inputs["routeTableIds"]) == sorted(t.id for t in graph.of("ec2/routeTable:RouteTable"))
    read, own = json.loads(endpoint.inputs["policy"])["Statement"]
    assert read["Action"] == ["s3:GetObject"]
    assert own["Condition"] == {"StringEquals": {"aws:ResourceAccount": "123456789012"}}


def test_zones_are_asked_for_and_the_first_taken(network: Any) -> None:
    graph = network("none", zones=2)
    assert {s.inputs["availabilityZone"] for s in graph.of("ec2/subnet:Subnet")} == {"us-west-2a", "us-west-2b"}
    asked = next(i for i in graph.invokes if "getAvailabilityZones" in i.token)
    assert {f["name"] for f in asked.args["filters"]} == {"opt-in-status", "zone-type"}


def test_too_few_zones_is_one_clear_message(compose: Any, make_settings: Any) -> None:
    with pytest.raises(pulumi.RunError, match=r"availability_zones: 3 asked for, but us-west-2 offers EKS only 2"):
        compose(make_settings("staging"), zones=2)


@pytest.mark.parametrize("block", ["10.0.0.0/16", "10.0.0.0/20", "192.168.0.0/18"])
def test_subnets_never_overlap_and_are_at_least_a_24(block: str) -> None:
    plans = plan_subnets(IPv4Network(block), ("us-west-2a", "us-west-2b", "us-west-2c"), "us-west-2")
    blocks = [IPv4Network(cidr) for plan in plans for cidr in (plan.public_cidr, plan.private_cidr)]
    assert all(b.prefixlen <= 24 and b.subnet_of(IPv4Network(block)) for b in blocks)
    assert not any(a.overlaps(b) for a in blocks for b in blocks if a is not b)
    assert plan_subnets(IPv4Network(block), ("us-west-2a", "us-west-2b"), "us-west-2") == plans[:2]


def test_flow_logs_are_made_by_choice_only(compose: Any, make_settings: Any, network: Any) -> None:
    assert network("none").of("ec2/flowLog:FlowLog") == []
    settings = make_settings("staging", network={"flow_log_days": 14})
    graph = compose(settings)
    log = graph.one("ec2/flowLog:FlowLog")
    assert log.inputs["trafficType"] == "ALL"
    assert log.inputs["maxAggregationInterval"] == 600
    (group,) = [one for one in graph.of("cloudwatch/logGroup:LogGroup") if "flow-logs" in one.name]
    assert group.inputs["name"] == "/aws/vpc/flow-logs/acme-monitoring-staging"
    assert (group.inputs["retentionInDays"], group.inputs["logGroupClass"]) == (14, "INFREQUENT_ACCESS")
    planned = {one.name: one.properties for one in expected_resources(settings, "staging", None)}
    assert dict(planned["network-flow-logs"]).items() <= group.inputs.items(), (
        "the cost that is planned is this group's"
    )
    role = graph.one("iam/role:Role", "network-flow-logs")
    (trust,) = json.loads(role.inputs["assumeRolePolicy"])["Statement"]
    assert trust["Principal"] == {"Service": "vpc-flow-logs.amazonaws.com"}
    assert trust["Condition"]["ArnLike"]["aws:SourceArn"].endswith(":vpc-flow-log/*")
    assert graph.waits_for(log, graph.one("iam/rolePolicy:RolePolicy", "network-flow-logs"))
