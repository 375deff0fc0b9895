"""Alertmanager's configuration: who is told of which alert, what is told together, what keeps silent.

Source: Prometheus Alertmanager documentation, "Configuration" (0.28 and later); Mimir's Alertmanager reads the same.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from planning.schedule import Weekday, minutes_of
from planning.shipped_yaml import yaml_text
from settings.document.secrets import WATCHDOG_KEY
from settings.models.alerting import QuietHours
from settings.models.platform import PlatformSettings
from settings.models.receivers import Severity, Ways
from settings.models.schedule import Schedule
from settings.models.services import Service
from telemetry.alerting.receivers import Receiver
from telemetry.alerting.rules.alerting_health import WATCHDOG

NOBODY = "nobody"
HEARTBEAT = "watchdog"
QUIET = "quiet-hours"
OUTSIDE_HOURS = "outside-working-hours"
# From the first node to the last pod that is ready, and rules that have seen it.
WARM_UP_MINUTES = 30
MIDNIGHT, END_OF_DAY = "00:00", "24:00"
# How long to wait for more of the same, and when to say it again while it lasts.
WAIT = {Severity.CRITICAL: "10s", Severity.WARNING: "1m", Severity.INFO: "5m"}
REPEAT = {Severity.CRITICAL: "1h", Severity.WARNING: "12h", Severity.INFO: "3d"}
# A heartbeat monitor that waits for three of them notices within five minutes.
HEARTBEAT_INTERVAL = "1m"


def alertmanager_config(settings: PlatformSettings, secrets: Mapping[str, str]) -> dict[str, Any]:
    """The configuration; `secrets` holds the value of each key of `settings.document.secrets`.

    A severity without receivers goes nowhere, which `AlertingSettings.unheard` tells the stack's owner.
    """
    receivers, quiet = settings.alerting.receivers, settings.alerting.quiet_hours
    everybody = Receiver(settings, None, secrets)
    return {
        "global": {"resolve_timeout": "5m"},
        "route": _route(settings),
        "inhibit_rules": _inhibitions(),
        **_time_intervals(quiet, settings.schedule),
        "receivers": [
            {"name": NOBODY},
            *({"name": severity.value, **everybody.configs(severity)} for severity in _heard(receivers)),
            *(
                {"name": team_receiver(name, severity), **Receiver(settings, name, secrets).configs(severity)}
                for name, team in receivers.teams.items()
                for severity in _heard(team)
            ),
            *([_heartbeat(secrets[WATCHDOG_KEY])] if receivers.watchdog else []),
        ],
    }


def alertmanager_text(settings: PlatformSettings, secrets: Mapping[str, str]) -> str:
    """The configuration as YAML."""
    return yaml_text(alertmanager_config(settings, secrets))


def team_receiver(team: str, severity: Severity) -> str:
    """The name of a team's own receiver."""
    return f"team-{team}-{severity.value}"


def team_services(services: Sequence[Service], team: str) -> str:
    """The services of a team, as a regular expression."""
    return "|".join(one.name for one in services if one.team == team)


def _heard(ways: Ways) -> list[Severity]:
    return [severity for severity in Severity if ways.of(severity)]


def _route(settings: PlatformSettings) -> dict[str, Any]:
    receivers = settings.alerting.receivers
    return {
        "receiver": NOBODY,
        "group_by": ["alertname", "service_name", "job"],
        "group_wait": WAIT[Severity.WARNING],
        "group_interval": "5m",
        "repeat_interval": REPEAT[Severity.WARNING],
        "routes": [
            {
                "matchers": [f'alertname="{WATCHDOG}"'],
                "receiver": HEARTBEAT if receivers.watchdog else NOBODY,
                "group_by": ["alertname"],
                "group_wait": "0s",
                "group_interval": HEARTBEAT_INTERVAL,
                "repeat_interval": HEARTBEAT_INTERVAL,
            },
            *_team_routes(settings),
            *_by_severity(settings, None),
        ],
    }


def _team_routes(settings: PlatformSettings) -> Iterator[dict[str, Any]]:
    """Alerts about a team's services; of what the team doesn't hear, the stack's ways do."""
    for team in settings.alerting.receivers.teams:
        theirs = team_services(settings.services, team)
        yield {
            "matchers": [f'service_name=~"{theirs}"'],
            "receiver": NOBODY,
            "routes": list(_by_severity(settings, team)),
        }


def _by_severity(settings: PlatformSettings, team: str | None) -> Iterator[dict[str, Any]]:
    receivers = settings.alerting.receivers
    for severity in Severity:
        receiver = severity.value if receivers.of(severity) else NOBODY
        if team is not None and receivers.teams[team].of(severity):
            receiver = team_receiver(team, severity)
        yield {
            "matchers": [f'severity="{severity.value}"'],
            "receiver": receiver,
            "group_wait": WAIT[severity],
            "repeat_interval": REPEAT[severity],
            **_muted(severity, settings.alerting.quiet_hours, settings.schedule),
        }


def _muted(severity: Severity, quiet: QuietHours | None, schedule: Schedule | None) -> dict[str, Any]:
    """Outside working hours nothing pages, as nothing is there; at night critical alerts do."""
    names = [QUIET] if quiet and severity is not Severity.CRITICAL else []
    names += [OUTSIDE_HOURS] if schedule else []
    return {"mute_time_intervals": names} if names else {}


def _time_intervals(quiet: QuietHours | None, schedule: Schedule | None) -> dict[str, Any]:
    intervals = [*([_quiet_hours(quiet)] if quiet else []), *([_outside_hours(schedule)] if schedule else [])]
    return {"time_intervals": intervals} if intervals else {}


def _inhibitions() -> list[dict[str, Any]]:
    """A label that neither alert has counts as equal, so each rule asks the source for it."""
    return [
        # With most of the platform gone, what its parts report is known or wrong.
        {
            "source_matchers": ['alertname="PlatformDown"'],
            "target_matchers": [f'alertname!~"PlatformDown|NodeNotReady|{WATCHDOG}"'],
            "equal": ["environment"],
        },
        _mutes('severity="critical"', 'severity=~"warning|info"', "service_name"),
        _mutes('alertname="NodeNotReady"', 'severity="warning"', "k8s_node_name"),
        _mutes('alertname="CollectorQueueFull"', 'alertname="CollectorQueueFilling"', "instance", "exporter"),
        _mutes('alertname="VolumeFull"', 'alertname="VolumeFilling"', "k8s_persistentvolumeclaim_name"),
        _mutes('alertname="CertificateAboutToExpire"', 'alertname="CertificateExpiring"', "namespace", "name"),
    ]


def _mutes(source: str, target: str, *equal: str) -> dict[str, Any]:
    return {
        "source_matchers": [source, *(f'{label}!=""' for label in equal)],
        "target_matchers": [target],
        "equal": list(equal),
    }


def _quiet_hours(quiet: QuietHours) -> dict[str, Any]:
    zone = {"location": quiet.time_zone}
    weekends = [{"weekdays": ["saturday", "sunday"], **zone}] if quiet.weekends else []
    return {
        "name": QUIET,
        "time_intervals": [
            *({"times": [{"start_time": start, "end_time": end}], **zone} for start, end in _spans(quiet)),
            *weekends,
        ],
    }


def _outside_hours(schedule: Schedule) -> dict[str, Any]:
    """Everything but the hours, and their first minutes, in which nodes and pods come."""
    zone, at_work = {"location": schedule.time_zone}, {day for entry in schedule.hours for day in entry.days}
    idle = [day.value for day in Weekday if day not in at_work]
    spans: list[dict[str, Any]] = [{"weekdays": idle, **zone}] if idle else []
    for entry in schedule.hours:
        days, ready = [day.value for day in entry.days], minutes_of(entry.start) + WARM_UP_MINUTES
        until = f"{ready // 60:02}:{ready % 60:02}" if ready < minutes_of(entry.end) else END_OF_DAY
        after = [] if until == END_OF_DAY else [{"start_time": entry.end, "end_time": END_OF_DAY}]
        spans.append({"weekdays": days, "times": [{"start_time": MIDNIGHT, "end_time": until}, *after], **zone})
    return {"name": OUTSIDE_HOURS, "time_intervals": spans}


def _spans(quiet: QuietHours) -> Iterator[tuple[str, str]]:
    """Alertmanager's ranges end at midnight at the latest."""
    if quiet.start < quiet.end:
        yield quiet.start, quiet.end
        return
    yield quiet.start, END_OF_DAY
    if quiet.end != MIDNIGHT:
        yield MIDNIGHT, quiet.end


def _heartbeat(url: str) -> dict[str, Any]:
    return {"name": HEARTBEAT, "webhook_configs": [{"url": url, "send_resolved": False}]}
