"""A stack in a VPC that is there: what isn't made, where ids go, what stops the program."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import pulumi
import pytest

from components import existing_network
from planning.cost.engine import price_resources
from planning.prices.loader import load_prices
from settings.models.platform import PlatformSettings
from settings.rules.cost_inputs import cost_inputs
from telemetry.cost.expected_resources import expected_resources
from telemetry.cost.planned import priced_plan
from tests.unit.recording import EngineError, Graph

VPC, PRIVATE = "vpc-0a1b2c3d4e5f60718", ["subnet-0a1b2c3d4e5f60718", "subnet-1a1b2c3d4e5f60718"]
PUBLIC = "subnet-2a1b2c3d4e5f60718"
NETWORK = {"existing": {"vpc_id": VPC, "private_subnet_ids": PRIVATE}}
TABLE = {"routes": [{"cidrBlock": "0.0.0.0/0", "natGatewayId": "nat-1"}], "associations": [{"main": True}]}

Answers = Mapping[str, Callable[[Mapping[str, Any]], Any]]


def refuse(words: str) -> Callable[[Mapping[str, Any]], Any]:
    def answer(_: Mapping[str, Any]) -> Any:
        raise EngineError(words)

    return answer


def answers(vpc: dict[str, Any] | None = None, table: dict[str, Any] = TABLE, **more: Any) -> Answers:
    """AWS's answers: two private subnets behind NAT, by the VPC's main table."""
    described = {"cidrBlock": "10.80.0.0/16", "enableDnsSupport": True, "enableDnsHostnames": True} | (vpc or {})
    described["cidrBlockAssociations"] = [{"cidrBlock": described["cidrBlock"]}]

    def subnet(asked: Mapping[str, Any]) -> dict[str, Any]:
        number = [*PRIVATE, PUBLIC].index(asked["id"])
        return {
            "id": asked["id"], "vpcId": VPC, "availabilityZone": f"us-west-2{'abc'[number]}",
            "availabilityZoneId": f"usw2-az{number + 1}", "availableIpAddressCount": 500,
            "mapPublicIpOnLaunch": False, "tags": {},
        }  # fmt: skip

    def tables(asked: Mapping[str, Any]) -> dict[str, Any]:
        main = asked["filters"][0]["name"] == "association.main"
        return {"ids": ["rtb-main"] if main else []}

    return {
        "aws:ec2/getVpc:getVpc": lambda asked: {"id": asked["id"]} | described,
        "aws:ec2/getSubnet:getSubnet": subnet,
        "aws:ec2/getRouteTables:getRouteTables": tables,
        "aws:ec2/getRouteTable:getRouteTable": lambda _: table,
    } | more


@pytest.fixture
def settings(make_settings: Any) -> PlatformSettings:
    return make_settings("staging", network=NETWORK)


def composed(compose: Any, settings: PlatformSettings, answering: Answers | None = None) -> Graph:
    return compose(settings, answers=answering or answers())


def test_nothing_of_the_network_is_made(compose: Any, settings: PlatformSettings) -> None:
    graph = composed(compose, settings)
    assert [one for one in graph.types() if one.startswith("aws:ec2/")] == ["aws:ec2/launchTemplate:LaunchTemplate"]
    assert graph.one("lgtm:components:ExistingNetwork").inputs == {}


def test_nodes_and_control_plane_take_the_private_subnets(compose: Any, settings: PlatformSettings) -> None:
    graph = composed(compose, settings)
    assert graph.one("eks/cluster:Cluster").inputs["vpcConfig"]["subnetIds"] == PRIVATE
    assert {tuple(group.inputs["subnetIds"]) for group in graph.of("eks/nodeGroup:NodeGroup")} == {tuple(PRIVATE)}
    cluster, _, _ = graph.result
    assert cluster.owner_outputs.node_subnet_ids == PRIVATE, "what tenant stacks put their nodes into"


def test_with_working_hours_nodes_stay_in_one_subnet(compose: Any, make_settings: Any) -> None:
    hours = {"time_zone": "Europe/Berlin", "hours": [{"days": ["monday"], "start": "07:00", "end": "19:00"}]}
    graph = composed(compose, make_settings("staging", network=NETWORK, schedule=hours))
    assert {tuple(group.inputs["subnetIds"]) for group in graph.of("eks/nodeGroup:NodeGroup")} == {(PRIVATE[0],)}


def test_a_vpc_that_is_not_there_stops_the_program(compose: Any, settings: PlatformSettings) -> None:
    missing = answers(**{"aws:ec2/getVpc:getVpc": refuse("no matching EC2 VPC found")})
    with pytest.raises(pulumi.RunError, match=rf"network\.existing\.vpc_id: there is no {VPC} in us-west-2"):
        composed(compose, settings, missing)


def test_what_aws_refuses_is_said_in_its_words(compose: Any, settings: PlatformSettings) -> None:
    refused = answers(**{"aws:ec2/getVpc:getVpc": refuse("UnauthorizedOperation: not you")})
    with pytest.raises(pulumi.RunError, match=r"network\.existing: AWS can't be asked for the vpc: .*not you"):
        composed(compose, settings, refused)


def test_a_missing_subnet_and_dns_are_said_at_once(compose: Any, settings: PlatformSettings) -> None:
    wrong = answers(
        {"enableDnsHostnames": False}, **{"aws:ec2/getSubnet:getSubnet": refuse("no matching EC2 Subnet found")}
    )
    with pytest.raises(pulumi.RunError) as caught:
        composed(compose, settings, wrong)
    assert "DNS hostnames" in str(caught.value)
    assert all(one in str(caught.value) for one in PRIVATE)


def test_no_way_out_is_a_warning(compose: Any, settings: PlatformSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    warned: list[str] = []
    monkeypatch.setattr(existing_network.pulumi, "warn", lambda text, _: warned.append(text))
    composed(compose, settings, answers(table={"routes": [], "associations": [{"main": True}]}))
    assert len(warned) == 2
    assert all("has no default route: nodes then need endpoints" in one for one in warned)


def test_its_bill_says_whose_the_gateways_are(make_settings: Any) -> None:
    own, there = make_settings("prod"), make_settings("prod", network=NETWORK)
    before, after = (priced_plan(one, "prod", None) for one in (own, there))
    (line,) = [one for one in after.lines if one.component == "ExistingNetwork"]
    assert (line.item, line.usd_per_month) == ("NAT gateways and endpoints: yours, not counted", 0)
    assert not [one for one in after.lines if "public" in one.item]
    gone = sum(one.usd_per_month for one in before.lines if one.component == "Network")
    assert gone > 35
    # Two zones instead of three: less crosses.
    assert before.usd_per_month - after.usd_per_month >= gone - 0.01
    assert after.unpriced == ()


def test_the_preview_costs_what_the_plan_says(compose: Any, settings: PlatformSettings) -> None:
    registered = [one.type for one in composed(compose, settings).resources if one.type.endswith("Network")]
    planned = [one for one in expected_resources(settings, "staging", None) if one.type.endswith("Network")]
    assert [one.type for one in planned] == registered
    report = price_resources(planned, load_prices("us-west-2"), cost_inputs(settings, None), today=date(2026, 11, 28))
    assert report.usd_per_month == 0
