"""Every way to people, and teams of their own, judged by Alertmanager's own library through amtool."""

import json
from pathlib import Path

import pytest

from settings.models.platform import PlatformSettings
from settings.models.receivers import ReceiverKind
from telemetry.alerting.alertmanager import alertmanager_config
from telemetry.alerting.receivers import PRIORITY, TITLE
from tests.artefacts.test_alertmanager import amtool, receiver_of, written
from tests.stacks import stack_settings
from tests.ways import EVERY_WAY, SECRETS, SERVICES


@pytest.fixture(scope="module")
def settings() -> PlatformSettings:
    return stack_settings("prod", alerting=EVERY_WAY, services=SERVICES)


@pytest.fixture(scope="module")
def config(settings: PlatformSettings, tmp_path_factory: pytest.TempPathFactory) -> str:
    return written(settings, SECRETS, tmp_path_factory.mktemp("ways"))


def test_a_configuration_with_every_way_and_two_teams_is_accepted(config: str) -> None:
    result = amtool("check-config", config)
    assert result.returncode == 0, result.stderr
    # nobody, three severities, three of teams, the watchdog
    assert "8 receivers" in result.stdout


def test_every_way_is_in_it(settings: PlatformSettings) -> None:
    found = {key for one in alertmanager_config(settings, SECRETS)["receivers"] for key in one if key != "name"}
    assert found == {f"{'msteamsv2' if kind is ReceiverKind.MSTEAMS else kind.value}_configs" for kind in ReceiverKind}


@pytest.mark.parametrize(
    ("secret", "value"),
    [
        ("alerting_msteams_url", "no url"),
        ("alerting_discord_url", "no url"),
        ("alerting_opsgenie_key", ""),
        ("alerting_telegram_token", ""),
    ],
)
def test_amtool_looks_at_what_the_new_ways_hold(
    secret: str, value: str, settings: PlatformSettings, tmp_path: Path
) -> None:
    path = written(settings, SECRETS | {secret: value}, tmp_path)
    assert amtool("check-config", path).returncode != 0


@pytest.mark.parametrize(
    ("service", "severity", "receiver"),
    [
        ("api-gateway", "critical", "team-checkout-critical"),
        ("worker", "warning", "team-checkout-warning"),
        # What a team doesn't say is the stack's.
        ("worker", "info", "info"),
        ("search", "critical", "critical"),
        ("search", "warning", "team-search-warning"),
        ("nobodys", "critical", "critical"),
        # A name that only begins alike is another service's.
        ("api-gateway-2", "critical", "critical"),
        ("api-gateway", "page", "nobody"),
    ],
)
def test_teams_hear_of_their_own_services(service: str, severity: str, receiver: str, config: str) -> None:
    assert receiver_of(config, alertname="HighErrorRate", service_name=service, severity=severity) == receiver


def test_alerts_of_no_service_and_the_watchdog_are_the_stacks(config: str) -> None:
    assert receiver_of(config, alertname="NodeNotReady", severity="critical") == "critical"
    assert receiver_of(config, alertname="Watchdog", severity="info", service_name="worker") == "watchdog"


@pytest.mark.parametrize(("severity", "priority"), [("critical", "P1"), ("warning", "P3"), ("info", "P5")])
def test_templates_render(severity: str, priority: str, tmp_path: Path) -> None:
    labels = {"alertname": "VolumeFull", "severity": severity}
    alert = {"status": "firing", "labels": labels, "annotations": {}}
    (tmp_path / "empty.tmpl").write_text('{{ define "unused" }}{{ end }}')
    (tmp_path / "data.json").write_text(json.dumps({"status": "firing", "commonLabels": labels, "alerts": [alert]}))
    result = amtool(
        "template", "render", f"--template.glob={tmp_path}/*.tmpl", f"--template.data={tmp_path}/data.json",
        f"--template.text={PRIORITY} {TITLE}",
    )  # fmt: skip
    assert result.stdout.strip() == f"{priority} [FIRING] {severity}: VolumeFull (1)", result.stderr
