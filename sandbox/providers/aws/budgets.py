"""AWS Budgets."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from sandbox.providers.aws.cloud import ACCOUNT_ID, AwsCloud, AwsType, Record, gone_if
from sandbox.providers.properties import Properties
from sandbox.providers.rules import Refusal
from sandbox.providers.rules import budgets as rules

NOT_FOUND = "NotFoundException"
TIME_FORMAT = "%Y-%m-%d_%H:%M"  # as the provider writes times
COST_TYPES = (
    "IncludeTax", "IncludeSubscription", "UseBlended", "IncludeRefund", "IncludeCredit", "IncludeUpfront",
    "IncludeRecurring", "IncludeOtherSubscription", "IncludeSupport", "IncludeDiscount", "UseAmortized",
)  # fmt: skip


class Budget(AwsType):
    """moto keeps a budget but neither its notifications nor its tags can be read back: those stay as last given."""

    token = "aws:budgets/budget:Budget"
    name_property = "name"
    name_limit = 100
    tagged = True
    replace = frozenset({"name", "namePrefix", "accountId", "budgetType", "billingViewArn"})
    sets = frozenset({"notifications", "costFilters", "costFilters.values"})
    computed_inputs = frozenset(
        {"accountId", "timePeriodStart", "costTypes", "limitUnit", "limitAmount", "costFilters"}
    )
    defaults: ClassVar[Mapping[str, Any]] = {"timePeriodEnd": "2087-06-15_00:00"}

    def check(self, inputs: Properties) -> Iterable[Refusal]:
        return rules.budget_refusals(inputs)

    def create(self, cloud: AwsCloud, inputs: Properties) -> str:
        account = inputs.get("accountId", ACCOUNT_ID)
        cloud.client("budgets").create_budget(
            AccountId=account, Budget=_budget(inputs), NotificationsWithSubscribers=_notifications(inputs)
        )
        return f"{account}:{inputs['name']}"

    def read(self, cloud: AwsCloud, resource_id: str, known: Properties) -> Properties:
        account, _, name = resource_id.partition(":")
        with gone_if(NOT_FOUND):
            budget: Record = cloud.client("budgets").describe_budget(AccountId=account, BudgetName=name)["Budget"]
        limit: Record = budget.get("BudgetLimit") or {}
        period: Record = budget.get("TimePeriod") or {}
        filters: dict[str, list[str]] = budget.get("CostFilters") or {}
        start: Any = period.get("Start")
        return {
            "arn": f"arn:aws:budgets::{account}:budget/{name}",
            "accountId": account,
            "name": budget["BudgetName"],
            "budgetType": budget["BudgetType"],
            "timeUnit": budget["TimeUnit"],
            "limitAmount": _amount(str(limit["Amount"]), known) if limit else None,
            "limitUnit": limit.get("Unit"),
            "costFilters": [{"name": key, "values": values} for key, values in filters.items()] or None,
            "timePeriodStart": known.get("timePeriodStart") or (start.strftime(TIME_FORMAT) if start else None),
            "tagsAll": known.get("tagsAll", {}),
        }

    def update(
        self, cloud: AwsCloud, resource_id: str, state: Properties, inputs: Properties, changed: frozenset[str]
    ) -> None:
        """moto has no UpdateBudget: the budget is made anew under the same name, in one step as seen from here."""
        if changed <= {"tags", "tagsAll"}:
            return
        account, _, name = resource_id.partition(":")
        budgets = cloud.client("budgets")
        budgets.delete_budget(AccountId=account, BudgetName=name)
        budgets.create_budget(
            AccountId=account, Budget=_budget(inputs), NotificationsWithSubscribers=_notifications(inputs)
        )

    def delete(self, cloud: AwsCloud, resource_id: str, state: Properties) -> None:
        account, _, name = resource_id.partition(":")
        with gone_if(NOT_FOUND):
            cloud.client("budgets").delete_budget(AccountId=account, BudgetName=name)


def _amount(actual: str, known: Properties) -> str:
    """AWS answers 75 with 75.0; it is the same amount."""
    given = known.get("limitAmount")
    same = given is not None and float(given) == float(actual)
    return str(given) if same else actual


def _budget(inputs: Properties) -> Record:
    budget: Record = {
        "BudgetName": inputs["name"],
        "BudgetType": inputs["budgetType"],
        "TimeUnit": inputs["timeUnit"],
        "CostFilters": {one["name"]: one["values"] for one in inputs.get("costFilters", [])},
        "CostTypes": {name: True for name in COST_TYPES if not name.startswith("Use")},
    }
    if inputs.get("limitAmount"):
        budget["BudgetLimit"] = {"Amount": str(inputs["limitAmount"]), "Unit": inputs.get("limitUnit", "USD")}
    period = {
        api: datetime.datetime.strptime(inputs[name], TIME_FORMAT)
        for name, api in (("timePeriodStart", "Start"), ("timePeriodEnd", "End"))
        if inputs.get(name)
    }
    if period:
        budget["TimePeriod"] = period
    for name, member in inputs.get("costTypes", {}).items():
        budget["CostTypes"][name[0].upper() + name[1:]] = member
    return budget


def _notifications(inputs: Properties) -> list[Record]:
    return [
        {
            "Notification": {
                "NotificationType": one["notificationType"],
                "ComparisonOperator": one["comparisonOperator"],
                "Threshold": float(one["threshold"]),
                "ThresholdType": one["thresholdType"],
            },
            "Subscribers": [
                {"SubscriptionType": kind, "Address": address}
                for name, kind in (("subscriberEmailAddresses", "EMAIL"), ("subscriberSnsTopicArns", "SNS"))
                for address in one.get(name, [])
            ],
        }
        for one in inputs.get("notifications", [])
    ]
