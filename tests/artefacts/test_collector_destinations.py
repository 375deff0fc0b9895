"""Other back ends, on the real collector: what vendors document is what they get, and none holds back another."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs
from opentelemetry.proto.metrics.v1.metrics_pb2 import Gauge, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

from sandbox.kubernetes.processes import free_ports
from telemetry.collector.gateway import gateway_config
from tests.artefacts.collector_driver import LOOPBACK, POD_ENVIRONMENT, Collector, Ports, on_loopback, running
from tests.artefacts.collector_traffic import KINDS, SECRETS, make_traces
from tests.artefacts.kubernetes_driver import eventually
from tests.artefacts.otlp_sink import Sink, text
from tests.artefacts.otlp_source import pairs, post, value
from tests.artefacts.prometheus_driver import prometheus
from tests.artefacts.test_collector_pipelines import SEED, send
from tests.artefacts.vendor_server import TAKEN, Answer, Posted, Vendor
from tests.stacks import stack_settings

CREDENTIAL = "c3RyaWN0bHktY29uZmlkZW50aWFs"
ERROR = KINDS[0]
Table = dict[str, Any]


class Documented(NamedTuple):
    """What a vendor's documentation says of its OTLP intake, read on 2026-11-28."""

    kind: str
    base: str
    """Path of the endpoint that customers are given."""
    header: str
    value: str
    signals: tuple[str, ...]


VENDORS = (
    # "Send data using OpenTelemetry Protocol": .../otlp/v1/<signal>, Authorization=Basic <base64 of id:token>.
    Documented("grafana_cloud", "/otlp", "Authorization", f"Basic {CREDENTIAL}", ("traces", "logs", "metrics")),
    # "Using the Honeycomb OpenTelemetry Endpoint": x-honeycomb-team.
    Documented("honeycomb", "", "X-Honeycomb-Team", CREDENTIAL, ("traces", "logs", "metrics")),
    # "New Relic OTLP endpoint": api-key; payloads of at most 1 MB.
    Documented("new_relic", "", "Api-Key", CREDENTIAL, ("traces", "logs", "metrics")),
    # "Dynatrace OTLP API endpoints": /api/v2/otlp/v1/<signal>, Authorization: Api-Token, protobuf over HTTP only.
    Documented("dynatrace", "/api/v2/otlp", "Authorization", f"Api-Token {CREDENTIAL}", ("traces", "logs")),
    # "OTLP Logs Intake Endpoint": /v1/logs, dd-api-key.
    Documented("datadog", "", "Dd-Api-Key", CREDENTIAL, ("logs",)),
)


def destination(kind: str, signals: Sequence[str], **more: Any) -> Table:
    name = kind.replace("_", "-")
    return {
        "name": name,
        "kind": kind,
        "endpoint": "https://intake.example.com",
        "signals": list(signals),
        "secret": {"name": name},
        **more,
    }


@contextmanager
def gateway(
    folder: Path, sink: Sink, ways: dict[str, str], *destinations: Table, redacting: bool = False
) -> Generator[Collector]:
    """Prod's gateway with destinations, which are where `ways` says by their name. It starts in a tenth of the time
    where it needn't redact."""
    config = gateway_config(stack_settings("prod", destinations=list(destinations)))
    ports, state = Ports.free(), folder / "state"
    state.mkdir()
    of_exporters = {name: ways[name.partition("/to-")[2]] for name in config.exporters if "/to-" in name}
    document = on_loopback(config.document(), ports, state, {**sink.back_ends, **of_exporters})
    for name in () if redacting else ("transform/span_names", "transform/redaction"):
        document["processors"][name] = {"error_mode": "ignore"}
    secrets = {
        f"LGTM_DESTINATION_{one['name'].upper().replace('-', '_')}": CREDENTIAL
        for one in destinations
        if one.get("secret")
    }
    with running(document, ports, folder, POD_ENVIRONMENT | secrets, config.arguments) as collector:
        yield collector


def line(number: int, body: str = "", **fields: Any) -> LogRecord:
    return LogRecord(time_unix_nano=time.time_ns(), body=value(body or f"line {number}"), **fields)


def logs(records: Sequence[LogRecord], **attributes: str) -> ExportLogsServiceRequest:
    resource = Resource(attributes=pairs({"service.name": "api-gateway", **attributes}))
    return ExportLogsServiceRequest(
        resource_logs=[ResourceLogs(resource=resource, scope_logs=[ScopeLogs(log_records=records)])]
    )


def metrics(*names: str) -> ExportMetricsServiceRequest:
    points = [NumberDataPoint(time_unix_nano=time.time_ns(), as_double=7)]
    scope = ScopeMetrics(metrics=[Metric(name=name, gauge=Gauge(data_points=points)) for name in names])
    resource = Resource(attributes=pairs({"service.name": "api-gateway", "k8s.pod.name": "api-0"}))
    return ExportMetricsServiceRequest(resource_metrics=[ResourceMetrics(resource=resource, scope_metrics=[scope])])


def test_every_vendor_gets_what_it_documents_while_two_others_are_in_trouble(tmp_path: Path) -> None:
    """One refuses, one can't be reached: vendors, remote write and the own back ends get everything, redacted."""
    sent = make_traces(SEED, 40, [ERROR])
    count = sum(len(trace.spans) for trace in sent)
    with ExitStack() as servers:
        sink = servers.enter_context(Sink())
        vendors = {one.kind.replace("_", "-"): servers.enter_context(Vendor()) for one in VENDORS}
        refusing = servers.enter_context(Vendor(lambda _: (401, {})))
        (nobody,) = free_ports(1)
        database = servers.enter_context(prometheus(tmp_path, tmp_path / "data", {}))
        ways = {one.kind.replace("_", "-"): f"{vendors[one.kind.replace('_', '-')].url}{one.base}" for one in VENDORS}
        ways |= {"refusing": refusing.url, "away": f"http://{LOOPBACK}:{nobody}"}
        ways |= {"prometheus-remote-write": f"{database.url}/api/v1/write"}
        destinations = (
            *(destination(one.kind, one.signals) for one in VENDORS),
            destination("otlp_http", ["logs", "traces", "metrics"], name="refusing"),
            destination("otlp_http", ["logs", "traces", "metrics"], name="away"),
            destination("prometheus_remote_write", ["metrics"]),
        )
        collector = servers.enter_context(gateway(tmp_path, sink, ways, *destinations, redacting=True))
        send(collector, sent)
        post(collector.ports, "logs", logs([line(0, f"paid with {SECRETS[2]}, {SECRETS[1]}"), line(1)]))
        post(collector.ports, "metrics", metrics("queue.depth"))
        eventually(lambda: len(list(sink.spans())) == count and len(list(sink.records())) == 2)
        for one in VENDORS:
            vendor = vendors[one.kind.replace("_", "-")]
            eventually(lambda vendor=vendor: len(vendor.lines()) == 2)
            eventually(lambda vendor=vendor, one=one: len(vendor.spans()) == count * ("traces" in one.signals))
            if "metrics" in one.signals:
                eventually(lambda vendor=vendor: any(b"queue.depth" in it.content for it in vendor.taken("metrics")))
            contract(one, vendor.posted)
        series = eventually(lambda: database.query("queue_depth"))
        assert [(one["metric"]["k8s_pod_name"], one["value"][1]) for one in series] == [("api-0", "7")]
        assert refusing.posted
        eventually(lambda: collector.own_metric("otelcol_exporter_send_failed_log_records_total") == 2)
        assert collector.own_metric("otelcol_exporter_queue_size") > 0, "what is for the one that is away waits"
        assert CREDENTIAL not in collector.log.read_text()
    assert CREDENTIAL not in (tmp_path / "otelcol.yaml").read_text()


def contract(documented: Documented, posted: Sequence[Posted]) -> None:
    """Paths, header, encoding and sizes; nothing that was planted."""
    assert {one.path for one in posted} == {f"{documented.base}/v1/{signal}" for signal in documented.signals}
    for one in posted:
        assert one.headers[documented.header] == documented.value
        assert one.headers["Content-Type"] == "application/x-protobuf"
        assert one.headers["Content-Encoding"] == "gzip"
        assert len(one.content) < 1_000_000
        assert [secret for secret in SECRETS if secret.encode() in one.content] == []


def first(status: int, **headers: str) -> Callable[[int], Answer]:
    """The first request is answered so, the others are taken."""
    return lambda number: (
        (status, {name.replace("_", "-"): it for name, it in headers.items()}) if not number else TAKEN
    )


# OpenTelemetry Protocol 1.9, "Retryable Response Codes" and "OTLP/HTTP Throttling"; the vendors' pages name the same.
PATIENT = {"busy": first(429, Retry_After="2"), "paused": first(503, Retry_After="1"), "broken": first(502)}
FINAL = {"malformed": first(400), "forbidden": first(403), "too-large": first(413), "unknown": first(404)}


def test_answers_are_taken_as_documented(tmp_path: Path) -> None:
    """Told to wait, it waits as long as it is told; what is refused for good is given up and counted."""
    with ExitStack() as servers:
        sink = servers.enter_context(Sink())
        vendors = {name: servers.enter_context(Vendor(answers)) for name, answers in (PATIENT | FINAL).items()}
        ways = {name: vendor.url for name, vendor in vendors.items()}
        destinations = [destination("otlp_http", ["logs"], name=name, secret=None) for name in vendors]
        collector = servers.enter_context(gateway(tmp_path, sink, ways, *destinations))
        post(collector.ports, "logs", logs([line(0)]))
        for name in PATIENT:
            eventually(lambda name=name: vendors[name].lines())
        eventually(lambda: collector.own_metric("otelcol_exporter_send_failed_log_records_total") == len(FINAL))
    for name, seconds in (("busy", 2), ("paused", 1)):
        refused, taken = vendors[name].posted
        assert taken.at - refused.at >= seconds
    assert {name: [one.answer for one in vendors[name].posted] for name in FINAL} == {
        "malformed": [400], "forbidden": [403], "too-large": [413], "unknown": [404],
    }  # fmt: skip


def test_a_part_is_chosen_by_the_collector_as_the_settings_say(tmp_path: Path) -> None:
    lines, share = 2000, 20
    sent = make_traces(SEED, 300, [ERROR])
    warn, info = 13, 9
    with ExitStack() as servers:
        sink = servers.enter_context(Sink())
        vendors = {name: servers.enter_context(Vendor()) for name in ("share", "errors", "tenant", "named")}
        ways = {name: vendor.url for name, vendor in vendors.items()}
        only = {"services": ["api-gateway"], "severity": "warn", "errors": True}
        tenant = {"attributes": [{"name": "tenant", "one_of": ['a "quoted" one', "$b"]}]}
        destinations = [
            destination("otlp_http", ["traces", "logs"], name="share", secret=None, share_percent=share),
            destination("otlp_http", ["traces", "logs"], name="errors", secret=None, only=only),
            destination("otlp_http", ["logs", "metrics"], name="tenant", secret=None, only=tenant),
            destination("otlp_http", ["metrics"], name="named", secret=None, only={"metrics": ["http.server.*", "up"]}),
        ]
        collector = servers.enter_context(gateway(tmp_path, sink, ways, *destinations))
        send(collector, sent)
        post(collector.ports, "logs", logs([line(number, severity_number=info) for number in range(lines)]))
        in_traces = [line(-1, "in a trace", trace_id=trace.trace_id, span_id=b"1" * 8) for trace in sent]
        post(collector.ports, "logs", logs(in_traces))
        post(collector.ports, "logs", logs([line(1, "warned", severity_number=warn)], tenant="$b"))
        post(collector.ports, "logs", logs([line(2, "elsewhere", severity_number=warn)], **{"service.name": "other"}))
        post(collector.ports, "metrics", metrics("http.server.duration", "up", "upper", "http.client.duration"))
        eventually(lambda: len({span.trace_id for _, span in sink.spans()}) == len(sent))
        eventually(lambda: len(list(sink.records())) == lines + len(sent) + 2)
        eventually(lambda: list(vendors["named"].taken("metrics")) and vendors["tenant"].lines())
        eventually(lambda: vendors["errors"].spans() and vendors["share"].spans())
        eventually(lambda: collector.own_metric("otelcol_exporter_queue_size") == 0)
    chosen, errors, named = vendors["share"], vendors["errors"], vendors["named"]
    traces = {span.trace_id for span in chosen.spans()}
    assert 0.5 * share < 100 * len(traces) / len(sent) < 1.6 * share
    assert len(chosen.spans()) == sum(len(one.spans) for one in sent if one.trace_id in traces), "whole traces"
    assert {one.trace_id for one in chosen.lines() if one.trace_id} == traces, "lines go with their trace"
    alone = sum(text(one.body).startswith("line") for one in chosen.lines())
    assert 0.8 * share < 100 * alone / lines < 1.2 * share
    assert [text(one.body) for one in errors.lines()] == ["warned"]
    assert {span.status.code for span in errors.spans()} == {2}
    assert [text(one.body) for one in vendors["tenant"].lines()] == ["warned"]
    assert not list(vendors["tenant"].taken("metrics")), "no data point has the attribute"
    body = b"".join(one.content for one in named.taken("metrics"))
    assert [name in body for name in (b"http.server.duration", b"upper", b"http.client")] == [True, False, False]


def test_what_goes_elsewhere_instead_isnt_kept_here(tmp_path: Path) -> None:
    """Lines over HTTP, traces over gRPC."""
    sent = make_traces(SEED, 5, [ERROR])
    with Sink() as sink, Vendor() as vendor, Sink() as other:
        elsewhere = destination("otlp_http", ["logs"], secret=None, instead=True)
        by_grpc = destination("otlp_grpc", ["traces"], secret=None, instead=True)
        ways = {"otlp-http": vendor.url, "otlp-grpc": f"{LOOPBACK}:{other.ports['traces']}"}
        with gateway(tmp_path, sink, ways, elsewhere, by_grpc) as collector:
            post(collector.ports, "logs", logs([line(0)]))
            send(collector, sent)
            eventually(vendor.lines)
            eventually(lambda: len(list(other.spans())) == sum(len(trace.spans) for trace in sent))
            post(collector.ports, "metrics", metrics("queue.depth"))
            eventually(lambda: list(sink.measured("queue.depth")))
        assert not sink.logs
        assert not sink.traces


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_grpc_is_addressed_by_host_and_port(scheme: str) -> None:
    config = gateway_config(
        stack_settings(
            "prod",
            destinations=[destination("otlp_grpc", ["traces"], secret=None, endpoint=f"{scheme}://tempo.example:4317")],
        )
    )
    exporter = config.exporters["otlp_grpc/to-otlp-grpc"]
    assert (exporter["endpoint"], exporter["tls"]) == ("tempo.example:4317", {"insecure": scheme == "http"})
