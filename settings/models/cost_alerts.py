"""What AWS itself tells of a stack's bill, beside the platform's own alerts: also when the platform is down."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from planning.base import Frozen, broken_rule
from settings.models.fields import matching

Email = Annotated[str, matching(r"^[^@\s]+@[^@\s]+\.[^@\s]+$", "a mail address, such as platform@example.com")]
TopicArn = Annotated[
    str,
    matching(
        r"^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}$",
        "the ARN of an SNS topic, such as arn:aws:sns:us-east-1:123456789012:bills",
    ),
]
Percent = Annotated[int, Field(ge=1, le=1000)]
# AWS Budgets API reference, NotificationWithSubscribers: at most ten mail addresses and one topic.
MOST_EMAILS = 10


class CostAlertSettings(Frozen):
    """An AWS budget of the stack's own amount, and Cost Anomaly Detection by choice; who is told of both.

    Both know the stack by its tag `stack`, once that is active for cost allocation: see docs/cost-model.md.
    """

    emails: Annotated[tuple[Email, ...], Field(max_length=MOST_EMAILS)] = ()
    """Who gets a mail; AWS asks nobody to confirm."""
    sns_topic_arn: TopicArn | None = None
    """A topic that is there already, whose policy lets budgets.amazonaws.com and costalerts.amazonaws.com publish."""
    actual_percent: Annotated[tuple[Percent, ...], Field(min_length=1, max_length=5)] = (80, 100)
    """Shares of budget.usd_per_month at which AWS tells what was spent."""
    forecast_percent: Percent | None = 100
    """Share that the month's end is expected to reach; AWS needs some five weeks of data for it. null: not told."""
    anomalies_usd: Annotated[float, Field(ge=1, le=100_000)] | None = None
    """Cost Anomaly Detection: told of what is unusual from so many dollars on, by mail once a day, by SNS at once.
    Without it there is none."""

    @model_validator(mode="after")
    def _somebody(self) -> Self:
        if not self.emails and self.sns_topic_arn is None:
            raise broken_rule("nobody is told: give emails, sns_topic_arn or both", "emails", "sns_topic_arn")
        return self
