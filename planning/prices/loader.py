"""Reads the price tables that lie beside this file, one a region."""

from functools import cache
from pathlib import Path

from planning.aws.regions import STAND_INS
from planning.prices.document import parse_document
from planning.prices.table import PriceTable, PriceTableError

DIRECTORY = Path(__file__).resolve().parent


def table_path(region: str) -> Path:
    """Where a region's table is, or would be."""
    return DIRECTORY / f"{region}.yaml"


def regions_with_prices() -> tuple[str, ...]:
    """The regions that have a table."""
    return tuple(sorted(path.stem for path in DIRECTORY.glob("*.yaml")))


@cache
def load_prices(region: str) -> PriceTable:
    """The table of a region, or of the region that stands in for it and says so.

    Raises `PriceTableError` for what is no region of AWS, and for a table that can't be read.
    """
    known = regions_with_prices()
    if region not in known and region in STAND_INS:
        stand_in = STAND_INS[region]
        return load_prices(stand_in).model_copy(update={"region": region, "stands_in": stand_in})
    if region not in known:
        raise PriceTableError(
            f"there is no price table for region {region}: run `python -m ops prices refresh --region {region}` "
            f"with AWS credentials to make one; regions with a table: {', '.join(known)}"
        )
    path = table_path(region)
    table = parse_document(path.read_text(encoding="utf-8"), f"planning/prices/{path.name}").table()
    if table.region != region:
        raise PriceTableError(f"planning/prices/{path.name}: region is {table.region}; accepted: {region}")
    return table
