"""Sends a corpus of redaction through real collectors and says what became of each case."""

from __future__ import annotations

import json
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from telemetry.collector.gateway import gateway_config
from tests.artefacts.collector_driver import POD_ENVIRONMENT, Ports, on_loopback, running
from tests.artefacts.kubernetes_driver import eventually
from tests.artefacts.otlp_sink import Sink
from tests.artefacts.otlp_source import pairs, post, resource_spans, traces, traces_to, value
from tests.artefacts.redaction_corpus import Case
from tests.stacks import stack_settings

HASH_KEY = {"LGTM_REDACTION_HASH_KEY": "0123456789abcdef0123456789abcdef"}
A_REQUEST = 500


@contextmanager
def gateway(sink: Sink, directory: Path, **redaction: Any) -> Generator[Ports]:
    """The gateway of prod, keeping all traces."""
    (directory / "state").mkdir(parents=True)
    parts: dict[str, Any] = {"redaction": redaction} if redaction else {}
    prod = stack_settings("prod", sampling={"mode": "full"}, **parts)
    ports = Ports.free()
    document = on_loopback(gateway_config(prod).document(), ports, directory / "state", sink.back_ends)
    with running(document, ports, directory, {**POD_ENVIRONMENT, **HASH_KEY}):
        yield ports


def through_gateway(cases: Sequence[Case], directory: Path, **redaction: Any) -> list[str]:
    """What came out of the gateway of prod for each case, in the same order."""
    with Sink() as sink, gateway(sink, directory, **redaction) as ports:
        return passed(cases, ports, sink)


def passed(cases: Sequence[Case], ports: Ports, sink: Sink) -> list[str]:
    """Send to a collector, wait for everything at the back ends, and say what became of each case."""
    numbered = list(enumerate(cases))
    spans = [(number, case) for number, case in numbered if not case.carrier.startswith("log ")]
    logs = [(number, case) for number, case in numbered if case.carrier.startswith("log ")]
    with traces_to(ports) as client:
        for part in _parts(spans):
            client.Export(traces([resource_spans({"service.name": "tested"}, [_span(*one) for one in part])]))
    for part in _parts(logs):
        post(ports, "logs", ExportLogsServiceRequest(resource_logs=[_logs([_record(*one) for one in part])]))
    eventually(lambda: len(list(sink.spans())) >= len(spans) and len(list(sink.records())) >= len(logs))
    found: dict[int, str] = {}
    for _, span in sink.spans():
        number = int.from_bytes(span.trace_id, "big") - 1
        found[number] = _of_span(cases[number], span)
    for _, record in sink.records():
        found[int.from_bytes(record.trace_id, "big") - 1] = _text(record.body)
    return [found[number] for number, _ in numbered]


def judged(case: Case, received: str) -> bool:
    """A secret is gone, or a harmless text is as it was sent."""
    return not case.kept(received) if case.secrets else received == _as_sent(case)


def _as_sent(case: Case) -> str:
    if isinstance(case.sent, str):
        return case.sent
    return json.dumps(case.sent, separators=(",", ":"), sort_keys=True, ensure_ascii=False)


def _parts(items: Sequence[tuple[int, Case]]) -> Iterator[Sequence[tuple[int, Case]]]:
    for start in range(0, len(items), A_REQUEST):
        yield items[start : start + A_REQUEST]


def _span(number: int, case: Case) -> Span:
    now = time.time_ns()
    trace = (number + 1).to_bytes(16, "big")
    span = Span(trace_id=trace, span_id=trace[8:], name="tested", start_time_unix_nano=now - 1, end_time_unix_nano=now)
    match case.carrier:
        case "status message":
            span.status.CopyFrom(Status(message=case.sent, code=Status.STATUS_CODE_ERROR))
        case "event: stack trace":
            event = Span.Event(
                name="exception", time_unix_nano=now, attributes=pairs({"exception.stacktrace": case.sent})
            )
            span.events.append(event)
        case _:
            span.attributes.extend(pairs({"note": case.sent} if isinstance(case.sent, str) else case.sent))
    return span


def _of_span(case: Case, span: Span) -> str:
    match case.carrier:
        case "status message":
            return span.status.message
        case "event: stack trace":
            return _text(span.events[0].attributes[0].value)
        case _ if isinstance(case.sent, dict):
            return json.dumps(
                {one.key: _plain(one.value) for one in span.attributes},
                separators=(",", ":"), sort_keys=True, ensure_ascii=False,
            )  # fmt: skip
        case _:
            return _text(span.attributes[0].value)


def _record(number: int, case: Case) -> LogRecord:
    return LogRecord(time_unix_nano=time.time_ns(), body=value(case.sent), trace_id=(number + 1).to_bytes(16, "big"))


def _logs(records: Sequence[LogRecord]) -> ResourceLogs:
    return ResourceLogs(
        resource=Resource(attributes=pairs({"service.name": "tested"})), scope_logs=[ScopeLogs(log_records=records)]
    )


def _plain(any_value: AnyValue) -> Any:
    match any_value.WhichOneof("value"):
        case "kvlist_value":
            return {one.key: _plain(one.value) for one in any_value.kvlist_value.values}
        case "array_value":
            return [_plain(one) for one in any_value.array_value.values]
        case None:
            return None
        case kind:
            found = getattr(any_value, kind)
            return int(found) if kind == "double_value" and found == int(found) else found


def _text(any_value: AnyValue) -> str:
    """A value as people read it; a structured one as JSON with its keys in order."""
    plain = _plain(any_value)
    if isinstance(plain, str):
        return plain
    return json.dumps(plain, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
