"""Other back ends: what reaches them has been redacted, each has a queue of its own, and no secret is in the text."""

import json
from typing import Any

import pytest

from planning.retention import Signal
from settings.models.destinations import KINDS, SENT, DestinationKind
from settings.models.platform import PlatformSettings
from telemetry.charts.collector import gateway_values
from telemetry.collector.gateway import QUEUE_MIB, gateway_config
from telemetry.collector.redaction import REDACTORS
from telemetry.kubernetes.network_policies import platform_policies
from telemetry.kubernetes.placement import placement_for
from telemetry.local.addresses import LocalEndpoints
from telemetry.local.collector import collector_file
from tests.network_flows import Engine, Peer, allowed
from tests.stacks import NAMES, stack_settings
from tests.unit.telemetry.stores import S3

VENDORS = [kind for kind, facts in KINDS.items() if facts.header]


def vendor(kind: str = "otlp_http", **changes: Any) -> dict[str, Any]:
    name = kind.replace("_", "-")
    signals = list(KINDS[DestinationKind(kind)].signals)
    endpoint = "https://intake.example.com"
    secret = {"name": f"{name}-credential"}
    return {"name": name, "kind": kind, "endpoint": endpoint, "signals": signals, "secret": secret, **changes}


EVERY = [vendor(kind.value) for kind in DestinationKind]


def settings_of(*destinations: dict[str, Any], stack: str = "prod") -> PlatformSettings:
    return stack_settings(stack, destinations=list(destinations))


@pytest.mark.parametrize("stack", NAMES)
def test_every_way_to_a_destination_leads_through_redaction(stack: str) -> None:
    pipelines = gateway_config(settings_of(*EVERY, stack=stack)).pipelines
    for name, pipeline in pipelines.items():
        handed_over = [exporter for exporter in pipeline.exporters if exporter.startswith("forward/to-")]
        assert not handed_over or set(REDACTORS) <= set(pipeline.processors), name
        if "/to-" in name:
            assert all(receiver.startswith("forward/to-") for receiver in pipeline.receivers), name


def test_each_signal_leaves_where_it_is_asked_for_and_is_kept_here_too() -> None:
    pipelines = gateway_config(settings_of(vendor(signals=["logs"]))).pipelines
    assert pipelines["logs"].exporters == ("forward/to-otlp-http", "otlp_http/loki")
    assert pipelines["traces/sampled"].exporters == ("otlp_grpc/tempo",)
    assert [name for name in pipelines if "/to-" in name] == ["logs/to-otlp-http"]


def test_each_destination_has_a_queue_of_its_own_and_the_pod_room_for_all() -> None:
    settings = settings_of(*EVERY)
    exporters = {name: one for name, one in gateway_config(settings).exporters.items() if "/to-" in name}
    assert len(exporters) == len(EVERY)
    queues = {name: one["sending_queue"] for name, one in exporters.items() if "remotewrite" not in name}
    assert {one["storage"] for one in queues.values()} == {"file_storage"}
    assert not [name for name, one in queues.items() if "block_on_overflow" in one], "a full one would hold others back"
    for one in settings.destinations:
        size = next((queue["queue_size"] for name, queue in queues.items() if name.endswith(f"/to-{one.name}")), 0)
        assert size * len(one.signals) <= QUEUE_MIB * 1024 * 1024
    volumes = gateway_values(settings, placement_for(settings, "prod")).extra_volumes or []
    (state,) = (volume["emptyDir"]["sizeLimit"] for volume in volumes if volume["name"] == "state")
    assert state == f"{(3 + len(EVERY) + 1) * QUEUE_MIB}Mi"


@pytest.mark.parametrize("kind", VENDORS)
def test_a_credential_is_named_and_never_known(kind: DestinationKind) -> None:
    settings = settings_of(vendor(kind.value))
    (exporter,) = (one for name, one in gateway_config(settings).exporters.items() if "/to-" in name)
    variable = f"LGTM_DESTINATION_{kind.value.upper()}"
    assert exporter["headers"] == {KINDS[kind].header: f"{KINDS[kind].prefix}${{env:{variable}}}"}
    environment = gateway_values(settings, placement_for(settings, "prod")).extra_envs or []
    (ours,) = (one for one in environment if one["name"] == variable)
    reference = {"name": f"{kind.value.replace('_', '-')}-credential", "key": "credential", "optional": True}
    assert ours == {"name": variable, "valueFrom": {"secretKeyRef": reference}}


def test_a_header_of_ones_own_carries_the_secret_as_it_is() -> None:
    own = vendor(header="X-Intake-Key", headers=[{"name": "X-Scope-OrgID", "value": "$acme"}])
    (exporter,) = (one for name, one in gateway_config(settings_of(own)).exporters.items() if "/to-" in name)
    # The collector expands a dollar sign; two are a literal one.
    assert exporter["headers"] == {"X-Scope-OrgID": "$$acme", "X-Intake-Key": "${env:LGTM_DESTINATION_OTLP_HTTP}"}


def test_without_destinations_nothing_is_different() -> None:
    document = json.dumps(gateway_config(stack_settings("prod")).document())
    assert "/to-" not in document
    assert not gateway_config(stack_settings("prod")).arguments


def test_on_a_laptop_nothing_is_sent_elsewhere() -> None:
    settings = settings_of(*EVERY)
    endpoints = LocalEndpoints(namespace=settings.namespace)
    assert "/to-" not in json.dumps(collector_file(settings, endpoints))


def test_what_every_kind_takes_is_said() -> None:
    assert set(KINDS) == set(DestinationKind)
    for kind, facts in KINDS.items():
        assert facts.signals
        assert set(facts.signals) == set(SENT) or facts.refused, kind
        assert Signal.PROFILES not in facts.signals


@pytest.mark.parametrize("engine", list(Engine))
@pytest.mark.parametrize(
    ("changes", "open_to", "closed_to"),
    [
        ({}, ("34.1.2.3", 443), [("34.1.2.3", 4317), ("169.254.169.254", 443)]),
        ({"endpoint": "https://intake.example.com:4318"}, ("34.1.2.3", 4318), [("34.1.2.3", 443)]),
        ({"cidrs": ["34.1.2.0/24"]}, ("34.1.2.3", 443), [("34.1.3.3", 443), ("34.1.2.3", 80)]),
    ],
)
def test_the_gateway_alone_reaches_it_at_its_port(
    engine: Engine, changes: dict[str, Any], open_to: tuple[str, int], closed_to: list[tuple[str, int]]
) -> None:
    settings = settings_of(vendor(**changes))
    policies = {settings.namespace: platform_policies(settings, S3, "agents")}
    gateway, grafana = (
        Peer(name, "10.22.1.7", settings.namespace, {"app.kubernetes.io/instance": name})
        for name in ("collector-gateway", "grafana")
    )
    target, port = open_to
    assert allowed(policies, gateway, Peer("vendor", target), port, engine=engine)
    assert not allowed(policies, grafana, Peer("vendor", target), port, engine=engine)
    for target, port in closed_to:
        assert not allowed(policies, gateway, Peer("elsewhere", target), port, engine=engine)


def test_a_service_of_the_cluster_is_reached_in_its_namespace_alone() -> None:
    settings = settings_of(vendor(endpoint="http://collector.shop.svc.cluster.local:4318", secret=None))
    policies = {settings.namespace: platform_policies(settings, S3, "agents")}
    gateway = Peer("gateway", "10.22.1.7", settings.namespace, {"app.kubernetes.io/instance": "collector-gateway"})
    for namespace, reached in (("shop", True), ("elsewhere", False)):
        target = Peer("collector", "10.22.1.9", namespace)
        assert allowed(policies, gateway, target, 4318, engine=Engine.CALICO) is reached
