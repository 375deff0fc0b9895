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
