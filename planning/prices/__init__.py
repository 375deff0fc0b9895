"""List prices: one dated table a region, each price with its unit, source, date and confidence."""

from planning.prices.document import PriceDocument, PriceGroup, dump_document, parse_document
from planning.prices.loader import load_prices, regions_with_prices, table_path
from planning.prices.s3 import s3_prices, s3_prices_near
from planning.prices.staleness import STALE_AFTER_DAYS, staleness_warnings
from planning.prices.table import (
    Confidence,
    MissingPriceError,
    Price,
    PriceSource,
    PriceTable,
    PriceTableError,
    spot_price,
)

__all__ = [
    "STALE_AFTER_DAYS",
    "Confidence",
    "MissingPriceError",
    "Price",
    "PriceDocument",
    "PriceGroup",
    "PriceSource",
    "PriceTable",
    "PriceTableError",
    "dump_document",
    "load_prices",
    "parse_document",
    "regions_with_prices",
    "s3_prices",
    "s3_prices_near",
    "spot_price",
    "staleness_warnings",
    "table_path",
]
