"""`validate --aws` on a network that moto keeps: what is right, and each thing that can be wrong with it."""

from collections.abc import Callable
from typing import Any

import pytest

from ops.checks.existing_network import existing_network
from ops.report.checks import State
from settings.models.platform import PlatformSettings
from tests.existing_network import MadeNetwork, make_network


@pytest.fixture
def ec2(aws: None) -> Any:
    import boto3

    untyped: Any = boto3
    return untyped.client("ec2", region_name="us-west-2")


@pytest.fixture
def made(ec2: Any) -> MadeNetwork:
    return make_network(ec2)


Findings = Callable[..., list[str]]


@pytest.fixture
def findings(make_settings: Callable[..., PlatformSettings], made: MadeNetwork) -> Findings:
    """`findings(State.FINDING)`: what is said of that state, of a stack in this network."""

    def found(state: State, network: dict[str, Any] | None = None, **overrides: Any) -> list[str]:
        settings = make_settings("prod", network=network or made.settings, **overrides)
        return [f"{one.detail}; {one.advice}" for one in existing_network(settings) if one.state is state]

    return found


def test_a_network_that_has_everything(findings: Findings, made: MadeNetwork) -> None:
    assert findings(State.FINDING) == findings(State.WARNING) == []
    (said,) = findings(State.OK)
    assert said.startswith(f"{made.vpc_id}: 2 private subnets with a way out, ")


def test_a_stack_with_its_own_is_not_looked_at(make_settings: Callable[..., PlatformSettings]) -> None:
    (check,) = existing_network(make_settings("prod"))
    assert check.state is State.OK


def test_a_vpc_of_another_account(findings: Findings, made: MadeNetwork) -> None:
    other = made.settings["existing"] | {"vpc_id": "vpc-0a1b2c3d4e5f60718"}
    (said,) = findings(State.FINDING, {"existing": other})
    assert said.startswith("network.existing.vpc_id: there is no vpc-0a1b2c3d4e5f60718 in us-west-2 that these")


def test_a_subnet_that_is_not_there_and_one_of_another_vpc(findings: Findings, made: MadeNetwork, ec2: Any) -> None:
    elsewhere = make_network(ec2).private_subnet_ids[0]
    ids = [*made.private_subnet_ids, "subnet-0a1b2c3d4e5f60718", elsewhere]
    said = findings(State.FINDING, {"existing": made.settings["existing"] | {"private_subnet_ids": ids}})
    assert len(said) == 2
    assert "there is no subnet-0a1b2c3d4e5f60718" in said[0]
    assert f"{elsewhere} is in vpc-" in said[1]


def test_names_that_do_not_resolve(findings: Findings, made: MadeNetwork, ec2: Any) -> None:
    ec2.modify_vpc_attribute(VpcId=made.vpc_id, EnableDnsHostnames={"Value": False})
    ec2.modify_vpc_attribute(VpcId=made.vpc_id, EnableDnsSupport={"Value": False})
    support, hostnames = findings(State.FINDING)
    assert "DNS support of" in support
    assert "enableDnsHostnames" in hostnames


def test_one_zone_is_too_few(findings: Findings, made: MadeNetwork, ec2: Any) -> None:
    second = ec2.create_subnet(VpcId=made.vpc_id, AvailabilityZone="us-west-2a", CidrBlock="10.80.20.0/24")
    ids = [made.private_subnet_ids[0], second["Subnet"]["SubnetId"]]
    ec2.associate_route_table(RouteTableId=made.private_table, SubnetId=ids[1])
    (said,) = findings(State.FINDING, {"existing": made.settings["existing"] | {"private_subnet_ids": ids}})
    assert "all are in us-west-2a; accepted: subnets in at least two zones" in said


def test_a_subnet_without_a_way_out_needs_endpoints(findings: Findings, made: MadeNetwork, ec2: Any) -> None:
    ec2.delete_route(RouteTableId=made.private_table, DestinationCidrBlock="0.0.0.0/0")
    first, second = findings(State.FINDING)
    assert "no endpoint of com.amazonaws.us-west-2.ec2, com.amazonaws.us-west-2.ecr.api" in first
    assert ".s3" not in first
    assert made.private_subnet_ids[1] in second
    for service in ("ec2", "ecr.api", "ecr.dkr", "eks", "eks-auth", "sts"):
        name = f"com.amazonaws.us-west-2.{service}"
        ec2.create_vpc_endpoint(
            VpcId=made.vpc_id, ServiceName=name, VpcEndpointType="Interface", SubnetIds=made.private_subnet_ids,
            PrivateDnsEnabled=True,
        )  # fmt: skip
    assert findings(State.FINDING) == []
    assert all("images of other registries than ECR don't come" in one for one in findings(State.WARNING))


def test_a_subnet_that_is_public(findings: Findings, made: MadeNetwork, ec2: Any) -> None:
    turned = made.settings["existing"] | {"private_subnet_ids": made.public_subnet_ids, "public_subnet_ids": []}
    said = findings(State.FINDING, {"existing": turned})
    assert all("which takes public addresses only, and nodes get none there" in one for one in said)
    assert len(said) == 2


def test_subnets_of_load_balancers(findings: Findings, made: MadeNetwork, ec2: Any) -> None:
    ec2.delete_tags(Resources=made.public_subnet_ids[:1], Tags=[{"Key": "kubernetes.io/role/elb"}])
    (said,) = findings(State.WARNING)
    assert f"aws ec2 create-tags --resources {made.public_subnet_ids[0]} --tags Key=kubernetes.io/role/elb" in said
    third = ec2.create_subnet(VpcId=made.vpc_id, AvailabilityZone="us-west-2c", CidrBlock="10.80.30.0/24")
    inside = made.settings["existing"] | {"public_subnet_ids": [third["Subnet"]["SubnetId"]]}
    (wrong,) = findings(State.FINDING, {"existing": inside})
    assert "has no route to an internet gateway" in wrong


def test_too_few_addresses(findings: Findings, made: MadeNetwork, ec2: Any) -> None:
    small = [
        ec2.create_subnet(VpcId=made.vpc_id, AvailabilityZone=f"us-west-2{zone}", CidrBlock=block)["Subnet"]["SubnetId"]
        for zone, block in (("a", "10.80.40.0/28"), ("b", "10.80.40.16/28"))
    ]
    for one in small:
        ec2.associate_route_table(RouteTableId=made.private_table, SubnetId=one)
    (said,) = findings(State.WARNING, {"existing": made.settings["existing"] | {"private_subnet_ids": small}})
    assert "22 free addresses in all, while nodes at their most hold" in said


def test_blocks_that_the_network_policies_would_cut_off(findings: Findings) -> None:
    (said,) = findings(State.FINDING, network_policies={"cluster_cidrs": ["10.90.0.0/16", "172.20.0.0/16"]})
    assert said.startswith("network_policies.cluster_cidrs: 10.80.0.0/16 of vpc-")
