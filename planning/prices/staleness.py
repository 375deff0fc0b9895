"""When prices are too old to rely on, or another region's."""

from collections.abc import Iterable
from datetime import date

from planning.prices.table import Price, PriceTable

# AWS changes list prices a few times a year; a quarter is what a budget can wait.
STALE_AFTER_DAYS = 90


def staleness_warnings(prices: Iterable[Price], region: str, today: date) -> tuple[str, ...]:
    """One sentence for each source of the given prices that is older than 90 days on `today`."""
    old: dict[tuple[date, str], int] = {}
    for price in prices:
        if (today - price.as_of).days > STALE_AFTER_DAYS:
            old[price.as_of, price.source] = old.get((price.as_of, price.source), 0) + 1
    return tuple(
        f"{count} {'price is' if count == 1 else 'prices are'} {(today - as_of).days} days old ({source}, {as_of}): "
        f"run `python -m ops prices refresh --region {region}`"
        for (as_of, source), count in sorted(old.items())
    )


def stand_in_warnings(table: PriceTable) -> tuple[str, ...]:
    """One sentence where a table's prices are another region's."""
    found = stand_in(table)
    return () if found is None else ("; ".join(found),)


def stand_in(table: PriceTable) -> tuple[str, str] | None:
    """What is so and what to do, where a table's prices are another region's."""
    if table.stands_in is None:
        return None
    return (
        f"{table.region} has no price table: these are the prices of {table.stands_in}",
        f"run `python -m ops prices refresh --region {table.region}`",
    )
