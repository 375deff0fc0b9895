"""The S3 part of a price table in the tier planner's terms."""

from functools import cache

from planning.buckets import ObjectClass
from planning.prices.loader import load_prices
from planning.prices.table import PriceTable
from planning.tiers.s3_prices import ClassPrices, S3Prices

PRICES_WITHOUT_REGION = "us-west-2"


@cache
def s3_prices_near(region: str) -> S3Prices:
    """S3's prices in a region, or in the region that stands in for it."""
    return s3_prices(load_prices(region))


def s3_prices(table: PriceTable) -> S3Prices:
    """What the tier planner prices candidates by. Raises `MissingPriceError`."""
    classes = {object_class.value.lower(): _class_prices(table, object_class) for object_class in ObjectClass}
    return S3Prices.model_validate(
        {
            "region": table.stands_in or table.region,
            "as_of": min(price.as_of for key, price in table.prices.items() if key.startswith("s3.")),
            "infrequent_access_gb_month": table.price("s3.storage.INTELLIGENT_TIERING_IA").usd,
            "archive_instant_gb_month": table.price("s3.storage.INTELLIGENT_TIERING_AIA").usd,
            "monitoring_per_1000_objects": table.price("s3.monitoring.INTELLIGENT_TIERING").usd,
            **classes,
        }
    )


def _class_prices(table: PriceTable, object_class: ObjectClass) -> ClassPrices:
    def usd(group: str) -> float:
        return table.price(f"s3.{group}.{object_class}").usd

    return ClassPrices(
        gb_month=usd("storage"),
        put_per_1000=usd("put"),
        get_per_1000=usd("get"),
        transition_per_1000=0 if object_class is ObjectClass.STANDARD else usd("transition"),
        retrieval_gb=usd("retrieval"),
    )
