"""A region's price table and what is asked of it. All prices are list prices in US dollars without tax."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from planning.base import Frozen
from planning.errors import UserError

ON_DEMAND = "ec2.on_demand"
SPOT = "ec2.spot"
SPOT_UNIT = "hour"


class PriceTableError(UserError):
    """A price table that is missing or can't be read; `str()` is the message for people."""


class MissingPriceError(PriceTableError):
    """A price that a table lacks."""

    def __init__(self, region: str, key: str) -> None:
        super().__init__(
            f"the price table of {region} has no price {key}: run `python -m ops prices refresh --region {region}`, "
            f"or add it to planning/prices/{region}.yaml with its unit, source and date"
        )
        self.region, self.key = region, key


class Confidence(StrEnum):
    """How a price is known."""

    SOURCE = "source"
    """Read in a price list or a dated copy of one."""
    MODEL = "model"
    """General knowledge that no source at hand confirmed, or derived from other prices."""


class PriceSource(Frozen):
    """Where prices come from."""

    title: str
    """What was read, for people."""
    as_of: date
    """Date of the source; the date of reading where it has none."""
    confidence: Confidence
    """source or model."""


class Price(Frozen):
    """One list price."""

    key: str
    """Such as ec2.on_demand.t4g.large."""
    usd: Annotated[float, Field(ge=0, le=1_000_000)]
    """US dollars for one unit."""
    unit: str
    """What is paid for, such as hour or GB-month."""
    source: str
    """Where the price was read."""
    as_of: date
    """Date of the source."""
    confidence: Confidence
    """source or model."""


class PriceTable(Frozen):
    """Every known price of one region."""

    region: str
    """AWS region."""
    compiled: date
    """Date on which the table was last put together."""
    prices: Mapping[str, Price]
    """By key."""
    stands_in: str | None = None
    """The region whose prices these are, where `region` has no table of its own."""

    def price(self, key: str) -> Price:
        """The price of a key. Raises `MissingPriceError`."""
        try:
            return self.prices[key]
        except KeyError:
            raise MissingPriceError(self.region, key) from None

    def __contains__(self, key: str) -> bool:
        return key in self.prices


def spot_price(table: PriceTable, instance_type: str, share_of_on_demand: float) -> Price:
    """The risk price of a spot instance hour: the higher of the dearest zone seen and a share of the on-demand price.

    Budgets are judged by it, because a mean is what a bad month exceeds. Raises `MissingPriceError`.
    """
    on_demand = table.price(f"{ON_DEMAND}.{instance_type}")
    key = f"{SPOT}.{instance_type}"
    floor = on_demand.usd * share_of_on_demand
    if key in table and table.price(key).usd >= floor:
        return table.price(key)
    return Price(
        key=key,
        usd=floor,
        unit=SPOT_UNIT,
        source=f"risk price: {share_of_on_demand:g} x on-demand ({on_demand.source})",
        as_of=on_demand.as_of,
        confidence=Confidence.MODEL,
    )
