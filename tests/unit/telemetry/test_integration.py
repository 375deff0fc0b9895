"""Snippets for services: what they say and for whom; that they work is tested with real SDKs."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from planning.sampling_advice import USABLE_MEMORY_SHARE, Sampler, span_queue_size
from settings.models.platform import PlatformSettings
from settings.models.services import Language, Service
from telemetry.collector.config import memory_limiter
from telemetry.collector.gateway import DECISION_WAIT
from telemetry.integration.deployment import DOWNWARD
from telemetry.integration.environment import OTHER_SPAN_DELAY_MS, SPAN_DELAY_MS
from telemetry.integration.sampling import stack_advice
from telemetry.integration.snippets import CODE_KINDS, Kind, kinds_for, snippets_for
from telemetry.integration.sources import FASTAPI_PACKAGES, FILES, GO_MODULES, PYTHON_PACKAGES, SOURCES
from telemetry.kubernetes.endpoints import Endpoints

Make = Callable[..., PlatformSettings]
PINNED = Path(__file__).resolve().parents[2] / "data" / "integration"
# The slowest export after the delay, and a second of batching in the agent.
MARGIN_SECONDS = 5


def services(*languages: Language) -> list[dict[str, Any]]:
    return [
        {"name": f"{language}-service", "language": language.value, "port": 8000 + number, "tier": "standard"}
        for number, language in enumerate(languages)
    ]


@pytest.fixture
def everyone(make_settings: Make) -> PlatformSettings:
    """One service in each language."""
    return make_settings("prod", services=services(*Language))


def texts(settings: PlatformSettings, service: Service, rate: float | None = None) -> dict[str, str]:
    advice = stack_advice(settings, {} if rate is None else {service.name: rate}).of(service.name)
    return {one.file: one.text for one in snippets_for(settings, service, advice)}


def patch_env(text: str) -> dict[str, Any]:
    (container,) = yaml.safe_load(text)["spec"]["template"]["spec"]["containers"]
    return {
        entry["name"]: entry.get("value") or entry["valueFrom"]["fieldRef"]["fieldPath"] for entry in container["env"]
    }


def exported(text: str) -> dict[str, str]:
    return dict(re.findall(r'^export (\w+)="(.*)"$', text, re.MULTILINE))


def test_every_language_has_environment_logs_and_patch_and_two_have_code(everyone: PlatformSettings) -> None:
    common = {"environment.sh", "logs.md", "deployment-patch.yaml"}
    for service in everyone.services:
        assert set(texts(everyone, service)) == common | set(FILES.get(service.language, {}))
    assert kinds_for(Language.JAVA) == (Kind.ENV, Kind.LOGS, Kind.KUBERNETES)
    assert set(FILES) == set(CODE_KINDS.values())


def test_no_placeholder_is_left_and_no_source_is_forgotten(everyone: PlatformSettings) -> None:
    for service in everyone.services:
        for file, text in texts(everyone, service).items():
            assert not re.search(r"__[A-Z_]+__", text), file
    assert {f"{file}.txt" for files in FILES.values() for file in files} == {path.name for path in SOURCES.iterdir()}


@pytest.mark.parametrize("environment", ["dev", "staging", "prod"])
def test_services_send_to_the_agents_of_their_stack(environment: str, make_settings: Make) -> None:
    settings = make_settings(environment, services=services(*Language))
    endpoints = Endpoints.of(settings)
    for service in settings.services:
        env = patch_env(texts(settings, service)["deployment-patch.yaml"])
        expected = {"grpc": endpoints.otlp_grpc, "http/protobuf": endpoints.otlp_http}
        assert env["OTEL_EXPORTER_OTLP_ENDPOINT"] == expected[env["OTEL_EXPORTER_OTLP_PROTOCOL"]]
        assert f"deployment.environment.name={environment}" in env["OTEL_RESOURCE_ATTRIBUTES"]


def test_published_intervals(everyone: PlatformSettings) -> None:
    found = {one.language: exported(texts(everyone, one)["environment.sh"]) for one in everyone.services}
    intervals = {language: env["OTEL_METRIC_EXPORT_INTERVAL"] for language, env in found.items()}
    assert (intervals[Language.GO], intervals[Language.PYTHON]) == ("15000", "30000")
    assert found[Language.PYTHON]["OTEL_BSP_SCHEDULE_DELAY"] == "30000"


def test_spans_come_before_their_trace_is_judged() -> None:
    slowest = max(*SPAN_DELAY_MS.values(), OTHER_SPAN_DELAY_MS) / 1000
    assert slowest + MARGIN_SECONDS <= float(DECISION_WAIT.removesuffix("s"))


def test_the_advice_counts_on_the_memory_that_the_limiter_leaves() -> None:
    limiter = memory_limiter()
    assert (limiter["limit_percentage"] - limiter["spike_limit_percentage"]) / 100 == USABLE_MEMORY_SHARE


def test_shell_and_patch_say_the_same(everyone: PlatformSettings) -> None:
    for service in everyone.services:
        files = texts(everyone, service)
        shell, patch = exported(files["environment.sh"]), patch_env(files["deployment-patch.yaml"])
        own = {name: value for name, value in patch.items() if name not in DOWNWARD}
        assert set(shell) == set(own)
        assert {n: v for n, v in shell.items() if "$" not in v} == {n: v for n, v in own.items() if "$" not in v}


def test_the_patch_refers_only_to_what_stands_before(everyone: PlatformSettings) -> None:
    seen: set[str] = set()
    for name, value in patch_env(texts(everyone, everyone.services[0])["deployment-patch.yaml"]).items():
        assert set(re.findall(r"\$\((\w+)\)", value)) <= seen
        seen.add(name)


def test_services_send_everything_until_the_collectors_cannot_take_it(everyone: PlatformSettings) -> None:
    service = everyone.services[0]
    calm = exported(texts(everyone, service)["environment.sh"])
    assert calm["OTEL_TRACES_SAMPLER"] == Sampler.ALWAYS_ON
    assert "OTEL_TRACES_SAMPLER_ARG" not in calm
    flooded = exported(texts(everyone, service, 50_000)["environment.sh"])
    ratio = stack_advice(everyone, {service.name: 50_000}).of(service.name).ratio
    assert flooded["OTEL_TRACES_SAMPLER"] == Sampler.RATIO
    assert float(flooded["OTEL_TRACES_SAMPLER_ARG"]) == ratio < 1
    # Only what is sampled waits in the queue.
    assert int(flooded["OTEL_BSP_MAX_QUEUE_SIZE"]) == span_queue_size(50_000 * ratio) < span_queue_size(50_000)


def test_the_workload_is_shared_out_evenly_among_services_without_a_rate(everyone: PlatformSettings) -> None:
    workload = everyone.workload
    advice = stack_advice(everyone, {everyone.services[0].name: 7.0})
    total = workload.requests_per_second * workload.spans_per_request
    assert [one.spans_per_second for one in advice.services] == pytest.approx([7.0, *[total / 6] * 5])


def test_services_with_a_load_of_their_own_leave_the_rest_to_the_others(make_settings: Make) -> None:
    first, *others = services(Language.GO, Language.JAVA, Language.NODEJS)
    settings = make_settings("prod", services=[first | {"requests_per_second": 100}, *others])
    spans = settings.workload.spans_per_request
    assert [one.spans_per_second / spans for one in stack_advice(settings).services] == pytest.approx([100, 150, 150])


def test_a_service_without_a_port_has_one_in_its_examples(make_settings: Make) -> None:
    settings = make_settings("prod", services=[{"name": "shop", "language": "go", "tier": "standard"}])
    assert ":8080" in texts(settings, settings.services[0])["main.go"]


@pytest.mark.parametrize("environment", ["dev", "staging", "prod"])
def test_no_stack_needs_head_sampling_for_its_own_workload(environment: str, make_settings: Make) -> None:
    assert {one.sampler for one in stack_advice(make_settings(environment)).services} == {Sampler.ALWAYS_ON}


def test_the_customers_attribute_is_the_stacks(make_settings: Make) -> None:
    for attribute, expected in (("customer", "customer"), (None, "tenant.id")):
        settings = make_settings("prod", span_metrics={"tenant_attribute": attribute})
        go, python = settings.services
        assert f'attribute.String("{expected}"' in texts(settings, go)["main.go"]
        assert f'set_attribute("{expected}"' in texts(settings, python)["app.py"]


def test_named_versions_are_those_that_are_run() -> None:
    go_mod = (PINNED / "go" / "go.mod").read_text()
    for module, version in GO_MODULES.items():
        assert f"\t{module} {version}\n" in go_mod
    locked = (PINNED / "python" / "requirements.txt").read_text()
    for package, version in (PYTHON_PACKAGES | FASTAPI_PACKAGES).items():
        assert re.search(rf"^{package}=={version} ", locked, re.MULTILINE)


def test_other_languages_get_their_documentation(everyone: PlatformSettings) -> None:
    java = next(one for one in everyone.services if one.language is Language.JAVA)
    (environment,) = [
        one
        for one in snippets_for(everyone, java, stack_advice(everyone).of(java.name))
        if one.file == "environment.sh"
    ]
    assert "https://opentelemetry.io/docs/languages/java/" in environment.purpose


def test_the_structured_example_of_log_lines_is_json(everyone: PlatformSettings) -> None:
    text = texts(everyone, everyone.services[0])["logs.md"]
    line = next(line for line in text.splitlines() if line.startswith("{"))
    assert json.loads(line)["service"] == everyone.services[0].name
