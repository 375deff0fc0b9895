"""Rules and receivers as Kubernetes objects, under the recording engine."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pulumi
import pytest
import yaml

from components.alerting import Alerting, AlertingArgs
from components.namespace import PlatformNamespace, PlatformNamespaceArgs
from settings.models.platform import PlatformSettings
from tests import ways
from tests.unit.recording import Graph, run_program
from tests.unit.telemetry.stores import S3
from tests.unit.telemetry.test_alertmanager import EVERYTHING, SECRETS

CONFIG_MAP, SECRET = "kubernetes:core/v1:ConfigMap", "kubernetes:core/v1:Secret"
CONFIG_MAP_BYTES = 1_048_576

Make = Callable[..., PlatformSettings]


@pytest.fixture(autouse=True)
def stack_secrets() -> Iterator[None]:
    """Secrets of the stack, as `pulumi config set --secret` leaves them."""
    keys = {f"lgtm:{key}": value for key, value in SECRETS.items()}
    pulumi.runtime.set_all_config(keys, list(keys))
    yield
    pulumi.runtime.set_all_config({})


def compose(settings: PlatformSettings, preview: bool = False) -> Graph:
    stack = settings.environment.value

    def program() -> Alerting:
        namespace = PlatformNamespace("namespace", PlatformNamespaceArgs(settings, S3, stack))
        return Alerting("alerting", AlertingArgs(settings, namespace, stack, None))

    return run_program(program, stack=stack, preview=preview)


@pytest.mark.parametrize("stack", ["dev", "staging", "prod"])
def test_rules_are_config_maps_that_the_rulers_mount(make_settings: Make, stack: str) -> None:
    settings = make_settings(stack)
    maps = {one.inputs["metadata"]["name"]: one for one in compose(settings).of(CONFIG_MAP)}
    assert set(maps) == {"mimir-rules", "loki-rules"}
    for one in maps.values():
        assert one.inputs["metadata"]["namespace"] == settings.namespace
        assert len(json.dumps(one.inputs["data"])) < CONFIG_MAP_BYTES
        for name, text in one.inputs["data"].items():
            assert name.endswith(".yaml")
            assert yaml.safe_load(text)["groups"]


def test_a_preview_shows_the_rules(make_settings: Make) -> None:
    graph = compose(make_settings("prod"), preview=True)
    data = graph.one(CONFIG_MAP, "mimir-rules").inputs["data"]
    assert "HighErrorRate" in data["services.yaml"]


def test_receivers_are_one_secret_whose_content_is_encrypted_in_the_state(make_settings: Make) -> None:
    graph = compose(make_settings("prod", alerting=EVERYTHING))
    secret = graph.one(SECRET, "mimir-alertmanager-config")
    assert secret.secret_inputs == {"stringData"}
    text = secret.inputs["stringData"]["anonymous.yaml"]
    for value in SECRETS.values():
        assert value in text
    others = [one for one in graph.resources if one is not secret]
    assert not any(value in json.dumps(one.inputs) for one in others for value in SECRETS.values())


def test_without_receivers_the_secret_holds_a_configuration_that_tells_nobody(make_settings: Make) -> None:
    secret = compose(make_settings("prod")).one(SECRET, "mimir-alertmanager-config")
    assert yaml.safe_load(secret.inputs["stringData"]["anonymous.yaml"])["receivers"] == [{"name": "nobody"}]


def test_a_receiver_without_its_secret_stops_the_program_with_the_command_to_run(make_settings: Make) -> None:
    keys = {"lgtm:alerting_slack_url": SECRETS["alerting_slack_url"]}
    pulumi.runtime.set_all_config(keys, list(keys))
    with pytest.raises(pulumi.RunError) as error:
        compose(make_settings("prod", alerting=EVERYTHING))
    assert str(error.value) == (
        "lgtm:alerting_email_password, lgtm:alerting_pagerduty_key, lgtm:alerting_webhook_url, "
        "lgtm:alerting_watchdog_url is missing and lgtm:platform.alerting.receivers asks for it: "
        "pulumi config set --secret lgtm:alerting_email_password"
    )


def test_secrets_that_no_receiver_needs_are_left_alone(make_settings: Make) -> None:
    settings = make_settings("prod", alerting={"receivers": {"critical": ["webhook"]}})
    secret = compose(settings).one(SECRET, "mimir-alertmanager-config")
    text = secret.inputs["stringData"]["anonymous.yaml"]
    assert SECRETS["alerting_webhook_url"] in text
    assert SECRETS["alerting_slack_url"] not in text


def test_silence_is_said_aloud(make_settings: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []

    def warn(message: str, resource: Any = None) -> None:
        said.append(message)

    monkeypatch.setattr(pulumi, "warn", warn)
    compose(make_settings("prod"))
    assert len(said) == 2
    assert all(one.startswith("lgtm:platform.alerting: ") for one in said)
    said.clear()
    compose(make_settings("prod", alerting=EVERYTHING))
    assert said == []


def set_secrets(changes: dict[str, str | None]) -> None:
    """As `pulumi config set --secret --path lgtm:alerting_teams.checkout.pagerduty_key` leaves them."""
    known = {key: value for key, value in (ways.SECRETS | changes).items() if value is not None}
    plain = {f"lgtm:{key}": value for key, value in known.items() if "." not in key}
    team = {key.rpartition(".")[2]: value for key, value in known.items() if key.startswith("alerting_teams.checkout.")}
    config = plain | ({"lgtm:alerting_teams": json.dumps({"checkout": team})} if team else {})
    pulumi.runtime.set_all_config(config, list(config))


def alertmanager_of(make_settings: Make) -> dict[str, Any]:
    settings = make_settings("prod", alerting=ways.EVERY_WAY, services=ways.SERVICES)
    secret = compose(settings).one(SECRET, "mimir-alertmanager-config")
    assert secret.secret_inputs == {"stringData"}
    found = yaml.safe_load(secret.inputs["stringData"]["anonymous.yaml"])
    return {one["name"]: one for one in found["receivers"]}


def test_a_team_is_paged_by_its_own_key_and_writes_by_the_stacks_hook(make_settings: Make) -> None:
    set_secrets({})
    receivers = alertmanager_of(make_settings)
    key = ways.SECRETS["alerting_teams.checkout.pagerduty_key"]
    assert receivers["team-checkout-critical"]["pagerduty_configs"][0]["routing_key"] == key
    (slack,) = receivers["team-checkout-warning"]["slack_configs"]
    assert (slack["channel"], slack["api_url"]) == ("#checkout", ways.SECRETS["alerting_slack_url"])
    assert receivers["team-search-warning"]["sns_configs"][0]["topic_arn"] == ways.TEAMS_TOPIC
    assert receivers["critical"]["pagerduty_configs"][0]["routing_key"] == ways.SECRETS["alerting_pagerduty_key"]


def test_a_team_without_a_key_of_its_own_takes_the_stacks(make_settings: Make) -> None:
    set_secrets({"alerting_teams.checkout.pagerduty_key": None})
    receivers = alertmanager_of(make_settings)
    key = ways.SECRETS["alerting_pagerduty_key"]
    assert receivers["team-checkout-critical"]["pagerduty_configs"][0]["routing_key"] == key


def test_a_teams_secret_that_nobody_has_is_named_with_its_path(make_settings: Make) -> None:
    receivers = {"teams": {"checkout": {"critical": ["msteams"]}}}
    settings = make_settings("prod", alerting={"receivers": receivers}, services=ways.SERVICES)
    set_secrets({"alerting_msteams_url": None})
    with pytest.raises(pulumi.RunError) as error:
        compose(settings)
    assert str(error.value).endswith("pulumi config set --secret --path lgtm:alerting_teams.checkout.msteams_url")
