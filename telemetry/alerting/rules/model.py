"""Rules and groups as data, and as the documents that Mimir's and Loki's rulers read (Prometheus's rule format)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field

from planning.base import Frozen
from planning.shipped_yaml import yaml_text
from settings.models.platform import PlatformSettings
from settings.models.receivers import Severity
from telemetry.grafana.dashboards.model import Uid
from telemetry.kubernetes.endpoints import Endpoints

# Grafana Mimir documentation, "Configuration parameters": the default of ruler_max_rules_per_rule_group.
MAX_RULES_IN_GROUP = 20
# A result is looked up for five minutes after it was recorded: a slower group would leave gaps.
MAX_INTERVAL_SECONDS = 240
RUNBOOK_DIRECTORY = "docs/runbooks"


class Recording(Frozen):
    """A query whose result is kept as a series of its own."""

    record: Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_]*(:[a-z0-9_]+)+$")]
    """Name: level, metric, operation."""
    expr: str
    """Query."""
    labels: Mapping[str, str] = {}
    """Labels that the result gets."""


class Alert(Frozen):
    """A condition that somebody has to know of."""

    alert: Annotated[str, Field(pattern=r"^([A-Z][a-z0-9]+)+$")]
    """Name in CamelCase; its page is the same words with hyphens."""
    expr: str
    """Query that is empty as long as all is well."""
    for_minutes: Annotated[int, Field(ge=0, le=1440)] = 0
    """How long the condition must hold, in minutes."""
    keep_firing_minutes: Annotated[int, Field(ge=0, le=1440)] = 0
    """How long it fires on after the condition has ended: what comes back within it is the same episode."""
    severity: Severity
    """How fast somebody has to act."""
    summary: str
    """One line for a phone's screen."""
    description: str
    """What is measured, with the value."""
    dashboard: Uid | None = None
    """The dashboard to open first."""


Rule = Recording | Alert


class Group(Frozen):
    """Rules that are evaluated one after the other at one interval."""

    name: str
    """Name."""
    interval_seconds: Annotated[int, Field(ge=15, le=MAX_INTERVAL_SECONDS)] = 60
    """Interval, in seconds."""
    rules: Annotated[tuple[Rule, ...], Field(min_length=1, max_length=MAX_RULES_IN_GROUP)]
    """Rules."""


def groups_of(name: str, rules: Sequence[Rule], interval_seconds: int = 60) -> tuple[Group, ...]:
    """One group, or several numbered ones where a group can't hold all rules."""
    parts = [tuple(rules[start : start + MAX_RULES_IN_GROUP]) for start in range(0, len(rules), MAX_RULES_IN_GROUP)]
    names = [name] if len(parts) == 1 else [f"{name}-{number}" for number in range(1, len(parts) + 1)]
    return tuple(
        Group(name=one, interval_seconds=interval_seconds, rules=part) for one, part in zip(names, parts, strict=True)
    )


def kebab(name: str) -> str:
    """high-error-rate for HighErrorRate."""
    return "-".join(re.findall(r"[A-Z][a-z0-9]+", name)).lower()


def runbook_path(name: str) -> str:
    """Where Grafana has the page of that name, below its address."""
    return f"/d/runbook-{name}"


def runbook_url(alert: str, settings: PlatformSettings) -> str:
    """The address of an alert's page: where the settings say that pages are published, else in Grafana."""
    base, name = settings.alerting.runbook_base_url, kebab(alert)
    return (
        f"{Endpoints.of(settings).grafana_url}{runbook_path(name)}" if base is None else f"{base.rstrip('/')}/{name}/"
    )


def document(groups: Sequence[Group], settings: PlatformSettings) -> dict[str, Any]:
    """The groups as a rule file."""
    return {
        "groups": [
            {
                "name": group.name,
                "interval": f"{group.interval_seconds}s",
                "rules": [_rule(rule, settings) for rule in group.rules],
            }
            for group in groups
        ]
    }


def text(groups: Sequence[Group], settings: PlatformSettings) -> str:
    """The groups as YAML; equal settings give equal bytes."""
    return yaml_text(document(groups, settings))


def alerts(groups: Sequence[Group]) -> Iterator[Alert]:
    """Every alert in the groups."""
    return (rule for group in groups for rule in group.rules if isinstance(rule, Alert))


def recordings(groups: Sequence[Group]) -> Iterator[Recording]:
    """Every recording in the groups."""
    return (rule for group in groups for rule in group.rules if isinstance(rule, Recording))


def _rule(rule: Rule, settings: PlatformSettings) -> dict[str, Any]:
    if isinstance(rule, Recording):
        return {
            "record": rule.record,
            "expr": rule.expr,
            **({"labels": dict(rule.labels)} if rule.labels else {}),
        }
    return {
        "alert": rule.alert,
        "expr": rule.expr,
        **({"for": f"{rule.for_minutes}m"} if rule.for_minutes else {}),
        **({"keep_firing_for": f"{rule.keep_firing_minutes}m"} if rule.keep_firing_minutes else {}),
        "labels": {
            "severity": rule.severity.value,
            "team": settings.alerting.team or settings.owner,
            "environment": settings.environment.value,
        },
        "annotations": {
            "summary": rule.summary,
            "description": rule.description,
            "runbook_url": runbook_url(rule.alert, settings),
            **({"dashboard_uid": rule.dashboard.value} if rule.dashboard else {}),
        },
    }
