"""What AWS itself tells of the bill: off by default, the budget of the stack file, who is told how often."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from components.aws_environment import aws_environment_for
from components.cost_alerts import cost_alerts_for
from planning.cost.engine import price_resources
from planning.cost.free import free_reason
from planning.prices.loader import load_prices
from planning.registered import Resource
from settings.models.names import Names
from settings.models.platform import PlatformSettings
from tests.unit.recording import Graph, run_program

TOPIC = "arn:aws:sns:us-east-1:123456789012:bills"
Compose = Callable[..., Graph]


@pytest.fixture
def told(make_settings: Callable[..., PlatformSettings]) -> Compose:
    def compose(cost_alerts: dict[str, Any] | None, stack: str = "prod", **overrides: Any) -> Graph:
        settings = make_settings(stack, cost_alerts=cost_alerts, **overrides)
        names = Names(project=settings.project, stack=stack)
        return run_program(lambda: cost_alerts_for(settings, names, aws_environment_for(settings, names)), stack=stack)

    return compose


def test_nothing_without_the_setting(told: Compose) -> None:
    graph = told(None)
    assert not [one for one in graph.types() if one.startswith(("aws:budgets", "aws:costexplorer"))]


def test_the_budget_is_the_stack_files(told: Compose) -> None:
    budget = told({"emails": ["a@example.com"]}, budget={"usd_per_month": 512.5}).one("budgets/budget:Budget").inputs
    assert (budget["name"], budget["limitAmount"], budget["limitUnit"]) == ("acme-monitoring-prod", "512.5", "USD")
    assert budget["costFilters"] == [{"name": "TagKeyValue", "values": ["user:stack$prod"]}]
    assert [(one["notificationType"], one["threshold"]) for one in budget["notifications"]] == [
        ("ACTUAL", 80), ("ACTUAL", 100), ("FORECASTED", 100),
    ]  # fmt: skip
    assert all(one["subscriberEmailAddresses"] == ["a@example.com"] for one in budget["notifications"])


def test_other_shares_and_no_forecast(told: Compose) -> None:
    alerts = {"sns_topic_arn": TOPIC, "actual_percent": [50], "forecast_percent": None}
    (one,) = told(alerts).one("budgets/budget:Budget").inputs["notifications"]
    assert one["threshold"] == 50
    assert one["subscriberSnsTopicArns"] == [TOPIC]
    assert "subscriberEmailAddresses" not in one


def test_anomalies_only_where_they_are_asked_for(told: Compose) -> None:
    assert told({"emails": ["a@example.com"]}).of("costexplorer/anomalyMonitor:AnomalyMonitor") == []
    graph = told({"emails": ["a@example.com"], "sns_topic_arn": TOPIC, "anomalies_usd": 12.5}, stack="staging")
    monitor = graph.one("costexplorer/anomalyMonitor:AnomalyMonitor").inputs
    assert json.loads(monitor["monitorSpecification"])["Tags"] == {
        "Key": "stack", "MatchOptions": None, "Values": ["staging"],
    }  # fmt: skip
    subscriptions = {one.name: one.inputs for one in graph.of("costexplorer/anomalySubscription:AnomalySubscription")}
    # Mail is never sent at once, and SNS never later: AWS refuses both.
    assert {name: (one["frequency"], one["subscribers"]) for name, one in subscriptions.items()} == {
        "cost-alerts-mail": ("DAILY", [{"type": "EMAIL", "address": "a@example.com"}]),
        "cost-alerts-topic": ("IMMEDIATE", [{"type": "SNS", "address": TOPIC}]),
    }
    threshold = subscriptions["cost-alerts-mail"]["thresholdExpression"]["dimension"]
    assert (threshold["key"], threshold["values"]) == ("ANOMALY_TOTAL_IMPACT_ABSOLUTE", ["12.5"])


def test_it_costs_nothing_and_the_bill_says_why(told: Compose) -> None:
    graph = told({"emails": ["a@example.com"], "anomalies_usd": 5})
    resources = [Resource(one.type, one.name, one.urn, one.inputs) for one in graph.resources]
    table = load_prices("us-west-2")
    report = price_resources(resources, table, today=table.compiled)
    assert (report.usd_per_month, report.unpriced) == (0, ())
    assert "the first two are free" in str(free_reason("aws:budgets/budget:Budget"))
