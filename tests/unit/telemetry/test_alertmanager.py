"""Alertmanager's configuration as data, and which alerts mute which others."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import yaml

from settings.models.platform import PlatformSettings
from telemetry.alerting.alertmanager import alertmanager_config, alertmanager_text

Make = Callable[..., PlatformSettings]

SECRETS = {
    "alerting_slack_url": "https://hooks.slack.com/services/T/B/secret",
    "alerting_email_password": "mail-secret",
    "alerting_pagerduty_key": "0123456789abcdef0123456789abcdef",
    "alerting_webhook_url": "https://hooks.acme.io/alerts",
    "alerting_watchdog_url": "https://beats.acme.io/1",
}
EVERYTHING: dict[str, Any] = {
    "quiet_hours": {"time_zone": "Europe/Berlin", "start": "21:30", "end": "06:00", "weekends": True},
    "receivers": {
        "critical": ["pagerduty", "slack"],
        "warning": ["slack", "email"],
        "info": ["webhook"],
        "watchdog": True,
        "slack": {"channel": "#alerts"},
        "email": {
            "to": "team@acme.io",
            "sender": "lgtm@acme.io",
            "smarthost": "smtp.acme.io:587",
            "username": "lgtm",
        },
    },
}


@pytest.fixture
def full(make_settings: Make) -> dict[str, Any]:
    return alertmanager_config(make_settings("prod", alerting=EVERYTHING), SECRETS)


def route_of(config: dict[str, Any], severity: str) -> dict[str, Any]:
    return next(route for route in config["route"]["routes"] if route["matchers"] == [f'severity="{severity}"'])


def test_each_severity_goes_its_ways(full: dict[str, Any]) -> None:
    ways = {receiver["name"]: {key for key in receiver if key != "name"} for receiver in full["receivers"]}
    assert ways == {
        "nobody": set(),
        "critical": {"pagerduty_configs", "slack_configs"},
        "warning": {"slack_configs", "email_configs"},
        "info": {"webhook_configs"},
        "watchdog": {"webhook_configs"},
    }
    for severity in ("critical", "warning", "info"):
        assert route_of(full, severity)["receiver"] == severity


def test_critical_alerts_know_no_quiet_hours(full: dict[str, Any]) -> None:
    assert "mute_time_intervals" not in route_of(full, "critical")
    assert route_of(full, "warning")["mute_time_intervals"] == ["quiet-hours"]
    assert route_of(full, "info")["mute_time_intervals"] == ["quiet-hours"]


def test_quiet_hours_over_midnight_are_two_ranges_in_the_stacks_zone(full: dict[str, Any]) -> None:
    (interval,) = full["time_intervals"]
    assert interval == {
        "name": "quiet-hours",
        "time_intervals": [
            {"times": [{"start_time": "21:30", "end_time": "24:00"}], "location": "Europe/Berlin"},
            {"times": [{"start_time": "00:00", "end_time": "06:00"}], "location": "Europe/Berlin"},
            {"weekdays": ["saturday", "sunday"], "location": "Europe/Berlin"},
        ],
    }


@pytest.mark.parametrize(
    ("start", "end", "ranges"),
    [
        ("01:00", "05:00", [("01:00", "05:00")]),
        ("20:00", "00:00", [("20:00", "24:00")]),
        ("00:00", "07:00", [("00:00", "07:00")]),
    ],
)
def test_quiet_hours_within_a_day_are_one_range(
    make_settings: Make, start: str, end: str, ranges: list[tuple[str, str]]
) -> None:
    quiet = {"time_zone": "UTC", "start": start, "end": end, "weekends": False}
    config = alertmanager_config(make_settings("prod", alerting={"quiet_hours": quiet}), {})
    found = config["time_intervals"][0]["time_intervals"]
    assert [(one["times"][0]["start_time"], one["times"][0]["end_time"]) for one in found] == ranges


def test_no_quiet_hours_leave_nothing_to_refer_to(make_settings: Make) -> None:
    config = alertmanager_config(make_settings("prod", alerting={"quiet_hours": None}), {})
    assert "time_intervals" not in config
    assert "mute_time_intervals" not in str(config)


def test_without_receivers_everything_goes_to_nobody_and_the_owner_is_told(make_settings: Make) -> None:
    settings = make_settings("prod")
    config = alertmanager_config(settings, {})
    assert config["receivers"] == [{"name": "nobody"}]
    assert {route["receiver"] for route in config["route"]["routes"]} == {"nobody"}
    told = list(settings.alerting.unheard())
    assert len(told) == 2
    assert "critical, warning, info" in told[0]
    assert "watchdog" in told[1]


def test_with_all_receivers_nobody_has_to_be_told(make_settings: Make) -> None:
    assert list(make_settings("prod", alerting=EVERYTHING).alerting.unheard()) == []


def test_the_watchdog_beats_every_minute_and_is_never_resolved(full: dict[str, Any]) -> None:
    route = full["route"]["routes"][0]
    assert route["matchers"] == ['alertname="Watchdog"']
    assert (route["receiver"], route["repeat_interval"], route["group_interval"]) == ("watchdog", "1m", "1m")
    (receiver,) = (receiver for receiver in full["receivers"] if receiver["name"] == "watchdog")
    assert receiver["webhook_configs"] == [{"url": SECRETS["alerting_watchdog_url"], "send_resolved": False}]


def test_messages_lead_to_runbook_and_dashboard(full: dict[str, Any]) -> None:
    (slack,) = next(receiver for receiver in full["receivers"] if receiver["name"] == "critical")["slack_configs"]
    assert "{{ .Annotations.runbook_url }}" in slack["text"]
    assert "/d/{{ .Annotations.dashboard_uid }}" in slack["text"]
    assert slack["channel"] == "#alerts"


def test_a_way_that_is_named_twice_is_one_way(make_settings: Make) -> None:
    receivers = {"critical": ["webhook", "webhook"]}
    config = alertmanager_config(make_settings("prod", alerting={"receivers": receivers}), SECRETS)
    assert len(config["receivers"][1]["webhook_configs"]) == 1


def test_the_text_reads_back_as_the_configuration(make_settings: Make) -> None:
    settings = make_settings("prod", alerting=EVERYTHING)
    assert yaml.safe_load(alertmanager_text(settings, SECRETS)) == alertmanager_config(settings, SECRETS)


def matches(matchers: list[str], labels: Mapping[str, str]) -> bool:
    """Alertmanager's matching: a label that isn't there is the empty text."""
    operators: Mapping[str, Callable[[str, str], bool]] = {
        "=": lambda value, wanted: value == wanted,
        "!=": lambda value, wanted: value != wanted,
        "=~": lambda value, wanted: re.fullmatch(wanted, value) is not None,
        "!~": lambda value, wanted: re.fullmatch(wanted, value) is None,
    }
    parts = [re.fullmatch(r'(\w+)(!=|=~|!~|=)"(.*)"', matcher) for matcher in matchers]
    return all(part is not None and operators[part[2]](labels.get(part[1], ""), part[3]) for part in parts)


def muted(config: dict[str, Any], source: Mapping[str, str], target: Mapping[str, str]) -> bool:
    """Whether one firing alert mutes another, as Alertmanager documents `inhibit_rules`."""
    return any(
        matches(rule["source_matchers"], source)
        and matches(rule["target_matchers"], target)
        and not (matches(rule["source_matchers"], target) and matches(rule["target_matchers"], source))
        and all(source.get(label, "") == target.get(label, "") for label in rule["equal"])
        for rule in config["inhibit_rules"]
    )


def alert(alertname: str, severity: str, /, **labels: str) -> dict[str, str]:
    return {"alertname": alertname, "severity": severity, "environment": "prod", **labels}


CRITICAL = alert("HighErrorRate", "critical", service_name="api-gateway")
DOWN = alert("PlatformDown", "critical")
FULL = alert("CollectorQueueFull", "critical", instance="g-0", exporter="otlp_http/loki", job="collector-gateway")
NODE = alert("NodeNotReady", "critical", k8s_node_name="n-1")


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        (CRITICAL, alert("HighResponseTime", "warning", service_name="api-gateway"), True),
        (CRITICAL, alert("HighResponseTime", "warning", service_name="web-search"), False),
        (CRITICAL, alert("SloBudgetBurningFast", "critical", service_name="api-gateway"), False),
        # Neither has a service: that doesn't make them the same one.
        (DOWN | {"alertname": "AlertsNotDelivered"}, alert("StorageGrowthHigh", "warning"), False),
        (DOWN, alert("PlatformTargetDown", "warning", instance="loki-0", service_name="loki"), True),
        (DOWN, alert("LokiWritesFailing", "critical"), True),
        (DOWN, NODE, False),
        (DOWN, alert("Watchdog", "info"), False),
        (DOWN, DOWN, False),
        (DOWN, alert("LokiWritesFailing", "critical") | {"environment": "staging"}, False),
        (NODE, alert("NodeUnderPressure", "warning", k8s_node_name="n-1"), True),
        (NODE, alert("NodeUnderPressure", "warning", k8s_node_name="n-2"), False),
        (NODE, alert("BudgetBurnHigh", "warning"), False),
        (FULL, FULL | {"alertname": "CollectorQueueFilling", "severity": "warning"}, True),
        (FULL, FULL | {"alertname": "CollectorQueueFilling", "severity": "warning", "exporter": "x"}, False),
        (
            alert("VolumeFull", "critical", k8s_persistentvolumeclaim_name="data-0"),
            alert("VolumeFilling", "warning", k8s_persistentvolumeclaim_name="data-0"),
            True,
        ),
        (
            alert("CertificateAboutToExpire", "critical", namespace="monitoring", name="loki"),
            alert("CertificateExpiring", "warning", namespace="monitoring", name="tempo"),
            False,
        ),
    ],
)
def test_what_mutes_what(full: dict[str, Any], source: dict[str, str], target: dict[str, str], expected: bool) -> None:
    assert muted(full, source, target) is expected


WORKING_HOURS: dict[str, Any] = {
    "time_zone": "Europe/Berlin",
    "hours": [
        {"days": ["monday", "tuesday", "wednesday", "thursday"], "start": "07:00", "end": "19:00"},
        {"days": ["friday"], "start": "08:00", "end": "15:30"},
    ],
}


def test_outside_working_hours_nothing_pages(make_settings: Make) -> None:
    config = alertmanager_config(
        make_settings("staging", schedule=WORKING_HOURS, alerting={**EVERYTHING, "receivers": {"watchdog": False}}),
        SECRETS,
    )
    intervals = {one["name"]: one["time_intervals"] for one in config["time_intervals"]}
    zone = {"location": "Europe/Berlin"}
    assert intervals["outside-working-hours"] == [
        {"weekdays": ["saturday", "sunday"], **zone},
        {
            "weekdays": ["monday", "tuesday", "wednesday", "thursday"],
            # Half an hour later, when all has come.
            "times": [
                {"start_time": "00:00", "end_time": "07:30"},
                {"start_time": "19:00", "end_time": "24:00"},
            ],
            **zone,
        },
        {
            "weekdays": ["friday"],
            "times": [
                {"start_time": "00:00", "end_time": "08:30"},
                {"start_time": "15:30", "end_time": "24:00"},
            ],
            **zone,
        },
    ]
    assert route_of(config, "critical")["mute_time_intervals"] == ["outside-working-hours"]
    assert route_of(config, "info")["mute_time_intervals"] == ["quiet-hours", "outside-working-hours"]


def test_hours_shorter_than_their_warm_up_are_mute_as_a_whole(make_settings: Make) -> None:
    schedule = {"time_zone": "UTC", "hours": [{"days": ["monday"], "start": "07:00", "end": "07:20"}]}
    config = alertmanager_config(make_settings("dev", schedule=schedule), SECRETS)
    (interval,) = (one for one in config["time_intervals"] if one["name"] == "outside-working-hours")
    assert interval["time_intervals"][1]["times"] == [{"start_time": "00:00", "end_time": "24:00"}]
