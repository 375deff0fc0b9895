"""What AWS Budgets refuses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.providers.narrow import as_list, as_object
from sandbox.providers.rules.refusal import Refusal, one_of

INVALID = "InvalidParameterException"
BUDGET_TYPES = (
    "COST", "USAGE", "RI_UTILIZATION", "RI_COVERAGE", "SAVINGS_PLANS_UTILIZATION", "SAVINGS_PLANS_COVERAGE",
)  # fmt: skip
TIME_UNITS = ("DAILY", "MONTHLY", "QUARTERLY", "ANNUALLY", "CUSTOM")
MOST_NOTIFICATIONS = 10
MOST_EMAIL_ADDRESSES = 10


def budget_refusals(inputs: Mapping[str, Any]) -> list[Refusal]:
    """Type, period, amount and notifications of a budget."""
    refusals = one_of("budgetType", inputs.get("budgetType"), BUDGET_TYPES, INVALID)
    refusals += one_of("timeUnit", inputs.get("timeUnit"), TIME_UNITS, INVALID)
    amount = inputs.get("limitAmount")
    if isinstance(amount, (str, int, float)) and not _is_positive(amount):
        refusals.append(Refusal("limitAmount", INVALID, f"limitAmount must be a positive number, not {amount!r}."))
    given = as_list(inputs.get("notifications"))
    if len(given) > MOST_NOTIFICATIONS:
        message = f"a budget has at most {MOST_NOTIFICATIONS} notifications, not {len(given)}."
        refusals.append(Refusal("notifications", "CreationLimitExceededException", message))
    for index, notification in enumerate(given):
        refusals += _notification_refusals(f"notifications[{index}]", as_object(notification))
    return refusals


def _is_positive(amount: str | float) -> bool:
    try:
        return float(amount) > 0
    except ValueError:
        return False


def _notification_refusals(path: str, notification: Mapping[str, Any]) -> list[Refusal]:
    operators, kinds = ("GREATER_THAN", "LESS_THAN", "EQUAL_TO"), ("ACTUAL", "FORECASTED")
    operator, kind = notification.get("comparisonOperator"), notification.get("notificationType")
    refusals = one_of(f"{path}.comparisonOperator", operator, operators, INVALID)
    refusals += one_of(f"{path}.notificationType", kind, kinds, INVALID)
    threshold_type = notification.get("thresholdType")
    refusals += one_of(f"{path}.thresholdType", threshold_type, ("PERCENTAGE", "ABSOLUTE_VALUE"), INVALID)
    emails, topics = notification.get("subscriberEmailAddresses"), notification.get("subscriberSnsTopicArns")
    if not emails and not topics:
        refusals.append(Refusal(path, INVALID, "a notification needs at least one subscriber."))
    if len(as_list(emails)) > MOST_EMAIL_ADDRESSES:
        message = f"a notification has at most {MOST_EMAIL_ADDRESSES} email subscribers."
        refusals.append(Refusal(f"{path}.subscriberEmailAddresses", INVALID, message))
    return refusals
