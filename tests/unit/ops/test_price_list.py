"""Asking AWS: the requests that are made, and what is read from recorded answers."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from ops.prices.price_list import AwsClients, AwsPrices, Product, connect
from ops.prices.queries import ASKS, questions
from tests.unit.ops.price_answers import product, spot

REGION = "eu-west-1"
ACCESS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}


class Aws:
    """boto3 clients that answer from a script and reach nothing."""

    def __init__(self) -> None:
        untyped: Any = boto3
        self.clients = AwsClients(
            untyped.client("pricing", region_name="eu-central-1", **ACCESS),
            untyped.client("ec2", region_name=REGION, **ACCESS),
        )
        self.pricing, self.ec2 = Stubber(self.clients.pricing), Stubber(self.clients.ec2)
        self.prices = AwsPrices(self.clients, REGION)

    def products(self, service: str, filters: dict[str, str], *pages: list[str]) -> None:
        """Expects one question, answered in pages."""
        wanted = {"regionCode": REGION, **filters}
        expected: dict[str, Any] = {
            "ServiceCode": service,
            "Filters": [{"Type": "TERM_MATCH", "Field": key, "Value": value} for key, value in wanted.items()],
        }
        for index, page in enumerate(pages):
            answer: dict[str, Any] = {"PriceList": page, "FormatVersion": "aws_v1"}
            if index + 1 < len(pages):
                answer["NextToken"] = f"page{index + 1}"
            sent = expected | ({"NextToken": f"page{index}"} if index else {})
            self.pricing.add_response("get_products", answer, sent)


@pytest.fixture
def aws() -> Iterator[Aws]:
    """Both stubs, active; every scripted answer must have been asked for."""
    found = Aws()
    with found.pricing, found.ec2:
        yield found
        found.pricing.assert_no_pending_responses()
        found.ec2.assert_no_pending_responses()


def test_on_demand_is_asked_for_with_the_filters_that_leave_one_product(aws: Aws) -> None:
    filters = {
        "operatingSystem": "Linux", "tenancy": "Shared", "preInstalledSw": "NA", "capacitystatus": "Used",
        "instanceType": "t4g.large",
    }  # fmt: skip
    aws.products("AmazonEC2", filters, [product("EU-BoxUsage:t4g.large", ("0", "0.0736000000"))])
    assert aws.prices.on_demand("t4g.large") == [0.0736]


def test_a_type_that_a_region_has_not_got_gives_nothing(aws: Aws) -> None:
    filters = {
        "operatingSystem": "Linux", "tenancy": "Shared", "preInstalledSw": "NA", "capacitystatus": "Used",
        "instanceType": "m8g.large",
    }  # fmt: skip
    aws.products("AmazonEC2", filters, [])
    assert aws.prices.on_demand("m8g.large") == []


def test_list_prices_are_found_by_the_end_of_the_usage_type(aws: Aws) -> None:
    answers: dict[str, list[list[str]]] = {
        "NAT Gateway": [
            [product("EU-NatGateway-Hours", ("0", "0.048")), product("EU-NatGateway-Bytes", ("0", "0.048"))],
            [product("EU-NatGateway-Prvd-Bytes", ("0", "0.01"))],
        ],
        "API Request": [
            [product("EU-Requests-Tier1", ("0", "0.000005")), product("EU-Requests-SIA-Tier1", ("0", "0.00001"))]
        ],
        "Provisioned Throughput": [[product("EU-EBS:VolumeP-Throughput.gp3", ("0", "45.056"), unit="GiBps-mo")]],
    }
    for (service, filters), _ in questions().items():
        pages = answers.get(dict(filters).get("productFamily", ""), [[]])
        aws.products(service, dict(filters), *pages)
    assert aws.prices.list_prices() == {
        "nat_gateway.hours.zonal": [0.048],
        "nat_gateway.data.processed": [0.048],
        "s3.put.STANDARD": [0.005],
        "s3.put.STANDARD_IA": [0.01],
        "ebs.throughput.gp3": [0.044],
    }


def test_several_prices_for_one_key_are_all_reported(aws: Aws) -> None:
    for (service, filters), asks in questions().items():
        keys = {ask.key for ask in asks}
        page = [product("LoadBalancerUsage", ("0", "0.0225")), product("TS-LoadBalancerUsage", ("0", "0.0063"))]
        aws.products(service, dict(filters), page if "load_balancer.hours.network" in keys else [])
    assert aws.prices.list_prices()["load_balancer.hours.network"] == [0.0063, 0.0225]


def test_spot_is_the_dearest_zone_of_the_newest_prices(aws: Aws) -> None:
    history = [
        spot("t4g.large", "eu-west-1a", "0.0300", hour=3),
        spot("t4g.large", "eu-west-1a", "0.0900", hour=1),
        spot("t4g.large", "eu-west-1b", "0.0345"),
        spot("t4g.medium", "eu-west-1b", "0.0180"),
    ]
    sent: dict[str, Any] = {"InstanceTypes": ["t4g.large", "t4g.medium"], "ProductDescriptions": ["Linux/UNIX"]}
    aws.ec2.add_response("describe_spot_price_history", {"SpotPriceHistory": history[:2], "NextToken": "more"}, sent)
    aws.ec2.add_response(
        "describe_spot_price_history", {"SpotPriceHistory": history[2:]}, {**sent, "NextToken": "more"}
    )
    assert aws.prices.spot(["t4g.large", "t4g.medium"]) == {"t4g.large": 0.0345, "t4g.medium": 0.0180}


@pytest.mark.parametrize(
    ("tiers", "usd"),
    [
        ([("0", "0.0230000000"), ("51200", "0.0220000000")], 0.023),
        ([("51200", "0.022"), ("0", "0.023")], 0.023),
        ([("0", "0.0000000000"), ("20000", "0.000003")], 0.000003),
        ([("0", "0")], 0.0),
        ([], None),
    ],
)
def test_the_first_tier_that_costs_anything_counts(tiers: list[tuple[str, str]], usd: float | None) -> None:
    assert Product.model_validate_json(product("x", *tiers)).first_tier == usd


@pytest.mark.parametrize(
    ("usage_type", "matches"),
    [
        ("NatGateway-Hours", True),
        ("USW2-NatGateway-Hours", True),
        ("EU-NatGateway-Hours", True),
        ("USE1-RegionalNatGateway-Hours", False),
        ("NatGateway-Hours-Extra", False),
    ],
)
def test_prefixes_of_any_region_match_and_other_meters_do_not(usage_type: str, matches: bool) -> None:
    ask = next(ask for ask in ASKS if ask.key == "nat_gateway.hours.zonal")
    assert ask.matches(usage_type) is matches


def test_no_usage_type_means_two_prices() -> None:
    for asks in questions().values():
        for one in asks:
            assert [ask.key for ask in asks if ask.matches(f"EU-{one.usage}")] == [one.key]


@pytest.mark.parametrize(
    ("region", "api"), [("us-west-2", "us-east-1"), ("eu-west-1", "eu-central-1"), ("ap-south-2", "ap-south-1")]
)
def test_the_api_of_the_nearest_continent_is_asked(region: str, api: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    clients = connect(region)
    assert (clients.pricing.meta.region_name, clients.ec2.meta.region_name) == (api, region)
