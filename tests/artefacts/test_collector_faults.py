"""Prod's gateway in trouble: full queues, malformed requests, a surge, clocks that are wrong, very long traces."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import grpc
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from telemetry.collector.config import MAX_MESSAGE_MIB
from telemetry.collector.gateway import gateway_config
from tests.artefacts.collector_driver import (
    DECISION_WAIT_SECONDS,
    LOOPBACK,
    POD_ENVIRONMENT,
    Collector,
    Document,
    Ports,
    on_loopback,
    running,
)
from tests.artefacts.collector_traffic import KINDS, MILLISECOND, SERVICES, Kind, Trace, make_traces
from tests.artefacts.kubernetes_driver import eventually
from tests.artefacts.otlp_sink import Sink
from tests.artefacts.otlp_source import pairs, post, resource_spans, traces, traces_to
from tests.artefacts.test_collector_pipelines import PERCENTS, SEED, send, settle, spans_by_trace, wait_for_decisions
from tests.stacks import stack_settings

HOUR = 3600 * 1000 * MILLISECOND
MIB = 1024 * 1024
# The collector's default for HTTP servers (confighttp, max_request_body_size).
MAX_HTTP_BODY_MIB = 20
ERROR, SLOW = KINDS[0], KINDS[2]
(ELSE,) = (kind for kind in KINDS if kind.name == "everything else")
# A pod of this size, with the gateway's own percentages of it.
CONTAINER_MIB = 320


class Gateway(NamedTuple):
    """A running gateway and the back ends behind it."""

    collector: Collector
    sink: Sink


@contextmanager
def gateway(directory: Path, change: Any = lambda document: None, **environment: str) -> Iterator[Gateway]:
    """Prod's gateway with a change to its configuration on this machine."""
    (directory / "state").mkdir()
    ports = Ports.free()
    with Sink() as sink:
        rendered = gateway_config(stack_settings("prod")).document()
        document = on_loopback(rendered, ports, directory / "state", sink.back_ends)
        change(document)
        with running(document, ports, directory, {**POD_ENVIRONMENT, **environment}) as collector:
            yield Gateway(collector, sink)


def number_of_spans(sent: Sequence[Trace]) -> int:
    return sum(len(trace.spans) for trace in sent)


def test_a_full_queue_keeps_what_is_old_and_counts_what_it_refuses(tmp_path: Path) -> None:
    old, new = make_traces(SEED, 40, [ERROR]), make_traces(SEED + 1, 2000, [ERROR])

    def small(document: Document) -> None:
        document["exporters"]["otlp_grpc/tempo"]["sending_queue"]["queue_size"] = 64 * 1024

    with gateway(tmp_path, small) as (collector, sink):
        sink.go()
        send(collector, old)
        # All of the old is judged, and a batch's second later in the queue, before anything new comes.
        wait_for_decisions(collector, sink, len(old))
        eventually(lambda: collector.own_metric("otelcol_exporter_queue_size") > 0)
        send(collector, new)
        refused = "otelcol_exporter_enqueue_failed_spans_total"
        eventually(lambda: collector.own_metric(refused) > 0)
        wait_for_decisions(collector, sink, len(old) + len(new))
        lost = collector.own_metric(refused)
        sink.come()
        eventually(lambda: len({span.span_id for _, span in sink.spans()}) == number_of_spans([*old, *new]) - lost)
        settle(sink)
        assert collector.own_metric(refused) == lost
        assert {trace.trace_id for trace in old} <= set(spans_by_trace(sink))


GOOD = traces([resource_spans({"service.name": "api-gateway"}, make_traces(SEED, 1, [SLOW])[0].spans[0][1:])])
PROTOBUF, JSON = "application/x-protobuf", "application/json"


def answer_to(ports: Ports, body: bytes, content_type: str) -> int:
    request = urllib.request.Request(f"http://{LOOPBACK}:{ports.http}/v1/traces", body, {"Content-Type": content_type})
    try:
        with urllib.request.urlopen(request, timeout=20) as response:  # noqa: S310 (HTTP on loopback)
            return response.status
    except urllib.error.HTTPError as error:
        return error.code


def test_malformed_requests_are_answered_and_do_no_harm(tmp_path: Path) -> None:
    good = GOOD.SerializeToString()
    with gateway(tmp_path) as (collector, sink):
        cases = {
            "random bytes": (bytes(range(255, 0, -1)), PROTOBUF),
            "cut in the middle": (good[: len(good) // 2], PROTOBUF),
            "neither form": (good, "text/plain"),
            "no JSON": (b'{"resourceSpans": [', JSON),
            "JSON of another kind": (json.dumps({"resourceSpans": 7}).encode(), JSON),
            "too long": (b"\0" * (MAX_HTTP_BODY_MIB * MIB + 1), PROTOBUF),
        }
        answers = {name: answer_to(collector.ports, *case) for name, case in cases.items()}
        assert answers.pop("neither form") == 415
        assert {name: code for name, code in answers.items() if not 400 <= code < 500} == {}
        with grpc.insecure_channel(
            f"{LOOPBACK}:{collector.ports.grpc}", options=[("grpc.max_send_message_length", -1)]
        ) as channel:
            export = channel.unary_unary("/opentelemetry.proto.collector.trace.v1.TraceService/Export")
            for body, code in (
                (good[: len(good) // 2], grpc.StatusCode.INTERNAL),
                (b"\0" * (MAX_MESSAGE_MIB * MIB + 1), grpc.StatusCode.RESOURCE_EXHAUSTED),
            ):
                with pytest.raises(grpc.RpcError) as refusal:
                    export(body)
                assert refusal.value.code() is code
        post(collector.ports, "traces", GOOD)
        eventually(lambda: len(list(sink.spans())) == 1)


def test_a_surge_stays_in_memory_and_costs_no_error_and_no_slow_trace(tmp_path: Path) -> None:
    """More than fits into the container: refused at the door, sent again by the sender, thinned at the end."""
    sent = make_traces(SEED, 2500)
    padding = pairs({"padding": "nothing to see here " * 1600})

    def in_a_container(document: Document) -> None:
        # Longer than sending takes, so that all of it would be held at once.
        document["processors"]["tail_sampling"]["decision_wait"] = "8s"
        limiter = document["processors"]["memory_limiter"]
        # A container this small fills within the second between two looks.
        limiter["check_interval"] = "100ms"
        for part in ("limit", "spike_limit"):
            limiter[f"{part}_mib"] = CONTAINER_MIB * limiter.pop(f"{part}_percentage") // 100

    limit = {"GOMEMLIMIT": f"{CONTAINER_MIB * 80 // 100}MiB"}
    with gateway(tmp_path, in_a_container, **limit) as (collector, sink):
        with traces_to(collector.ports) as client, ThreadPoolExecutor(4) as pool:
            tries = list(pool.map(lambda request: _tries(client, request), _padded(sent, padding)))
        wait_for_decisions(collector, sink, len(sent))
        kept = spans_by_trace(sink)
        peak = _peak_memory_mib(collector.process.pid)
    assert max(tries) > 1, "nothing was refused: this is no surge"
    assert peak < CONTAINER_MIB
    always = {trace.trace_id: len(trace.spans) for trace in sent if trace.kind.name not in PERCENTS}
    assert {one: kept[one] for one in always} == always
    assert len(kept) < len(sent) / 2


def _padded(sent: Sequence[Trace], padding: Sequence[KeyValue]) -> Iterator[ExportTraceServiceRequest]:
    """Requests of a MiB or so."""
    for first in range(0, len(sent), 10):
        spans = [one for trace in sent[first : first + 10] for one in trace.spans]
        for _, span in spans:
            span.attributes.extend(padding)
        yield traces(resource_spans({"service.name": name, **SERVICES[name]}, [span]) for name, span in spans)


def _tries(client: Any, request: ExportTraceServiceRequest) -> int:
    """As an agent does: again until it is taken."""
    tries = 1
    while True:
        try:
            client.Export(request)
            return tries
        except grpc.RpcError as error:
            if error.code() not in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED):
                raise
            tries += 1
            time.sleep(0.2)


def _peak_memory_mib(pid: int) -> float:
    """The largest resident size, without the program's file: the kernel takes such pages back when it needs to."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    kib = {name: int(value.split()[0]) for name, _, value in (line.partition(":") for line in lines) if "kB" in value}
    return (kib["VmHWM"] - kib["RssFile"]) / 1024


def shift(trace: Trace, nanoseconds: int, services: Sequence[str] = ()) -> Trace:
    """A trace whose clocks, or those of some services, are wrong."""
    for service, span in trace.spans:
        if not services or service in services:
            span.start_time_unix_nano += nanoseconds
            span.end_time_unix_nano += nanoseconds
    return trace


@pytest.mark.parametrize("hours", [-1, 1])
def test_clocks_that_are_wrong_change_no_decision(tmp_path: Path, hours: int) -> None:
    kinds = [ERROR, SLOW, ELSE]
    sent = [shift(trace, hours * HOUR) for trace in make_traces(SEED, 600, kinds)]
    with gateway(tmp_path) as (collector, sink):
        send(collector, sent)
        wait_for_decisions(collector, sink, len(sent))
        kept = spans_by_trace(sink)
    by_kind = {kind.name: [trace for trace in sent if trace.kind is kind] for kind in kinds}
    for name in (ERROR.name, SLOW.name):
        assert {trace.trace_id: kept[trace.trace_id] for trace in by_kind[name]} == {
            trace.trace_id: len(trace.spans) for trace in by_kind[name]
        }
    assert 0 < sum(trace.trace_id in kept for trace in by_kind[ELSE.name]) < len(by_kind[ELSE.name]) * 0.15


def test_services_that_disagree_about_the_time_make_a_trace_slow(tmp_path: Path) -> None:
    """The error is on the safe side: it is kept."""
    kind = Kind("ordinary", ("api-gateway", "unlisted-cron"), 1)
    sent = [shift(trace, HOUR, ["unlisted-cron"]) for trace in make_traces(SEED, 50, [kind])]
    with gateway(tmp_path) as (collector, sink):
        send(collector, sent)
        wait_for_decisions(collector, sink, len(sent))
        assert spans_by_trace(sink) == Counter({trace.trace_id: len(trace.spans) for trace in sent})


def test_a_very_long_trace_is_kept_whole(tmp_path: Path) -> None:
    (trace,) = make_traces(SEED, 1, [ERROR])
    service, first = trace.spans[0]
    for number in range(10_000 - len(trace.spans)):
        span = Span()
        span.CopyFrom(first)
        span.span_id = number.to_bytes(8, "big")
        trace.spans.append((service, span))
    with gateway(tmp_path) as (collector, sink):
        with traces_to(collector.ports) as client:
            for start in range(0, len(trace.spans), 500):
                part = [span for _, span in trace.spans[start : start + 500]]
                client.Export(traces([resource_spans({"service.name": service}, part)]))
        eventually(lambda: len({span.span_id for _, span in sink.spans()}) == 10_000)


def test_late_spans_follow_their_traces_decision(tmp_path: Path) -> None:
    """Of a trace that was kept they are kept, of one that was dropped they are dropped, errors too."""
    kept, ordinary = make_traces(SEED, 20, [ERROR]), make_traces(SEED + 1, 200, [ELSE])
    with gateway(tmp_path) as (collector, sink):
        send(collector, [*kept, *ordinary])
        wait_for_decisions(collector, sink, len(kept) + len(ordinary))
        arrived = spans_by_trace(sink)
        late = [_late(trace) for trace in (*kept, *ordinary)]
        with traces_to(collector.ports) as client:
            client.Export(traces([resource_spans({"service.name": "unlisted-cron"}, late)]))
        time.sleep(DECISION_WAIT_SECONDS)
        settle(sink)
        assert spans_by_trace(sink) == Counter({trace: spans + 1 for trace, spans in arrived.items()})
    assert set(arrived) > {trace.trace_id for trace in kept}
    assert len(arrived) < len(kept) + len(ordinary)


def _late(trace: Trace) -> Span:
    span = Span()
    span.CopyFrom(trace.spans[0][1])
    span.span_id = bytes(8 - 1) + b"\1"
    span.status.code = span.status.STATUS_CODE_ERROR
    return span
