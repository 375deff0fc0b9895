"""Redaction on the real collector: a table of what must be masked and what must stay, in every place it can stand."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs
from opentelemetry.proto.metrics.v1.metrics_pb2 import (
    Gauge,
    Histogram,
    HistogramDataPoint,
    Metric,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
)
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from telemetry.collector.gateway import gateway_config
from tests.artefacts.collector_driver import POD_ENVIRONMENT, Ports, on_loopback, running
from tests.artefacts.kubernetes_driver import eventually
from tests.artefacts.otlp_sink import Sink, attributes, text
from tests.artefacts.otlp_source import pairs, post, resource_spans, traces, traces_to, value
from tests.stacks import stack_settings

CASES = yaml.safe_load((Path(__file__).parents[1] / "data" / "redaction" / "cases.yaml").read_text())
ENOUGH = 60
MASK = "****"
HASHED, IGNORED, ALLOWED = "enduser.id", "order.number", "note"
REDACTION = {
    "hashed_attributes": [HASHED],
    "ignored_attributes": [IGNORED],
    "allowed_attributes": [ALLOWED, HASHED, IGNORED, "db.password", "list", "table", "number", "key"],
    "hash_key_secret": "redaction",
    "personal_data": ["email", "phone", "national_phone", "iban", "national_id", "client_address"],
}


class Case(NamedTuple):
    sent: str
    expected: str


def without_marks(sentence: str) -> str:
    return sentence.replace("¦", "")


CAUGHT = [Case(without_marks(sent), kept) for kind in CASES["caught"].values() for sent, kept in kind]
UNTOUCHED = [Case(sent, sent) for kind in CASES["untouched"].values() for sent in kind]
ALL = [*CAUGHT, *UNTOUCHED]


class Passed(NamedTuple):
    """What came out of the collector, by place and number of the case."""

    texts: dict[str, dict[int, str]]
    sink: Sink
    spans: dict[str, dict[str, str]]
    records: dict[str, dict[str, str]]
    points: dict[str, dict[str, str]]


@pytest.fixture(scope="module")
def passed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Passed]:
    """Everything sent once through the gateway of prod, keeping all traces."""
    directory = tmp_path_factory.mktemp("redaction")
    (directory / "state").mkdir()
    prod = stack_settings("prod", sampling={"mode": "full"}, redaction=REDACTION)
    ports = Ports.free()
    environment = {**POD_ENVIRONMENT, "LGTM_REDACTION_HASH_KEY": "0123456789abcdef0123456789abcdef"}
    with Sink() as sink:
        document = on_loopback(gateway_config(prod).document(), ports, directory / "state", sink.back_ends)
        with running(document, ports, directory, environment):
            with traces_to(ports) as client:
                client.Export(traces(_span_case(number, case) for number, case in enumerate(ALL)))
                client.Export(traces(_special_spans()))
            post(ports, "logs", ExportLogsServiceRequest(resource_logs=[*_log_cases(), *_special_logs()]))
            post(ports, "metrics", ExportMetricsServiceRequest(resource_metrics=[*_metric_cases(), _special_metric()]))
            eventually(lambda: len(list(sink.spans())) == len(ALL) + len(SPECIAL))
            eventually(lambda: len(list(sink.records())) == len(ALL) + len(SPECIAL) + 2)
            eventually(lambda: len(list(sink.measured("tested"))) == len(ALL))
            eventually(lambda: list(sink.measured("traces.span.metrics.calls")) and list(sink.measured("special")))
            yield _collected(sink)


# Values that aren't a text of their own, and attributes that are treated by name.
SPECIAL: dict[str, dict[str, Any]] = {
    "denied": {"db.password": "hunter2"},
    "denied number": {"db.password": 12345},
    "hashed": {HASHED: "user-4711"},
    "hashed again": {HASHED: "user-4711"},
    "hashed other": {HASHED: "jane@example.com"},
    "hashed number": {HASHED: 4711},
    "ignored": {IGNORED: "4111111111111111"},
    "ignored number": {IGNORED: 4111111111111111},
    "card as number": {"number": 4111111111111111},
    "plain number": {"number": 1234},
    "plain float": {"number": 0.4111111111111111},
    "secret in list": {"list": ["x", "jane@example.com"]},
    "plain list": {"list": ["x", "y", 3]},
    "secret in table": {"table": {"a": {"password": "hunter2"}}},
    "plain table": {"table": {"a": {"b": True}}},
    "not allowed": {"surprise": "x", ALLOWED: "y"},
}


def _span(number: int, name: str, **parts: Any) -> Span:
    now = time.time_ns()
    trace = (number + 1).to_bytes(16, "big")
    return Span(
        trace_id=trace,
        span_id=trace[8:],
        name=name,
        start_time_unix_nano=now - 10_000_000,
        end_time_unix_nano=now,
        **parts,
    )


def _span_case(number: int, case: Case) -> Any:
    now = time.time_ns()
    span = _span(
        number,
        case.sent,
        attributes=pairs({ALLOWED: case.sent}),
        status=Status(message=case.sent, code=Status.STATUS_CODE_ERROR),
        events=[Span.Event(name=case.sent, time_unix_nano=now, attributes=pairs({ALLOWED: case.sent}))],
    )
    return resource_spans({"service.name": "tested", "resource.note": case.sent}, [span])


def _special_spans() -> Iterator[Any]:
    for number, (name, given) in enumerate(SPECIAL.items(), start=len(ALL)):
        yield resource_spans({"service.name": "special"}, [_span(number, name, attributes=pairs(given))])


def _logs(name: str, records: list[LogRecord], **given: str) -> ResourceLogs:
    return ResourceLogs(
        resource=Resource(attributes=pairs({"service.name": name, **given})),
        scope_logs=[ScopeLogs(log_records=records)],
    )


def _log_cases() -> Iterator[ResourceLogs]:
    for number, case in enumerate(ALL):
        record = LogRecord(
            time_unix_nano=time.time_ns(),
            body=value(case.sent),
            attributes=pairs({ALLOWED: case.sent}),
            trace_id=(number + 1).to_bytes(16, "big"),
        )
        yield _logs("tested", [record], **{"resource.note": case.sent})


def _special_logs() -> Iterator[ResourceLogs]:
    bodies = ({"user": "jane", "password": "hunter2", "deep": {"mail": "jane@example.com"}}, ["x", {"api_key": "abc1"}])
    structured = [LogRecord(time_unix_nano=time.time_ns(), body=value(body)) for body in bodies]
    named = [
        LogRecord(time_unix_nano=time.time_ns(), body=value(name), attributes=pairs(given))
        for name, given in SPECIAL.items()
    ]
    yield _logs("structured", structured)
    yield _logs("special", named)


def _metric_cases() -> Iterator[ResourceMetrics]:
    for number, case in enumerate(ALL):
        labels = pairs({"number": number, ALLOWED: case.sent})
        point = NumberDataPoint(time_unix_nano=time.time_ns(), as_int=1, attributes=labels)
        histogram = HistogramDataPoint(time_unix_nano=time.time_ns(), count=1, bucket_counts=[1], attributes=labels)
        metrics = [
            Metric(name="tested", gauge=Gauge(data_points=[point])),
            Metric(
                name="tested.histogram",
                histogram=Histogram(
                    data_points=[histogram], aggregation_temporality="AGGREGATION_TEMPORALITY_CUMULATIVE"
                ),
            ),
        ]
        resource = Resource(attributes=pairs({"service.name": "tested", "resource.note": case.sent}))
        yield ResourceMetrics(resource=resource, scope_metrics=[ScopeMetrics(metrics=metrics)])


def _special_metric() -> ResourceMetrics:
    points = [
        NumberDataPoint(time_unix_nano=time.time_ns(), as_int=1, attributes=pairs({"key": name, **given}))
        for name, given in SPECIAL.items()
    ]
    resource = Resource(attributes=pairs({"service.name": "special"}))
    scope = ScopeMetrics(metrics=[Metric(name="special", gauge=Gauge(data_points=points))])
    return ResourceMetrics(resource=resource, scope_metrics=[scope])


def _collected(sink: Sink) -> Passed:
    places = (
        "span name", "span attribute", "span status", "event name", "event attribute", "span resource",
        "log body", "log attribute", "log resource", "metric attribute", "histogram attribute", "metric resource",
    )  # fmt: skip
    texts: dict[str, dict[int, str]] = {place: {} for place in places}
    spans: dict[str, dict[str, str]] = {}
    for resource, span in sink.spans():
        if attributes(resource)["service.name"] == "special":
            spans[span.name] = attributes(span)
            continue
        found = (span.name, attributes(span)[ALLOWED], span.status.message, span.events[0].name,
                 attributes(span.events[0])[ALLOWED], attributes(resource)["resource.note"])  # fmt: skip
        for place, one in zip(places[:6], found, strict=True):
            texts[place][int.from_bytes(span.trace_id, "big") - 1] = one
    records: dict[str, dict[str, str]] = {}
    for resource, record in sink.records():
        about, body = attributes(resource), text(record.body)
        if about["service.name"] != "tested":
            records[body] = attributes(record)
            continue
        for place, one in zip(places[6:9], (body, attributes(record)[ALLOWED], about["resource.note"]), strict=True):
            texts[place][int.from_bytes(record.trace_id, "big") - 1] = one
    for resource, metric in sink.measured("tested"):
        labels = attributes(metric.gauge.data_points[0])
        texts["metric attribute"][int(labels["number"])] = labels[ALLOWED]
        texts["metric resource"][int(labels["number"])] = attributes(resource)["resource.note"]
    for _, metric in sink.measured("tested.histogram"):
        labels = attributes(metric.histogram.data_points[0])
        texts["histogram attribute"][int(labels["number"])] = labels[ALLOWED]
    points = {
        attributes(point)["key"]: attributes(point)
        for _, metric in sink.measured("special")
        for point in metric.gauge.data_points
    }
    return Passed(texts, sink, spans, records, points)


def test_the_table_is_large_enough_and_names_no_case_twice() -> None:
    assert len(CAUGHT) >= ENOUGH
    assert len(UNTOUCHED) >= ENOUGH
    assert len({case.sent for case in ALL}) == len(ALL)
    assert all(MASK in case.expected for case in CAUGHT)


@pytest.mark.parametrize("place", [
    "span name", "span attribute", "span status", "event name", "event attribute", "span resource",
    "log body", "log attribute", "log resource", "metric attribute", "histogram attribute", "metric resource",
])  # fmt: skip
def test_every_case_in_every_place(passed: Passed, place: str) -> None:
    found = passed.texts[place]
    assert len(found) == len(ALL)
    wrong = {
        case.sent: (found[number], case.expected) for number, case in enumerate(ALL) if found[number] != case.expected
    }
    assert not wrong


def test_names_are_masked_before_they_become_labels_of_span_metrics(passed: Passed) -> None:
    expected = {case.expected for case in ALL} | set(SPECIAL)
    eventually(lambda: _span_labels(passed.sink) == expected)


def _span_labels(sink: Sink) -> set[str]:
    calls = sink.measured("traces.span.metrics.calls")
    return {attributes(point)["span.name"] for _, metric in calls for point in metric.sum.data_points}


@pytest.mark.parametrize("signal", ["spans", "records", "points"])
def test_attributes_by_name_and_values_that_are_not_text(passed: Passed, signal: str) -> None:
    found: dict[str, dict[str, str]] = getattr(passed, signal)
    for name in ("denied", "denied number"):
        assert found[name]["db.password"] == MASK
    assert found["ignored"][IGNORED] == "4111111111111111"
    assert found["ignored number"][IGNORED] == "4111111111111111"
    assert found["card as number"]["number"] == MASK
    assert found["plain number"]["number"] == "1234"
    assert found["plain float"]["number"] == "0.4111111111111111"
    for name, key, secret in (("secret in list", "list", "jane"), ("secret in table", "table", "hunter2")):
        assert MASK in found[name][key]
        assert secret not in found[name][key]
    assert "string_value" in found["plain list"]["list"]
    assert "bool_value: true" in found["plain table"]["table"]


@pytest.mark.parametrize("signal", ["spans", "records", "points"])
def test_hashed_ids_can_be_joined_and_not_read(passed: Passed, signal: str) -> None:
    found: dict[str, dict[str, str]] = getattr(passed, signal)
    first, again, other, number = (
        found[name][HASHED] for name in ("hashed", "hashed again", "hashed other", "hashed number")
    )
    assert first == again == passed.spans["hashed"][HASHED]
    assert len({first, other, number}) == 3
    assert all(len(one) == 64 and int(one, 16) for one in (first, other, number))


def test_an_allow_list_holds_for_traces_and_logs_and_spares_series(passed: Passed) -> None:
    assert passed.spans["not allowed"] == passed.records["not allowed"] == {ALLOWED: "y"}
    assert passed.points["not allowed"] == {"key": "not allowed", "surprise": "x", ALLOWED: "y"}


def test_structured_bodies_become_json_without_their_secrets(passed: Passed) -> None:
    bodies = [body for body in passed.records if body[0] in "[{"]
    assert sorted(yaml.safe_load(body) for body in bodies if body[0] == "{") == [
        {"user": "jane", "password": MASK, "deep": {"mail": MASK}}
    ]
    assert [yaml.safe_load(body) for body in bodies if body[0] == "["] == [["x", {"api_key": MASK}]]


def test_no_secret_leaves_in_any_form(passed: Passed) -> None:
    everything = passed.sink.everything()
    for secret in (b"hunter2", b"jane@example.com", b"user-4711", b"s3cr3t", b"correct horse"):
        assert secret not in everything
