"""Every snippet at work: Go code is compiled, Python code gets its packages, both run with the environment of a pod
that the patch was applied to, and what they send goes through the real agent and gateway to where it is stored.

Sampling mode is `full`, so that every trace arrives; all else is prod's configuration.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from sandbox.kubernetes.processes import free_ports
from settings.models.platform import PlatformSettings
from settings.models.services import Language, Service
from telemetry.collector.gateway import gateway_config
from telemetry.integration.logs import EXAMPLE_SPAN_ID, EXAMPLE_TRACE_ID, example_lines
from telemetry.integration.sampling import stack_advice
from telemetry.integration.snippets import snippets_for
from telemetry.kubernetes.endpoints import Endpoints
from tests.artefacts.agent_driver import Cluster, agent_for, running_cluster
from tests.artefacts.collector_driver import LOOPBACK, Ports, on_loopback, running
from tests.artefacts.integration_driver import (
    NAMESPACE,
    VERSION,
    build_go,
    durations,
    for_services_only,
    keep_log,
    make_python,
    metrics_of,
    patched_pod,
    pod_environment,
    request,
    serving,
    shell_environment,
    spans,
    spans_of,
    write_python,
)
from tests.artefacts.kubernetes_driver import eventually
from tests.artefacts.otlp_sink import Sink, attributes, text
from tests.artefacts.pod_network import give_address, sending_from
from tests.artefacts.test_collector_pipelines import settle
from tests.stacks import stack_settings

DOCUMENT: list[dict[str, Any]] = [
    {**one.model_dump(mode="json"), "port": port}
    for one, port in zip(stack_settings("prod").services, free_ports(6), strict=True)
]
NAMES = [one["name"] for one in DOCUMENT]
OF_LANGUAGE = {
    language: [one["name"] for one in DOCUMENT if one["language"] == language]
    for language in (Language.GO, Language.PYTHON)
}
# Far below what the services' environment says, and the span delay of Python services is left at 30 s: metrics must
# come while a service runs, spans when it stops.
METRIC_INTERVAL_MS = "300"
INFO, ERROR = 9, 17
REQUESTS = 400
SERVICES_AT_ONCE = 3


def settings() -> PlatformSettings:
    return stack_settings("prod", services=DOCUMENT, sampling={"mode": "full"}, tls={"mode": "plain"})


def service_of(name: str) -> Service:
    return {one.name: one for one in settings().services}[name]


def files_of(name: str) -> dict[str, str]:
    stack = settings()
    service = service_of(name)
    return {one.file: one.text for one in snippets_for(stack, service, stack_advice(stack).of(name), LOOPBACK)}


def trace_id_of(name: str) -> str:
    """The trace that a caller started."""
    return f"{NAMES.index(name) + 0xA0:032x}"


class Platform(NamedTuple):
    """Agent and gateway at work, and where everything ends."""

    cluster: Cluster
    sink: Sink
    ports: Ports
    """The agent's."""
    logs: Path


class Run(NamedTuple):
    """A service that ran."""

    command: list[str]
    directory: Path
    pod: dict[str, Any]
    lines: list[str]
    metrics_while_running: set[str]


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    directory = tmp_path_factory.mktemp("platform")
    (directory / "state").mkdir()
    with running_cluster(tmp_path_factory.mktemp("cluster")) as cluster, Sink() as sink:
        ports = Ports.free()
        gateway = on_loopback(gateway_config(settings()).document(), ports, directory / "state", sink.back_ends)
        agent = agent_for("prod", cluster, directory / "agent", f"{LOOPBACK}:{ports.grpc}")
        with (
            running(gateway, ports, directory),
            running(for_services_only(agent.document), agent.ports, directory / "agent", agent.environment),
        ):
            yield Platform(cluster, sink, agent.ports, agent.logs)


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_python(tmp_path_factory.mktemp("python"))


@pytest.fixture(scope="module")
def runs(platform: Platform, python: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    """Each service's example server: one request that continues its caller's trace, then a termination signal."""
    directories = [tmp_path_factory.mktemp(name) for name in NAMES]
    with ThreadPoolExecutor(SERVICES_AT_ONCE) as pool:
        ran = pool.map(lambda name, directory: run_server(name, platform, python, directory), NAMES, directories)
        return dict(zip(NAMES, ran, strict=True))


def run_server(name: str, platform: Platform, python: Path, directory: Path) -> Run:
    service, files = service_of(name), files_of(name)
    pod = patched_pod(platform.cluster, name, files["deployment-patch.yaml"])
    address = give_address(platform.cluster.control_plane, pod)
    if service.language is Language.GO:
        command = [str(build_go({file: files[file] for file in files if file.endswith(".go")}, directory))]
    else:
        write_python(files, directory)
        command = [str(python), "app.py"]
    output = directory / "output.log"
    with (
        sending_from(address, platform.ports.grpc) as collector,
        serving(command, service.port, output, _environment(pod, collector)),
    ):
        parent = f"00-{trace_id_of(name)}-{'b7' * 8}-01"
        request(service.port, "/orders/42", Traceparent=parent, **{"X-Tenant-Id": "acme"})
        eventually(lambda: "http.server.request.duration" in metrics_of(platform.sink, name))
        while_running = metrics_of(platform.sink, name)
    lines = output.read_text().splitlines()
    keep_log(platform.logs, pod, lines)
    return Run(command, directory, pod, lines, while_running)


def _environment(pod: dict[str, Any], collector: int) -> dict[str, str]:
    return pod_environment(pod, f"http://{LOOPBACK}:{collector}", OTEL_METRIC_EXPORT_INTERVAL=METRIC_INTERVAL_MS)


def order_line(run: Run) -> dict[str, Any]:
    (line,) = [line for line in map(json.loads, run.lines) if "order read" in line.values()]
    return line


@pytest.mark.parametrize("name", NAMES)
def test_a_request_becomes_one_span_of_the_callers_trace(name: str, platform: Platform, runs: dict[str, Run]) -> None:
    pod = runs[name].pod["metadata"]
    ((about, span),) = eventually(lambda: spans_of(platform.sink, trace_id_of(name)))
    of_service = [
        one
        for about, one in spans(platform.sink)
        if (about["service.name"], about["service.namespace"], one.kind) == (name, NAMESPACE, span.kind)
    ]
    assert (len(of_service), span.kind) == (1, Span.SPAN_KIND_SERVER)  # none for health checks
    assert span.parent_span_id.hex() == "b7" * 8
    described = attributes(span)
    assert described["http.response.status_code"] == "200"
    assert described["tenant.id"] == "acme"
    assert described["http.route"].startswith("/orders/{")
    assert (
        about.items()
        >= {
            "service.name": name,
            "service.namespace": NAMESPACE,
            "service.version": VERSION,
            "service.instance.id": pod["name"],
            "deployment.environment.name": "prod",
            "telemetry.sdk.language": service_of(name).language.value,
            "k8s.pod.name": pod["name"],
            "k8s.deployment.name": f"{name}-blue",
            "k8s.cluster.name": "tested",
        }.items()
    )


@pytest.mark.parametrize("name", NAMES)
def test_its_log_line_has_the_spans_ids_and_the_services_name(
    name: str, platform: Platform, runs: dict[str, Run]
) -> None:
    ((_, span),) = eventually(lambda: spans_of(platform.sink, trace_id_of(name)))
    line = order_line(runs[name])
    assert (line["trace_id"], line["span_id"]) == (span.trace_id.hex(), span.span_id.hex())

    def stored() -> list[tuple[dict[str, str], Any]]:
        return [
            (attributes(resource), record)
            for resource, record in platform.sink.records()
            if "order read" in text(record.body) and record.trace_id == span.trace_id
        ]

    ((about, record),) = eventually(stored)
    assert record.span_id == span.span_id
    assert record.severity_number == INFO
    assert about["service.name"] == name
    assert about["service.namespace"] == NAMESPACE
    assert json.loads(text(record.body)) == line


@pytest.mark.parametrize("name", NAMES)
def test_every_line_of_output_is_json_with_a_level(name: str, runs: dict[str, Run]) -> None:
    for line in map(json.loads, runs[name].lines):
        assert line["level"] == "INFO", line
        assert line["service"] == name


@pytest.mark.parametrize("name", NAMES)
def test_metrics_come_at_the_interval_with_exemplars(name: str, platform: Platform, runs: dict[str, Run]) -> None:
    assert "http.server.request.duration" in runs[name].metrics_while_running
    exemplars = {exemplar.trace_id.hex() for point in durations(platform.sink, name) for exemplar in point.exemplars}
    assert trace_id_of(name) in exemplars


@pytest.mark.parametrize("name", OF_LANGUAGE[Language.GO])
def test_go_services_report_their_runtime(name: str, runs: dict[str, Run]) -> None:
    assert {"go.memory.used", "go.goroutine.count"} <= runs[name].metrics_while_running


@pytest.mark.parametrize("name", [names[0] for names in OF_LANGUAGE.values()])
def test_advised_head_sampling_sends_that_share_and_follows_callers(
    name: str, platform: Platform, runs: dict[str, Run]
) -> None:
    """Of a service that sends four times what there is room for, about a quarter: six standard deviations at most."""
    stack, service = settings(), service_of(name)
    room = stack_advice(stack).of(name).threshold_spans_per_second
    advice = stack_advice(stack, {name: 4 * room}).of(name)
    snippets = {one.file: one.text for one in snippets_for(stack, service, advice, LOOPBACK)}
    environment = shell_environment(snippets["environment.sh"], POD_NAMESPACE=f"head-{name}")
    environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = f"http://{LOOPBACK}:{platform.ports.grpc}"
    called = f"{NAMES.index(name) + 0xC0:032x}"
    with serving(runs[name].command, service.port, runs[name].directory / "sampled.log", environment):
        for _ in range(REQUESTS):
            request(service.port, "/orders/7")
        request(service.port, "/orders/7", Traceparent=f"00-{called}-{'b7' * 8}-01")
    eventually(lambda: spans_of(platform.sink, called))
    settle(platform.sink)
    sent = [span for about, span in spans(platform.sink) if about["service.namespace"] == f"head-{name}"]
    started_here = [span for span in sent if not span.parent_span_id and span.name.endswith("}")]
    spread = 6 * math.sqrt(REQUESTS * advice.ratio * (1 - advice.ratio))
    assert 0.2 <= advice.ratio <= 0.25
    assert abs(len(started_here) - REQUESTS * advice.ratio) < spread
    # Nothing tells the span metrics what a span stands for: counts must be multiplied, as the advice says.
    assert {span.trace_state for span in sent} == {""}


@pytest.mark.parametrize("name", OF_LANGUAGE[Language.PYTHON])
def test_a_task_outside_a_request_is_a_trace_with_its_line_and_duration(
    name: str, platform: Platform, python: Path, tmp_path: Path
) -> None:
    """With the shell's form of the environment; the process ends by itself and sends everything before."""
    files = files_of(name)
    write_python(files, tmp_path)
    environment = shell_environment(files["environment.sh"], POD_NAMESPACE=NAMESPACE, SERVICE_VERSION="2.0")
    environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = f"http://{LOOPBACK}:{platform.ports.grpc}"
    command = [str(python), "worker.py"]
    result = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    (line,) = map(json.loads, result.stdout.splitlines())
    ((about, span),) = eventually(lambda: spans_of(platform.sink, line["trace_id"]))
    assert line["span_id"] == span.span_id.hex()
    assert (span.kind, span.parent_span_id) == (Span.SPAN_KIND_CONSUMER, b"")
    assert (about["service.name"], about["service.version"]) == (name, "2.0")
    eventually(
        lambda: (
            span.trace_id
            in {
                exemplar.trace_id
                for point in durations(platform.sink, name, "messaging.process.duration")
                for exemplar in point.exemplars
            }
        )
    )


def test_the_lines_that_the_log_format_shows_are_understood(platform: Platform, runs: dict[str, Run]) -> None:
    name = NAMES[0]
    lines = example_lines(service_of(name))
    keep_log(platform.logs, runs[name].pod, lines)

    def stored() -> dict[str, Any]:
        found = {text(record.body): (resource, record) for resource, record in platform.sink.records()}
        return {line: found[line] for line in lines if line in found}

    eventually(lambda: len(stored()) == len(lines))
    for resource, record in stored().values():
        assert (record.trace_id.hex(), record.span_id.hex()) == (EXAMPLE_TRACE_ID, EXAMPLE_SPAN_ID)
        assert record.severity_number == ERROR
        assert attributes(resource)["service.name"] == name


HTTP_PROGRAM = """
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
with provider.get_tracer("any").start_as_current_span("any") as span:
    print(f"{span.get_span_context().trace_id:032x}")
provider.shutdown()
"""


def test_the_environment_of_other_languages_leads_to_otlp_over_http(platform: Platform) -> None:
    """An SDK that takes everything from the environment: protobuf over HTTP, which all languages have."""
    other = {"name": "billing", "language": "java", "port": 8080, "tier": "standard"}
    stack = stack_settings("prod", services=[other])
    files = {one.file: one.text for one in snippets_for(stack, stack.services[0], stack_advice(stack).services[0])}
    environment = shell_environment(files["environment.sh"])
    assert environment["OTEL_EXPORTER_OTLP_ENDPOINT"] == Endpoints.of(stack).otlp_http
    environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = f"http://{LOOPBACK}:{platform.ports.http}"
    command = [sys.executable, "-c", HTTP_PROGRAM]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    ((about, _),) = eventually(lambda: spans_of(platform.sink, result.stdout.strip()))
    assert about["service.name"] == "billing"
