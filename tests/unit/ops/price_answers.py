"""Answers of the AWS Price List API and the spot history in the form that AWS gives them, cut down."""

import json
from datetime import UTC, datetime
from typing import Any


def product(usage_type: str, *tiers: tuple[str, str], unit: str = "Hrs", **attributes: str) -> str:
    """One entry of PriceList; a tier is (beginRange, USD). AWS sends entries as JSON text."""
    dimensions = {
        f"SKU.TERM.RATE{index}": {
            "unit": unit, "beginRange": begin, "endRange": "Inf", "pricePerUnit": {"USD": usd},
            "description": f"{usd} per {unit}", "appliesTo": [],
        }
        for index, (begin, usd) in enumerate(tiers)
    }  # fmt: skip
    document: dict[str, Any] = {
        "product": {"sku": "SKU", "attributes": {"usagetype": usage_type, **attributes}},
        "serviceCode": "AmazonEC2",
        "terms": {"OnDemand": {"SKU.TERM": {"priceDimensions": dimensions, "sku": "SKU"}}} if tiers else {},
    }
    return json.dumps(document)


def spot(instance_type: str, zone: str, usd: str, hour: int = 1) -> dict[str, Any]:
    """One entry of the spot price history."""
    return {
        "InstanceType": instance_type,
        "AvailabilityZone": zone,
        "SpotPrice": usd,
        "ProductDescription": "Linux/UNIX",
        "Timestamp": datetime(2026, 11, 25, hour, tzinfo=UTC),
    }
