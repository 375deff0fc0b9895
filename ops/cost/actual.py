"""`cost actual`: what AWS charged for a stack, from Cost Explorer, against plan and budget.

Costs are found by the tags `project` and `stack`, which must be active cost allocation tags of the payer's account
(AWS Billing User Guide, "Activating user-defined cost allocation tags"); data is about a day behind. Each request
costs 0.01 USD.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from pydantic import ValidationError

from ops.backends.aws import asking, client
from ops.backends.errors import LiveError, Problem
from ops.cost.charges import CostPage, charges_of
from ops.report.checks import FINDING, HEALTHY
from ops.report.cost import within_budget
from ops.report.model import Document, Row, RowStyle, Text, document, table
from ops.report.output import Answer
from ops.report.words import usd
from ops.stacks import settings_of
from ops.tuning.effects import priced_settings
from planning.base import Frozen
from planning.budget import Category
from settings.models.platform import PlatformSettings

if TYPE_CHECKING:
    from mypy_boto3_ce.type_defs import GetCostAndUsageRequestTypeDef

# Cost Explorer has one endpoint, in us-east-1.
CE_REGION = "us-east-1"
REQUEST_USD = 0.01
TOLERANCE = 1.1


class ActualCost(Frozen):
    """Charges of a stack, made into a month."""

    stack: str
    """Pulumi stack."""
    days: int
    """Days that were charged."""
    requests: int
    """Requests to Cost Explorer."""
    usd_per_month: Mapping[Category, float]
    """Charges by category, times a month over the days."""
    planned_usd_per_month: Mapping[Category, float]
    """What the settings' resources cost by the price table."""
    budget_usd_per_month: float
    """The stack's budget."""
    largest: tuple[tuple[str, float], ...]
    """Usage types that cost most, USD a month."""

    @property
    def total(self) -> float:
        """Charges of a month."""
        return sum(self.usd_per_month.values())

    @property
    def planned(self) -> float:
        """Plan of a month."""
        return sum(self.planned_usd_per_month.values())

    @property
    def over(self) -> bool:
        """Whether a month would break the budget."""
        return self.total > self.budget_usd_per_month

    def document(self) -> Document:
        """As a table and a verdict."""
        rows = [
            Row(cells=(kind.value, usd(self.usd_per_month.get(kind, 0)), usd(self.planned_usd_per_month.get(kind, 0))))
            for kind in Category
        ]
        rows.append(Row(cells=("total", usd(self.total), usd(self.planned)), style=RowStyle.TOTAL))
        largest = [(name, usd(amount)) for name, amount in self.largest]
        return document(
            f"Actual cost of {self.stack}: {self.days} days of charges, as USD a month",
            table(("category", "charged", "planned"), rows, numbers=(1, 2)),
            table(("usage type", "USD a month"), largest, numbers=(1,)),
            self.verdict(),
            Text(words=f"asked with {self.requests} requests ({self.requests * REQUEST_USD:.2f} USD)"),
        )

    def answer(self) -> Answer:
        """A finding when a month would be over the budget."""
        return Answer(self, self.document, FINDING if self.over else HEALTHY)

    def verdict(self) -> Text:
        """Against budget and plan, in words."""
        word = within_budget(within=not self.over)
        said = f"{word.text}: {usd(self.total)} of {usd(self.budget_usd_per_month)} USD a month"
        if self.total > self.planned * TOLERANCE:
            said += f"; {usd(self.total - self.planned)} more than planned: compare the usage types with `cost plan`"
        return Text(words=said, tone=word.tone)


def actual_cost(stack: str, days: int, today: date | None = None) -> ActualCost:
    """Asks Cost Explorer. Raises `LiveError` when it gives no answer or knows no cost of the stack."""
    settings = settings_of(stack)
    end = today or datetime.now(UTC).date()
    charged, requests = _charges(settings, stack, end - timedelta(days=days), end)
    if not charged:
        raise LiveError(
            "Cost Explorer",
            Problem.EMPTY,
            f"no cost with the tags project={settings.project} and stack={stack} since "
            f"{end - timedelta(days=days)}; activate both as cost allocation tags in the payer's account",
        )
    month = charges_of(charged, days, by_usage_type=True)
    report = priced_settings(stack, settings)
    return ActualCost(
        stack=stack,
        days=days,
        requests=requests,
        usd_per_month=month.by_category or {},
        planned_usd_per_month=dict(report.by_category),
        budget_usd_per_month=settings.budget.usd_per_month,
        largest=month.largest,
    )


def _charges(settings: PlatformSettings, stack: str, start: date, end: date) -> tuple[dict[str, float], int]:
    """USD by usage type, and the number of requests."""
    ce = client("ce", CE_REGION)
    request: GetCostAndUsageRequestTypeDef = {
        "TimePeriod": {"Start": start.isoformat(), "End": end.isoformat()},
        "Granularity": "DAILY",
        "Metrics": ["UnblendedCost"],
        "GroupBy": [{"Type": "DIMENSION", "Key": "USAGE_TYPE"}],
        "Filter": {
            "And": [
                {"Tags": {"Key": "project", "Values": [settings.project]}},
                {"Tags": {"Key": "stack", "Values": [stack]}},
            ]
        },
    }
    found: defaultdict[str, float] = defaultdict(float)
    requests = 0
    while True:
        requests += 1
        with asking("ce:GetCostAndUsage"):
            page = _page(ce.get_cost_and_usage(**request))
        for group in (group for period in page.periods for group in period.groups):
            found[group.keys[0]] += group.metrics.cost.amount
        if not page.next_token:
            return dict(found), requests
        request["NextPageToken"] = page.next_token


def _page(answer: object) -> CostPage:
    try:
        return CostPage.model_validate(answer)
    except ValidationError:
        raise LiveError("Cost Explorer", Problem.GARBAGE, "an answer without the usual fields") from None
