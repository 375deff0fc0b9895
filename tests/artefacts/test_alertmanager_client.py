"""amtool, Alertmanager's own client, beside ours: the same silence has the same body, and shipped routes take the test
alert to its severity's receiver."""

import json
from pathlib import Path
from typing import Any

import pytest

from ops.backends import http
from settings.models.receivers import Severity
from tests.artefacts.test_alertmanager import amtool, full_settings, receiver_of, written
from tests.live_servers import Platform, running_platform
from tests.unit.ops.running import run
from tests.unit.ops.test_alerts_command import API, AlertmanagerServer
from tests.unit.telemetry.test_alertmanager import SECRETS

MATCHERS = ("alertname=~Volume.*", "service_name!=check out", r'namespace!~"\d+\\.\"x"', "severity=warning")


def operate(platform: Platform, *command: str) -> None:
    endpoints = [part for one in platform.endpoints for part in ("--endpoint", one)]
    ran = run("alerts", *command, "--stack", "staging", *endpoints)
    assert ran.code == 0, ran.err


def without_times(silence: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in silence.items() if key not in ("id", "startsAt", "endsAt")}


def test_a_silence_is_what_amtool_would_send_and_amtool_reads_it() -> None:
    with running_platform() as platform:
        kept = AlertmanagerServer(platform).silences
        options = [part for one in MATCHERS for part in ("--matcher", one)]
        operate(platform, "silence", *options, "--for", "2h", "--comment", "why", "--apply")
        address = f"--alertmanager.url={platform.mimir.url}{API.removesuffix('/api/v2')}"
        added = amtool(address, "silence", "add", "--comment=why", "--duration=2h", *MATCHERS)
        assert added.returncode == 0, added.stderr
        ours, theirs = kept.values()
        assert without_times(ours) == without_times(theirs)
        listed = amtool(address, "silence", "query", "--output=json")
        assert {one["id"] for one in json.loads(listed.stdout)} == set(kept), listed.stderr


@pytest.mark.parametrize("severity", Severity)
def test_the_test_alert_reaches_the_receiver_of_its_severity(
    severity: Severity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "pause", lambda seconds: None)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    with running_platform() as platform:
        alertmanager = AlertmanagerServer(platform)
        operate(platform, "test", "--severity", severity.value)
        labels = alertmanager.posted[0]["labels"]
    assert receiver_of(written(full_settings(), SECRETS, tmp_path), **labels) == severity.value
