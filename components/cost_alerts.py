"""What AWS itself tells of a stack's bill: a budget of its amount, and Cost Anomaly Detection, both by choice.

Sources: AWS Cost Management User Guide, "Managing your costs with AWS Budgets" and "Detecting unusual spend with AWS
Cost Anomaly Detection" (2026: a custom monitor watches values of one tag; mail comes daily or weekly, SNS at once).
"""

import json
from dataclasses import dataclass

import pulumi
from pulumi_aws import budgets, costexplorer

from components.aws_environment import AwsEnvironment
from settings.models.cost_alerts import CostAlertSettings
from settings.models.names import Names
from settings.models.platform import PlatformSettings

COMPONENT = "cost-alerts"
# The default tag that tells stacks apart; a budget's filter and a monitor know one tag.
STACK_TAG = "stack"


@dataclass(frozen=True)
class CostAlertsArgs:
    """Inputs of `CostAlerts`."""

    settings: CostAlertSettings
    usd_per_month: float
    names: Names


class CostAlerts(pulumi.ComponentResource):
    """The budget with its notifications, and the monitor with its subscriptions."""

    def __init__(self, name: str, args: CostAlertsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("lgtm:components:CostAlerts", name, None, opts)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        self._budget()
        if args.settings.anomalies_usd is not None:
            self._anomalies(args.settings.anomalies_usd)
        self.register_outputs({"usdPerMonth": args.usd_per_month})

    def _tags(self) -> dict[str, str]:
        return {"component": COMPONENT, "Name": self._args.names.prefix}

    def _budget(self) -> None:
        args = self._args
        told = [("ACTUAL", percent) for percent in args.settings.actual_percent]
        if args.settings.forecast_percent is not None:
            told.append(("FORECASTED", args.settings.forecast_percent))
        topics = [args.settings.sns_topic_arn] if args.settings.sns_topic_arn else None
        budgets.Budget(
            self._name,
            name=args.names.prefix,
            budget_type="COST",
            limit_amount=f"{args.usd_per_month:g}",
            limit_unit="USD",
            time_unit="MONTHLY",
            cost_filters=[
                budgets.BudgetCostFilterArgs(name="TagKeyValue", values=[f"user:{STACK_TAG}${args.names.stack}"])
            ],
            notifications=[
                budgets.BudgetNotificationArgs(
                    notification_type=kind,
                    comparison_operator="GREATER_THAN",
                    threshold=percent,
                    threshold_type="PERCENTAGE",
                    subscriber_email_addresses=list(args.settings.emails) or None,
                    subscriber_sns_topic_arns=topics,
                )
                for kind, percent in told
            ],
            tags=self._tags(),
            opts=self._child,
        )

    def _anomalies(self, least_usd: float) -> None:
        args, settings = self._args, self._args.settings
        monitor = costexplorer.AnomalyMonitor(
            self._name,
            name=args.names.prefix,
            monitor_type="CUSTOM",
            monitor_specification=_of_stack(args.names.stack),
            tags=self._tags(),
            opts=self._child,
        )
        mails = [("EMAIL", address) for address in settings.emails]
        topics = [("SNS", settings.sns_topic_arn)] if settings.sns_topic_arn else []
        for key, frequency, subscribers in (("mail", "DAILY", mails), ("topic", "IMMEDIATE", topics)):
            if subscribers:
                costexplorer.AnomalySubscription(
                    f"{self._name}-{key}",
                    name=f"{args.names.prefix}-{key}",
                    frequency=frequency,
                    monitor_arn_lists=[monitor.arn],
                    subscribers=[
                        costexplorer.AnomalySubscriptionSubscriberArgs(type=kind, address=address)
                        for kind, address in subscribers
                    ],
                    threshold_expression=_at_least(least_usd),
                    tags=self._tags(),
                    opts=self._child,
                )


def cost_alerts_for(settings: PlatformSettings, names: Names, aws: AwsEnvironment | None) -> None:
    """AWS's own messages where the settings ask for them."""
    if settings.cost_alerts is not None and aws is not None:
        arguments = CostAlertsArgs(settings.cost_alerts, settings.budget.usd_per_month, names)
        CostAlerts("cost-alerts", arguments, aws.options())


def _of_stack(stack: str) -> str:
    """As the API gives it back, so that a refresh finds it unchanged."""
    nothing = dict.fromkeys(("And", "CostCategories", "Dimensions", "Not", "Or"))
    return json.dumps(nothing | {"Tags": {"Key": STACK_TAG, "MatchOptions": None, "Values": [stack]}})


def _at_least(usd: float) -> costexplorer.AnomalySubscriptionThresholdExpressionArgs:
    return costexplorer.AnomalySubscriptionThresholdExpressionArgs(
        dimension=costexplorer.AnomalySubscriptionThresholdExpressionDimensionArgs(
            key="ANOMALY_TOTAL_IMPACT_ABSOLUTE", match_options=["GREATER_THAN_OR_EQUAL"], values=[f"{usd:g}"]
        )
    )
