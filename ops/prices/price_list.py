"""Asking AWS for list prices and spot prices; the only place that talks to boto3."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from ops.errors import CommandError
from ops.prices.queries import EC2, ON_DEMAND_FILTERS, questions

# AWS Billing User Guide, "AWS Price List Query API": the API's own endpoints.
API_REGIONS = {"eu": "eu-central-1", "ap": "ap-south-1"}
DEFAULT_API_REGION = "us-east-1"
# Amazon EC2 API: most instance types in one DescribeSpotPriceHistory request.
TYPES_A_REQUEST = 100
LINUX = "Linux/UNIX"


class AwsClients(NamedTuple):
    """boto3 clients, which have no types of their own."""

    pricing: Any
    ec2: Any


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
    try:
        import boto3
    except ImportError:
        raise CommandError("boto3 isn't installed: pip install boto3") from None
    untyped: Any = boto3
    api_region = API_REGIONS.get(region.partition("-")[0], DEFAULT_API_REGION)
    return AwsClients(untyped.client("pricing", region_name=api_region), untyped.client("ec2", region_name=region))


class AwsPrices:
    """The Price List API and the spot price history of one region."""

    def __init__(self, clients: AwsClients, region: str) -> None:
        self._clients, self._region = clients, region

    def list_prices(self) -> Mapping[str, Sequence[float]]:
        """Every price of `ASKS`, by key."""
        found: dict[str, set[float]] = {}
        for (service, filters), asks in questions().items():
            for product in self._products(service, dict(filters)):
                usage_type = str(product["product"]["attributes"].get("usagetype", ""))
                for ask in asks:
                    if ask.matches(usage_type) and (usd := first_tier(product)) is not None:
                        found.setdefault(ask.key, set()).add(round(usd * ask.factor, 10))
        return {key: sorted(prices) for key, prices in found.items()}

    def on_demand(self, instance_type: str) -> Sequence[float]:
        """The hour of one instance type."""
        products = self._products(EC2, {**ON_DEMAND_FILTERS, "instanceType": instance_type})
        prices = {first_tier(product) for product in products}
        # Capacity reservations are listed at 0 beside the hour that is paid for.
        return sorted(usd for usd in prices if usd)

    def spot(self, instance_types: Sequence[str]) -> Mapping[str, float]:
        """The dearest zone now: the history's newest entry of each zone."""
        dearest: dict[str, float] = {}
        for start in range(0, len(instance_types), TYPES_A_REQUEST):
            for entry in self._spot_entries(instance_types[start : start + TYPES_A_REQUEST]):
                name = str(entry["InstanceType"])
                dearest[name] = max(dearest.get(name, 0.0), float(entry["SpotPrice"]))
        return dearest

    def _spot_entries(self, instance_types: Sequence[str]) -> Iterator[Mapping[str, Any]]:
        newest: dict[tuple[str, str], Mapping[str, Any]] = {}
        pages: Any = self._clients.ec2.get_paginator("describe_spot_price_history").paginate(
            InstanceTypes=list(instance_types), ProductDescriptions=[LINUX]
        )
        for page in pages:
            for entry in page["SpotPriceHistory"]:
                place = (str(entry["InstanceType"]), str(entry["AvailabilityZone"]))
                if place not in newest or entry["Timestamp"] > newest[place]["Timestamp"]:
                    newest[place] = entry
        yield from newest.values()

    def _products(self, service: str, filters: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
        wanted = {"regionCode": self._region, **filters}
        pages: Any = self._clients.pricing.get_paginator("get_products").paginate(
            ServiceCode=service,
            Filters=[{"Type": "TERM_MATCH", "Field": field, "Value": value} for field, value in wanted.items()],
        )
        for page in pages:
            for item in page["PriceList"]:
                yield json.loads(item) if isinstance(item, str) else item


def first_tier(product: Mapping[str, Any]) -> float | None:
    """The on-demand price of the first units that cost anything; None for a product without on-demand terms."""
    terms: Mapping[str, Any] = product.get("terms", {}).get("OnDemand", {})
    tiers = [
        (float(tier.get("beginRange", 0) or 0), float(tier["pricePerUnit"]["USD"]))
        for term in terms.values()
        for tier in term["priceDimensions"].values()
        if "USD" in tier["pricePerUnit"]
    ]
    if not tiers:
        return None
    return next((usd for _, usd in sorted(tiers) if usd > 0), 0.0)
