"""Alertmanager's receivers: what each way to people needs, and what it is told.

Sources: Prometheus Alertmanager documentation, "Configuration", receiver integration settings (0.28 to 0.34; Teams by
workflows, msteamsv2_configs, since 0.28); Atlassian, "Jira Service Management operations REST API", alerts (2026-11).
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from settings.document.secrets import secret_of
from settings.models.platform import PlatformSettings
from settings.models.receivers import (
    EmailReceiver,
    OpsgenieReceiver,
    ReceiverKind,
    Severity,
    SlackReceiver,
    SnsReceiver,
    TelegramReceiver,
)
from telemetry.grafana.moved import AFTER_MINUTES, BEFORE_MINUTES, moved_path
from telemetry.kubernetes.endpoints import Endpoints

Table = TypeVar("Table", SlackReceiver, EmailReceiver, OpsgenieReceiver, TelegramReceiver, SnsReceiver)

TITLE = "[{{ .Status | toUpper }}] {{ .CommonLabels.severity }}: {{ .CommonLabels.alertname }} ({{ .Alerts | len }})"
# Before and after an alert's beginning that the dashboard shows.
MOVED_MINUTES = (-BEFORE_MINUTES, AFTER_MINUTES)
# Jira Service Management takes Opsgenie's own requests.
OPSGENIE_APIS = {
    "opsgenie": "https://api.opsgenie.com/",
    "opsgenie_eu": "https://api.eu.opsgenie.com/",
    "jsm": "https://api.atlassian.com/jsm/ops/integration/",
}
PRIORITY = (
    '{{ $s := .CommonLabels.severity }}{{ if eq $s "critical" }}P1{{ else if eq $s "warning" }}P3{{ else }}P5{{ end }}'
)


class Receiver:
    """Who is told: everybody, or one team."""

    def __init__(self, settings: PlatformSettings, team: str | None, secrets: Mapping[str, str]) -> None:
        self._receivers, self._team, self._secrets = settings.alerting.receivers, team, secrets
        self.text = _text(settings)

    def configs(self, severity: Severity) -> dict[str, Any]:
        """The ways for one severity, as Alertmanager has them."""
        ways = self._receivers if self._team is None else self._receivers.teams[self._team]
        return {f"{SECTIONS.get(kind, kind.value)}_configs": [BUILDERS[kind](self)] for kind in ways.of(severity)}

    def secret(self, kind: ReceiverKind) -> str:
        """The team's own secret, or the stack's."""
        own = secret_of(kind, self._team)
        return self._secrets[own] if own in self._secrets else self._secrets[secret_of(kind, None)]

    def table(self, kind: ReceiverKind, of: type[Table]) -> Table:
        """Where a way leads. Raises `ValueError` where nobody said it."""
        found = self._receivers.table(kind, self._team)
        if not isinstance(found, of):
            raise ValueError(f"alerting.receivers.{kind.value} is missing")
        return found


def _text(settings: PlatformSettings) -> str:
    """Each alert with what to read and where to look first."""
    grafana = Endpoints.of(settings).grafana_url
    dashboard = f"{grafana}/d/{{{{ .Annotations.dashboard_uid }}}}"
    return (
        "{{ range .Alerts }}{{ .Annotations.summary }}\n{{ .Annotations.description }}\n"
        f"{{{{ if .Annotations.dashboard_uid }}}}Dashboard: {dashboard}\n{{{{ end }}}}"
        f"What else moved: {grafana}{_moved()}\n"
        "Runbook: {{ .Annotations.runbook_url }}\n{{ end }}"
    )


def _moved() -> str:
    """The dashboard with the alert's service, and the minutes around its beginning: a duration is in nanoseconds."""
    start, end = (f"{{{{ (.StartsAt.Add {minutes * 60_000_000_000}).UnixMilli }}}}" for minutes in MOVED_MINUTES)
    return moved_path("{{ with .Labels.service_name }}var-service={{ . }}&{{ end }}", start, end)


def _slack(receiver: Receiver) -> dict[str, Any]:
    return {
        "api_url": receiver.secret(ReceiverKind.SLACK),
        "channel": receiver.table(ReceiverKind.SLACK, SlackReceiver).channel,
        "send_resolved": True,
        "title": TITLE,
        "text": receiver.text,
    }


def _email(receiver: Receiver) -> dict[str, Any]:
    table = receiver.table(ReceiverKind.EMAIL, EmailReceiver)
    return {
        "to": table.to,
        "from": table.sender,
        "smarthost": table.smarthost,
        "auth_username": table.username,
        "auth_password": receiver.secret(ReceiverKind.EMAIL),
        "require_tls": True,
        "send_resolved": True,
        "headers": {"Subject": TITLE},
        "text": receiver.text,
    }


def _pagerduty(receiver: Receiver) -> dict[str, Any]:
    return {
        "routing_key": receiver.secret(ReceiverKind.PAGERDUTY),
        "send_resolved": True,
        "severity": "{{ .CommonLabels.severity }}",
        "class": "{{ .CommonLabels.alertname }}",
        "component": "{{ .CommonLabels.service_name }}",
        "description": TITLE,
        "details": {"alerts": receiver.text},
    }


def _webhook(receiver: Receiver) -> dict[str, Any]:
    return {"url": receiver.secret(ReceiverKind.WEBHOOK), "send_resolved": True, "max_alerts": 100}


def _msteams(receiver: Receiver) -> dict[str, Any]:
    url = receiver.secret(ReceiverKind.MSTEAMS)
    return {"webhook_url": url, "send_resolved": True, "title": TITLE, "text": receiver.text}


def _opsgenie(receiver: Receiver) -> dict[str, Any]:
    return {
        "api_key": receiver.secret(ReceiverKind.OPSGENIE),
        "api_url": OPSGENIE_APIS[receiver.table(ReceiverKind.OPSGENIE, OpsgenieReceiver).api],
        "send_resolved": True,
        "message": TITLE,
        "description": receiver.text,
        "source": "lgtm",
        "entity": "{{ .CommonLabels.service_name }}",
        "priority": PRIORITY,
    }


def _discord(receiver: Receiver) -> dict[str, Any]:
    url = receiver.secret(ReceiverKind.DISCORD)
    return {"webhook_url": url, "send_resolved": True, "title": TITLE, "message": receiver.text}


def _telegram(receiver: Receiver) -> dict[str, Any]:
    return {
        "bot_token": receiver.secret(ReceiverKind.TELEGRAM),
        "chat_id": receiver.table(ReceiverKind.TELEGRAM, TelegramReceiver).chat_id,
        "send_resolved": True,
        # As plain text: a query in a description would be broken HTML.
        "parse_mode": "",
        "message": f"{TITLE}\n{receiver.text}",
    }


def _sns(receiver: Receiver) -> dict[str, Any]:
    topic = receiver.table(ReceiverKind.SNS, SnsReceiver).topic_arn
    return {
        "topic_arn": topic,
        "sigv4": {"region": topic.split(":")[3]},
        "send_resolved": True,
        "subject": TITLE,
        "message": receiver.text,
    }


BUILDERS: Mapping[ReceiverKind, Callable[[Receiver], dict[str, Any]]] = {
    ReceiverKind.SLACK: _slack,
    ReceiverKind.EMAIL: _email,
    ReceiverKind.PAGERDUTY: _pagerduty,
    ReceiverKind.WEBHOOK: _webhook,
    ReceiverKind.MSTEAMS: _msteams,
    ReceiverKind.OPSGENIE: _opsgenie,
    ReceiverKind.DISCORD: _discord,
    ReceiverKind.TELEGRAM: _telegram,
    ReceiverKind.SNS: _sns,
}
# Where Alertmanager's section has another name than the way.
SECTIONS = {ReceiverKind.MSTEAMS: "msteamsv2"}
