"""What AWS charged, from a file: what `cost actual --json` printed, what `aws ce get-cost-and-usage` did, or the CSV
that Cost Explorer's page downloads.

Source: AWS CLI Command Reference, `ce get-cost-and-usage`; the CSV has a column for each value of the grouping, a row
of totals, and a row for each day or month.
"""

import csv
from calendar import monthrange
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from io import StringIO
from itertools import pairwise

from pydantic import Field, ValidationError

from ops.backends.foreign import Foreign
from ops.errors import CommandError
from planning.base import Frozen
from planning.budget import Category
from planning.capacity.ingest import DAYS_PER_MONTH

USAGE_TYPE = "usagetype"
SHOWN = 8
ACCEPTED = (
    "accepted: what `cost actual --json` printed, what `aws ce get-cost-and-usage --metrics UnblendedCost` did, or the "
    "CSV of Cost Explorer's page by day or month"
)
_STORAGE = ("EBS:", "TimedStorage", "Requests-Tier", "Retrieval", "EarlyDelete", "Monitoring-Automation")
_COMPUTE = ("BoxUsage", "SpotUsage", "CPUCredits", "AmazonEKS-Hours", "DedicatedUsage")


class Charges(Frozen):
    """Charges of some days, made into a month."""

    days: int
    """Days that were charged."""
    until: date | None = None
    """The first day that isn't among them, where the file says it."""
    usd_per_month: float
    """All of them, times a month over the days."""
    by_category: Mapping[Category, float] | None = None
    """The same by category; none where the file isn't grouped by usage type."""
    largest: tuple[tuple[str, float], ...] = ()
    """What costs most, USD a month, in the file's own grouping."""


def category_of(usage_type: str) -> Category:
    """The budget's line of an AWS usage type such as USW2-EBS:VolumeUsage.gp3."""
    if any(part in usage_type for part in _STORAGE):
        return Category.STORAGE
    if any(part in usage_type for part in _COMPUTE):
        return Category.COMPUTE
    return Category.OPERATIONS


def charges_of(amounts: Mapping[str, float], days: int, *, by_usage_type: bool, until: date | None = None) -> Charges:
    """Dollars of some days by usage type, or by something else, as a month's."""
    month = DAYS_PER_MONTH / days
    by_category: defaultdict[Category, float] = defaultdict(float)
    for name, amount in amounts.items():
        by_category[category_of(name)] += amount * month
    largest = sorted(((name, amount * month) for name, amount in amounts.items()), key=lambda one: -one[1])
    return Charges(
        days=days,
        until=until,
        usd_per_month=sum(amounts.values()) * month,
        by_category=dict(by_category) if by_usage_type else None,
        largest=tuple(largest[:SHOWN]),
    )


def charges_in(text: str, where: str) -> Charges:
    """What a file says. Raises `CommandError` for one that is none of the three."""
    if not text.lstrip().startswith("{"):
        return _downloaded(text, where)
    for read in (_printed, _asked):
        try:
            return read(text, where)
        except ValidationError:
            continue
    raise CommandError(f"--actual {where}: not what AWS charged; {ACCEPTED}")


class _Printed(Foreign):
    days: int = Field(gt=0)
    usd_per_month: Mapping[Category, float]
    largest: tuple[tuple[str, float], ...] = ()


def _printed(text: str, _: str) -> Charges:
    found = _Printed.model_validate_json(text)
    return Charges(
        days=found.days,
        usd_per_month=sum(found.usd_per_month.values()),
        by_category=found.usd_per_month,
        largest=found.largest,
    )


class Amount(Foreign):
    """An amount of money."""

    amount: float = Field(alias="Amount")
    unit: str = Field(default="USD", alias="Unit")


class Metrics(Foreign):
    """Of a group."""

    cost: Amount = Field(alias="UnblendedCost")


class CostGroup(Foreign):
    """Charges of one value of the grouping."""

    keys: tuple[str, ...] = Field(alias="Keys", min_length=1)
    metrics: Metrics = Field(alias="Metrics")


class _Days(Foreign):
    start: date = Field(alias="Start")
    end: date = Field(alias="End")


class CostPeriod(Foreign):
    """A day or a month."""

    groups: tuple[CostGroup, ...] = Field(default=(), alias="Groups")
    days: _Days | None = Field(default=None, alias="TimePeriod")


class _Grouping(Foreign):
    key: str = Field(alias="Key")


class CostPage(Foreign):
    """An answer of Cost Explorer."""

    periods: tuple[CostPeriod, ...] = Field(alias="ResultsByTime")
    next_token: str = Field(default="", alias="NextPageToken")
    groupings: tuple[_Grouping, ...] = Field(default=(), alias="GroupDefinitions")


def _asked(text: str, where: str) -> Charges:
    page = CostPage.model_validate_json(text)
    groups = [group for period in page.periods for group in period.groups]
    spans = [period.days for period in page.periods if period.days]
    if not groups or not spans:
        raise CommandError(f"--actual {where}: no charges by day or month in it; {ACCEPTED}, grouped by usage type")
    if foreign := {group.metrics.cost.unit for group in groups} - {"USD"}:
        raise CommandError(f"--actual {where}: amounts in {', '.join(sorted(foreign))}; accepted: USD")
    amounts: defaultdict[str, float] = defaultdict(float)
    for group in groups:
        amounts[group.keys[0]] += group.metrics.cost.amount
    return charges_of(
        amounts,
        sum((span.end - span.start).days for span in spans),
        by_usage_type=[_bare(one.key) for one in page.groupings[:1]] == [USAGE_TYPE],
        until=max(span.end for span in spans),
    )


def _downloaded(text: str, where: str) -> Charges:
    rows = [row for row in csv.reader(StringIO(text.lstrip("\ufeff"))) if row]
    try:
        (grouping, *names), dated = (
            rows[0],
            {date.fromisoformat(row[0]): row[1:] for row in rows[1:] if _is_day(row[0])},
        )
        amounts = {
            name.removesuffix("($)"): sum(float(row[place] or 0) for row in dated.values())
            for place, name in enumerate(names)
            if name.endswith("($)") and name.lower() != "total costs($)"
        }
        days = _days_of(sorted(dated))
    except (IndexError, ValueError):
        raise CommandError(f"--actual {where}: not what AWS charged; {ACCEPTED}") from None
    if not amounts or not days:
        raise CommandError(f"--actual {where}: no charges by day or month in it; {ACCEPTED}")
    return charges_of(amounts, days, by_usage_type=_bare(grouping) == USAGE_TYPE)


def _bare(name: str) -> str:
    return name.lower().replace(" ", "").replace("_", "")


def _is_day(text: str) -> bool:
    return text[:4].isdigit()


def _days_of(rows: Sequence[date]) -> int:
    """Days that the rows stand for: themselves, or the months that they begin."""
    if rows and all(day.day == 1 for day in rows):
        return sum(monthrange(day.year, day.month)[1] for day in rows)
    if any((later - earlier).days != 1 for earlier, later in pairwise(rows)):
        raise ValueError("neither days nor months")
    return len(rows)
