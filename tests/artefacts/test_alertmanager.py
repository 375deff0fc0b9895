"""Alertmanager's own library judges the configuration and routes alerts, through amtool."""

import json
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest
import yaml

from settings.models.platform import PlatformSettings
from telemetry.alerting.alertmanager import alertmanager_text
from telemetry.alerting.rules.files import loki_groups, mimir_groups
from telemetry.alerting.rules.model import alerts
from telemetry.cost.planned import planned_cost
from tests.stacks import stack_settings
from tests.unit.telemetry.test_alertmanager import EVERYTHING, SECRETS, WORKING_HOURS


def amtool(*arguments: str) -> subprocess.CompletedProcess[str]:
    binary = shutil.which("amtool")
    assert binary is not None, "amtool is not on PATH"
    return subprocess.run([binary, *arguments], capture_output=True, text=True, check=False)


@cache
def prod_settings(alerting: str = "") -> PlatformSettings:
    return stack_settings("prod", **({"alerting": yaml.safe_load(alerting)} if alerting else {}))


def full_settings() -> PlatformSettings:
    return prod_settings(yaml.safe_dump(EVERYTHING))


def written(settings: PlatformSettings, secrets: dict[str, str], folder: Path) -> str:
    path = folder / "anonymous.yaml"
    path.write_text(alertmanager_text(settings, secrets), encoding="utf-8")
    return str(path)


@pytest.fixture
def config(tmp_path: Path) -> str:
    return written(full_settings(), SECRETS, tmp_path)


def receiver_of(config: str, **labels: str) -> str:
    result = amtool("config", "routes", "test", f"--config.file={config}", *(f"{k}={v}" for k, v in labels.items()))
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


def test_a_configuration_with_every_receiver_is_accepted(config: str) -> None:
    result = amtool("check-config", config)
    assert result.returncode == 0, result.stderr
    assert "5 receivers" in result.stdout
    assert "6 inhibit rules" in result.stdout


def test_each_alert_links_to_what_else_moved_in_its_minutes(config: str, tmp_path: Path) -> None:
    """With its service, from three quarters of an hour before its beginning to ten minutes after."""
    receivers = yaml.safe_load(Path(config).read_text(encoding="utf-8"))["receivers"]
    (slack,) = next(one["slack_configs"] for one in receivers if "slack_configs" in one)
    times = {"startsAt": "2026-11-28T14:05:00Z", "endsAt": "0001-01-01T00:00:00Z"}
    fired = [
        {"status": "firing", "labels": labels, "annotations": {}, **times} for labels in ({"service_name": "a"}, {})
    ]
    data = tmp_path / "data.json"
    data.write_text(json.dumps({"status": "firing", "alerts": fired}), encoding="utf-8")
    arguments = ("--template.glob=/dev/null", f"--template.data={data}", f"--template.text={slack['text']}")
    said = amtool("template", "render", *arguments)
    assert said.returncode == 0, said.stderr
    links = [line for line in said.stdout.splitlines() if line.startswith("What else moved: ")]
    page = "http://localhost:3000/d/lgtm-moved?"
    minutes = "from=1795872000000&to=1795875300000"
    assert links == [f"What else moved: {page}var-service=a&{minutes}", f"What else moved: {page}{minutes}"]


def test_a_configuration_with_working_hours_is_accepted(tmp_path: Path) -> None:
    settings = stack_settings("staging", schedule=WORKING_HOURS)
    result = amtool("check-config", written(settings, {}, tmp_path))
    assert result.returncode == 0, result.stderr


def test_the_default_configuration_is_accepted(tmp_path: Path) -> None:
    result = amtool("check-config", written(prod_settings(), {}, tmp_path))
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires"])
def test_time_zones_that_settings_accept_are_known_to_alertmanager(zone: str, tmp_path: Path) -> None:
    alerting = yaml.safe_dump({"quiet_hours": {"time_zone": zone}})
    result = amtool("check-config", written(prod_settings(alerting), {}, tmp_path))
    assert result.returncode == 0, result.stderr


def test_a_broken_configuration_is_refused(tmp_path: Path) -> None:
    secrets = SECRETS | {"alerting_slack_url": "not a url"}
    assert amtool("check-config", written(full_settings(), secrets, tmp_path)).returncode != 0


@pytest.mark.parametrize(
    ("labels", "receiver"),
    [
        ({"alertname": "HighErrorRate", "severity": "critical"}, "critical"),
        ({"alertname": "HighResponseTime", "severity": "warning"}, "warning"),
        ({"alertname": "Anything", "severity": "info"}, "info"),
        ({"alertname": "Watchdog", "severity": "info"}, "watchdog"),
        ({"alertname": "Watchdog", "severity": "critical"}, "watchdog"),
        ({"alertname": "SomebodyElses", "severity": "page"}, "nobody"),
        ({"alertname": "WithoutSeverity"}, "nobody"),
    ],
)
def test_alerts_go_where_their_severity_says(config: str, labels: dict[str, str], receiver: str) -> None:
    assert receiver_of(config, **labels) == receiver


def test_every_alert_of_the_platform_reaches_somebody(config: str) -> None:
    settings = full_settings()
    groups = [
        group for topic in mimir_groups(settings, planned_cost(settings, "prod", None)).values() for group in topic
    ]
    for alert in alerts([*groups, *loki_groups(settings)]):
        found = receiver_of(config, alertname=alert.alert, severity=alert.severity.value, service_name="api-gateway")
        assert found == ("watchdog" if alert.alert == "Watchdog" else alert.severity.value)


def test_without_receivers_alerts_go_to_nobody(tmp_path: Path) -> None:
    path = written(prod_settings(), {}, tmp_path)
    for severity in ("critical", "warning", "info"):
        assert receiver_of(path, alertname="HighErrorRate", severity=severity) == "nobody"
    assert receiver_of(path, alertname="Watchdog", severity="info") == "nobody"
