"""Objectives, receivers and quiet hours as people write them."""

from typing import Any

import pytest

from settings.document.loader import parse_settings, unknown_key_problems
from settings.document.messages import SettingsError
from settings.models.slos import LATENCY_BOUNDARIES_MS
from telemetry.collector.gateway import DURATION_BUCKETS
from tests.unit.settings.documents import changed


def problems(changes: dict[str, Any]) -> str:
    with pytest.raises(SettingsError) as error:
        parse_settings(changed("prod", changes), stack="prod")
    (line,) = error.value.problems
    return line


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        (
            {"slos.critical.latency_threshold_ms": 300},
            "lgtm:platform.slos.critical.latency_threshold_ms: got 300; accepted: 5, 10, 25, 50, 100, 250, 500, 1000, "
            "2000, 5000, 10000",
        ),
        (
            {"slos.critical.availability_percent": 100},
            "lgtm:platform.slos.critical.availability_percent: got 100; too large; accepted: a number from 50 to "
            "99.999",
        ),
        (
            {"slos.services.shop.latency_percent": 99},
            "lgtm:platform.slos.services.shop: got a table with the keys latency_percent; no service has this name; "
            "accepted: api-gateway, order-processing",
        ),
        (
            {"alerting.receivers.critical": ["slack"]},
            "lgtm:platform.alerting.receivers: slack is asked for and its table slack is missing; describe it or take "
            "it out",
        ),
        (
            {"alerting.receivers.critical": ["pager"]},
            'lgtm:platform.alerting.receivers.critical[0]: got "pager"; did you mean pagerduty? accepted: slack, '
            "email, "
            "pagerduty, webhook, msteams, opsgenie, discord, telegram, sns",
        ),
        (
            {"alerting.receivers.slack": {"channel": "alerts"}},
            'lgtm:platform.alerting.receivers.slack.channel: got "alerts"; not of that form; accepted: a channel\'s '
            "name "
            "with its #",
        ),
        (
            {"alerting.quiet_hours.time_zone": "Europe/Berlni"},
            'lgtm:platform.alerting.quiet_hours.time_zone: got "Europe/Berlni"; no such time zone; accepted: the name '
            "of "
            "a time zone of the IANA database, such as Europe/Berlin, or UTC",
        ),
        (
            {"alerting.quiet_hours.start": "9:00"},
            'lgtm:platform.alerting.quiet_hours.start: got "9:00"; not of that form; accepted: a time of day, such as '
            "22:00",
        ),
        (
            {"alerting.runbook_base_url": "docs.acme.io"},
            'lgtm:platform.alerting.runbook_base_url: got "docs.acme.io"; not of that form; accepted: a URL that '
            "starts "
            "with http:// or https://",
        ),
    ],
)
def test_wrong_values_are_named_with_what_is_accepted(changes: dict[str, Any], line: str) -> None:
    assert problems(changes) == line


def test_quiet_hours_of_no_length_are_refused() -> None:
    line = problems({"alerting.quiet_hours.start": "07:00"})
    assert "start and end are both 07:00; quiet_hours: null turns quiet hours off" in line


def test_quiet_hours_can_be_turned_off() -> None:
    assert parse_settings(changed("prod", {"alerting.quiet_hours": None}), stack="prod").alerting.quiet_hours is None


def test_a_services_own_objectives_are_laid_over_its_tiers() -> None:
    settings = parse_settings(changed("prod", {"slos.services.api-gateway.latency_threshold_ms": 250}), stack="prod")
    gateway, orchestrator = settings.services
    assert settings.slos.of(gateway).latency_threshold_ms == 250
    assert settings.slos.of(gateway).availability_percent == 99.9
    assert settings.slos.of(orchestrator) == settings.slos.standard


def test_objectives_are_counted_at_boundaries_of_the_gateways_histogram() -> None:
    assert [f"{ms}ms" for ms in LATENCY_BOUNDARIES_MS] == DURATION_BUCKETS


def test_receivers_secrets_are_keys_that_are_known() -> None:
    keys = ["lgtm:alerting_slack_url", "lgtm:alerting_watchdog_url", "lgtm:alerting_slak_url"]
    (line,) = unknown_key_problems(keys)
    assert line.startswith("lgtm:alerting_slak_url: there is no such key")
