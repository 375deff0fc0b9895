"""The ways by which alerts reach people, and who hears of what by which.

Addresses that are secrets (a Slack hook, a PagerDuty key) are no part of the document: each is an encrypted key of its
own, see `settings.document.secrets`.
"""

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from planning.base import Frozen, broken_rule
from settings.models.fields import TeamName, matching


class ReceiverKind(StrEnum):
    """A way to reach people."""

    SLACK = "slack"
    EMAIL = "email"
    PAGERDUTY = "pagerduty"
    WEBHOOK = "webhook"
    MSTEAMS = "msteams"
    OPSGENIE = "opsgenie"
    DISCORD = "discord"
    TELEGRAM = "telegram"
    SNS = "sns"


class Severity(StrEnum):
    """How fast somebody has to act."""

    CRITICAL = "critical"
    """Now, at any hour."""
    WARNING = "warning"
    """Within the working day."""
    INFO = "info"
    """When there is time."""


MailAddress = Annotated[str, matching(r"^[^@\s,]+@[^@\s,]+$", "an e-mail address")]
HostAndPort = Annotated[str, matching(r"^[A-Za-z0-9.-]+:\d{1,5}$", "a host name, a colon and a port")]
SlackChannel = Annotated[str, matching(r"^#[a-z0-9_-]{1,79}$", "a channel's name with its #")]
TopicArn = Annotated[
    str,
    matching(
        r"^arn:aws:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}$",
        "the ARN of an SNS topic, such as arn:aws:sns:us-west-2:123456789012:alerts",
    ),
]


class SlackReceiver(Frozen):
    """Messages to Slack; the hook's URL is the secret lgtm:alerting_slack_url."""

    channel: SlackChannel
    """Channel."""


class EmailReceiver(Frozen):
    """Mail over an SMTP server with STARTTLS; the password is the secret lgtm:alerting_email_password."""

    to: MailAddress
    """Who gets it."""
    sender: MailAddress
    """From whom it is."""
    smarthost: HostAndPort
    """SMTP server as host:port; the network policy opens this port."""
    username: Annotated[str, Field(min_length=1, max_length=128)]
    """Who logs in there."""


class OpsgenieReceiver(Frozen):
    """Alerts in Opsgenie or Jira Service Management; the API key is the secret lgtm:alerting_opsgenie_key."""

    api: Literal["opsgenie", "opsgenie_eu", "jsm"]
    """Where the account is: Opsgenie, Opsgenie in the EU, or Jira Service Management, which follows it."""


class TelegramReceiver(Frozen):
    """Messages of a Telegram bot; its token is the secret lgtm:alerting_telegram_token."""

    chat_id: Annotated[int, Field(ge=-(10**15), le=10**15)]
    """The chat that it writes to; groups have negative numbers."""


class SnsReceiver(Frozen):
    """Messages to a topic of AWS; Alertmanager's own role may publish there, and no secret is needed."""

    topic_arn: TopicArn
    """Topic."""


class Ways(Frozen):
    """Who hears of what, by severity; an empty list: nobody."""

    critical: tuple[ReceiverKind, ...]
    """Ways for critical alerts."""
    warning: tuple[ReceiverKind, ...]
    """Ways for warnings."""
    info: tuple[ReceiverKind, ...]
    """Ways for information."""
    slack: SlackReceiver | None = None
    """Slack."""
    email: EmailReceiver | None = None
    """E-mail."""
    opsgenie: OpsgenieReceiver | None = None
    """Opsgenie or Jira Service Management."""
    telegram: TelegramReceiver | None = None
    """Telegram."""
    sns: SnsReceiver | None = None
    """SNS."""

    def of(self, severity: Severity) -> tuple[ReceiverKind, ...]:
        """The ways for one severity, each once."""
        ways: tuple[ReceiverKind, ...] = getattr(self, severity.value)
        return tuple(dict.fromkeys(ways))

    @property
    def kinds(self) -> frozenset[ReceiverKind]:
        """Every way that some severity takes."""
        return frozenset(kind for severity in Severity for kind in self.of(severity))


# Ways that say in the document where they lead.
DESCRIBED = (
    ReceiverKind.SLACK,
    ReceiverKind.EMAIL,
    ReceiverKind.OPSGENIE,
    ReceiverKind.TELEGRAM,
    ReceiverKind.SNS,
)


class TeamWays(Ways):
    """Who hears of one team's services. What a team doesn't say, a severity or a table, is the stack's."""

    critical: tuple[ReceiverKind, ...] = ()
    """Ways for critical alerts; default: the stack's."""
    warning: tuple[ReceiverKind, ...] = ()
    """Ways for warnings; default: the stack's."""
    info: tuple[ReceiverKind, ...] = ()
    """Ways for information; default: the stack's."""


class Receivers(Ways):
    """Who hears of what, by severity; an empty list: nobody."""

    watchdog: bool
    """Send the dead man's switch to the URL in the secret lgtm:alerting_watchdog_url every minute or so."""
    teams: dict[TeamName, TeamWays] = Field(default={})
    """Teams that hear of their own services, by services[].team."""

    @model_validator(mode="after")
    def _described(self) -> Self:
        for kind in DESCRIBED:
            if kind in self.kinds and getattr(self, kind.value) is None:
                raise broken_rule(
                    f"{kind} is asked for and its table {kind} is missing; describe it or take it out", kind.value
                )
        for name, team in self.teams.items():
            for kind in DESCRIBED:
                if kind in team.kinds and self.table(kind, name) is None:
                    raise broken_rule(
                        f"teams.{name} asks for {kind}, and neither it nor the stack has a table {kind}; describe it "
                        "or take it out",
                        "teams",
                    )
        return self

    def table(
        self, kind: ReceiverKind, team: str | None
    ) -> SlackReceiver | EmailReceiver | OpsgenieReceiver | TelegramReceiver | SnsReceiver | None:
        """Where a way leads: the team's own word, or the stack's."""
        own = getattr(self.teams[team], kind.value) if team is not None else None
        return own if own is not None else getattr(self, kind.value)

    @property
    def anybody(self) -> bool:
        """Whether some alert reaches somebody."""
        return bool(self.kinds) or any(team.kinds for team in self.teams.values())

    @property
    def topics(self) -> tuple[str, ...]:
        """Every SNS topic that alerts go to."""
        asked = [(None, self.kinds), *((name, team.kinds) for name, team in self.teams.items())]
        tables = [self.table(ReceiverKind.SNS, team) for team, kinds in asked if ReceiverKind.SNS in kinds]
        return tuple(sorted({one.topic_arn for one in tables if isinstance(one, SnsReceiver)}))
