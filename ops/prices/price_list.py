"""Asking AWS for list prices and spot prices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, NamedTuple, Protocol

from pydantic import BeforeValidator, Field

from ops.backends.aws import client
from ops.backends.foreign import CamelCase, Foreign, parsed
from ops.prices.queries import EC2, ON_DEMAND_FILTERS, questions

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_pricing import PricingClient

# AWS Billing User Guide, "AWS Price List Query API": the API's own endpoints.
API_REGIONS = {"eu": "eu-central-1", "ap": "ap-south-1"}
DEFAULT_API_REGION = "us-east-1"
# Amazon EC2 API: most instance types in one DescribeSpotPriceHistory request.
TYPES_A_REQUEST = 100
LINUX = "Linux/UNIX"


class AwsClients(NamedTuple):
    """The two that are asked."""

    pricing: PricingClient
    ec2: EC2Client


class _UsdPerUnit(Foreign):
    usd: float | None = Field(default=None, alias="USD")


class _Tier(CamelCase):
    begin_range: Annotated[float, BeforeValidator(lambda value: value or 0)] = 0.0
    price_per_unit: _UsdPerUnit


class _Term(CamelCase):
    price_dimensions: Mapping[str, _Tier]


class _Terms(Foreign):
    on_demand: Mapping[str, _Term] = Field(default_factory=dict[str, _Term], alias="OnDemand")


class _Attributes(Foreign):
    usage_type: str = Field(default="", alias="usagetype")


class _Listed(Foreign):
    attributes: _Attributes


class Product(Foreign):
    """One entry of the price list."""

    product: _Listed
    terms: _Terms = _Terms()

    @property
    def usage_type(self) -> str:
        """What is counted, with a prefix for the region."""
        return self.product.attributes.usage_type

    @property
    def first_tier(self) -> float | None:
        """USD of the first units that cost anything; None for a product without on-demand terms."""
        dimensions = [one for term in self.terms.on_demand.values() for one in term.price_dimensions.values()]
        tiers = [(one.begin_range, usd) for one in dimensions if (usd := one.price_per_unit.usd) is not None]
        return next((usd for _, usd in sorted(tiers) if usd > 0), 0.0) if tiers else None


class Asker(Protocol):
    """What refreshing a table needs of AWS."""

    def list_prices(self) -> Mapping[str, Sequence[float]]:
        """Distinct prices by key, in the table's units; several where the answer is ambiguous."""
        ...

    def on_demand(self, instance_type: str) -> Sequence[float]:
        """Distinct hourly prices of a type; none where the region hasn't got it."""
        ...

    def spot(self, instance_types: Sequence[str]) -> Mapping[str, float]:
        """The current price in the dearest zone, by type."""
        ...


def connect(region: str) -> AwsClients:
    """Clients with the caller's own credentials. Raises `CommandError` where boto3 is missing."""
    api_region = API_REGIONS.get(region.partition("-")[0], DEFAULT_API_REGION)
    return AwsClients(client("pricing", api_region), client("ec2", region))


class _Spot(Foreign):
    instance_type: str = Field(alias="InstanceType")
    zone: str = Field(alias="AvailabilityZone")
    usd: float = Field(alias="SpotPrice")
    time: datetime = Field(alias="Timestamp")


class AwsPrices:
    """The Price List API and the spot price history of one region."""

    def __init__(self, clients: AwsClients, region: str) -> None:
        self._clients, self._region = clients, region

    def list_prices(self) -> Mapping[str, Sequence[float]]:
        """Every price of `ASKS`, by key."""
        found: dict[str, set[float]] = {}
        for (service, filters), asks in questions().items():
            for product in self._products(service, dict(filters)):
                for ask in asks:
                    if ask.matches(product.usage_type) and (usd := product.first_tier) is not None:
                        found.setdefault(ask.key, set()).add(round(usd * ask.factor, 10))
        return {key: sorted(prices) for key, prices in found.items()}

    def on_demand(self, instance_type: str) -> Sequence[float]:
        """The hour of one instance type."""
        products = self._products(EC2, {**ON_DEMAND_FILTERS, "instanceType": instance_type})
        prices = {product.first_tier for product in products}
        # Capacity reservations are listed at 0 beside the hour that is paid for.
        return sorted(usd for usd in prices if usd)

    def spot(self, instance_types: Sequence[str]) -> Mapping[str, float]:
        """The dearest zone now: the history's newest entry of each zone."""
        dearest: dict[str, float] = {}
        for start in range(0, len(instance_types), TYPES_A_REQUEST):
            for name, usd in self._spot_prices(instance_types[start : start + TYPES_A_REQUEST]):
                dearest[name] = max(dearest.get(name, 0.0), usd)
        return dearest

    def _spot_prices(self, instance_types: Sequence[str]) -> Iterator[tuple[str, float]]:
        newest: dict[tuple[str, str], _Spot] = {}
        pages = self._clients.ec2.get_paginator("describe_spot_price_history").paginate(
            InstanceTypes=list(instance_types),  # pyright: ignore[reportArgumentType] (a price table may know newer ones)
            ProductDescriptions=[LINUX],
        )
        for page in pages:
            for entry in map(_Spot.model_validate, page["SpotPriceHistory"]):
                place = (entry.instance_type, entry.zone)
                if place not in newest or entry.time > newest[place].time:
                    newest[place] = entry
        yield from ((entry.instance_type, entry.usd) for entry in newest.values())

    def _products(self, service: str, filters: Mapping[str, str]) -> Iterator[Product]:
        wanted = {"regionCode": self._region, **filters}
        pages = self._clients.pricing.get_paginator("get_products").paginate(
            ServiceCode=service,
            Filters=[{"Type": "TERM_MATCH", "Field": field, "Value": value} for field, value in wanted.items()],
        )
        for page in pages:
            yield from (parsed(Product, item, "AWS", "a price") for item in page["PriceList"])
