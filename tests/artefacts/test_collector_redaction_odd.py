"""Odd records on the real collector: none is refused, none costs its neighbours anything, and none leaks."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from google.protobuf.message import Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from telemetry.collector.masking import CUT, LONGEST_SEARCHED
from telemetry.collector.redaction import LONGEST_TEXT
from tests.artefacts.kubernetes_driver import eventually
from tests.artefacts.otlp_sink import Sink, attributes
from tests.artefacts.otlp_source import Plain, pairs, post, resource_spans, traces, value
from tests.artefacts.redaction_run import HASH_KEY, gateway

SECRET = "s3cr3tValue0815"
USER = "user-4711"
MASK = "****"
MIB = 1024 * 1024
MANY = 1000
LEVELS = 60
# Bytes that are no UTF-8 can't be written with the library: they are put in the place of this.
BROKEN, SIGN = b"\xff\xfe\xc3\x28\xed\xa0", "BROKEN"


def _nested(levels: int) -> dict[str, Plain]:
    deep: dict[str, Plain] = {"password": SECRET, "size": 3}
    for _ in range(levels):
        deep = {"in": deep}
    return deep


BODIES: dict[str, Plain] = {
    "of 1 MiB": "order stored; " * (MIB // 14),
    "of 1 MiB with a secret": f"password={SECRET} " + "order stored; " * (MIB // 14),
    "secret behind what is searched": "token=abc123def456 " + "x " * LONGEST_SEARCHED + f"password={SECRET}",
    "only a": "a" * LONGEST_TEXT,
    "a and a secret": "a" * 20_000 + f" password={SECRET} " + "a" * 9_000,
    "many words, no secrets": "token expired, password reset, api_key ok; " * 700,
    "many addresses' signs": "@" * 30_000,
    "many colons": "password" + ":" * 30_000,
    "many digits": "4" * 30_000,
    "open brackets": "{[" * 15_000 + f'"password":"{SECRET}"',
    "broken": f"order {SIGN} stored",
    "broken with a secret": f"order {SIGN} password={SECRET} stored",
    "nested": _nested(LEVELS),
    "an id in JSON": f'{{"level":"info","user_id":"{USER}"}}',
    "an id in JSON in JSON": json.dumps({"msg": json.dumps({"userId": USER})}),
    "an id in logfmt": f"level=info user.id={USER} done",
    "an id in a structured body": {"user": {"user.id": USER}},
}
SPANS: dict[str, dict[str, Plain]] = {
    "many attributes": {**{f"key.{number}": f"value {number}" for number in range(MANY)}, "db.password": SECRET},
    "nested attribute": {"deep": _nested(LEVELS)},
    "broken attribute": {"note": f"order {SIGN} stored"},
    "broken name of an attribute": {f"note {SIGN}": "stored"},
    f"broken name {SIGN}": {"note": "stored"},
    "bytes-like": {"note": "\x00\x01\x02 password=" + SECRET},
    "an id": {"user.id": USER},
    "an id beside a table with a secret": {"user.id": USER, "table": {"user.id": USER, "password": SECRET}},
    # The element's end stands behind that of its own table: what is between isn't JSON any more.
    "no JSON any more": {"a": {"m": f"<password>{SECRET}", "n": SECRET}, "b": "</password>", "c": 1},
}


class Passed(NamedTuple):
    bodies: dict[str, str]
    spans: dict[str, Span]
    sink: Sink


@pytest.fixture(scope="module")
def passed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Passed]:
    """Each odd record between two ordinary ones, all in one request for each signal."""
    with Sink() as sink, gateway(sink, tmp_path_factory.mktemp("odd") / "run") as ports:
        spans = [_span(number, name, given) for number, (name, given) in enumerate(SPANS.items())]
        ordinary = [_span(len(SPANS) + number, "ordinary", {"note": "stored"}) for number in range(2)]
        request = traces([resource_spans({"service.name": "odd"}, [ordinary[0], *spans, ordinary[1]])])
        post(ports, "traces", _Unchecked(request))
        records = [_record(name, body) for name, body in BODIES.items()]
        around = [_record(f"ordinary {number}", "order stored") for number in range(2)]
        logs = ResourceLogs(scope_logs=[ScopeLogs(log_records=[around[0], *records, around[1]])])
        post(ports, "logs", _Unchecked(ExportLogsServiceRequest(resource_logs=[logs])))
        eventually(lambda: len(list(sink.spans())) == len(SPANS) + 2)
        eventually(lambda: len(list(sink.records())) == len(BODIES) + 2)
        bodies = {attributes(record)["case"]: record.body.string_value for _, record in sink.records()}
        yield Passed(bodies, {span.span_id.hex(): span for _, span in sink.spans()}, sink)


def _span(number: int, name: str, given: dict[str, Plain]) -> Span:
    now, identity = time.time_ns(), (number + 1).to_bytes(16, "big")
    return Span(
        trace_id=identity, span_id=identity[8:], name=name, start_time_unix_nano=now - 1, end_time_unix_nano=now,
        attributes=pairs(given),
    )  # fmt: skip


def _record(name: str, body: Plain) -> LogRecord:
    return LogRecord(time_unix_nano=time.time_ns(), body=value(body), attributes=pairs({"case": name}))


class _Unchecked:
    """A request with the broken bytes, as a client sends it whose library doesn't check."""

    def __init__(self, request: Message) -> None:
        self._request = request

    def SerializeToString(self) -> bytes:  # noqa: N802 (protobuf's name)
        return self._request.SerializeToString().replace(SIGN.encode(), BROKEN)


def _of(passed: Passed, name: str) -> Span:
    number = list(SPANS).index(name)
    return passed.spans[(number + 1).to_bytes(16, "big")[8:].hex()]


def test_every_record_arrives_once_and_ordinary_neighbours_as_they_were(passed: Passed) -> None:
    assert passed.bodies.keys() == {*BODIES, "ordinary 0", "ordinary 1"}
    assert len(passed.spans) == len(SPANS) + 2
    assert passed.bodies["ordinary 0"] == passed.bodies["ordinary 1"] == "order stored"


def test_no_secret_leaves(passed: Passed) -> None:
    assert SECRET.encode() not in passed.sink.everything()


def test_long_bodies_are_cut_where_the_page_says(passed: Passed) -> None:
    assert passed.bodies["of 1 MiB"] == ("order stored; " * (MIB // 14))[:LONGEST_TEXT] + CUT
    assert len(passed.bodies["of 1 MiB with a secret"]) <= LONGEST_SEARCHED + len(CUT)
    assert passed.bodies["secret behind what is searched"].endswith(CUT)
    assert passed.bodies["only a"] == "a" * LONGEST_TEXT


def test_harmless_bombs_are_left_as_they_are(passed: Passed) -> None:
    for name in ("many words, no secrets", "many addresses' signs"):
        assert passed.bodies[name] == BODIES[name]
    assert passed.bodies["a and a secret"].count("a") > 29_000


def test_what_is_no_utf8_is_repaired(passed: Passed) -> None:
    assert "order " in passed.bodies["broken"]
    assert "\ufffd" in passed.bodies["broken"]
    assert "\ufffd" in attributes(_of(passed, "broken attribute"))["note"]


def test_a_thousand_attributes_come_whole(passed: Passed) -> None:
    found = attributes(_of(passed, "many attributes"))
    assert len(found) == MANY + 1
    assert found["db.password"] == MASK
    assert found["key.999"] == "value 999"


def test_sixty_levels_are_walked(passed: Passed) -> None:
    deep = json.loads(passed.bodies["nested"])
    for _ in range(LEVELS):
        deep = deep["in"]
    assert deep["password"] == MASK


def test_an_id_has_one_hash_wherever_it_stands(passed: Passed) -> None:
    hashed = hashlib.sha256((HASH_KEY["LGTM_REDACTION_HASH_KEY"] + USER).encode()).hexdigest()
    assert attributes(_of(passed, "an id"))["user.id"] == hashed
    assert attributes(_of(passed, "an id beside a table with a secret"))["user.id"] == hashed
    for name in (name for name in BODIES if name.startswith("an id")):
        assert passed.bodies[name].count(hashed) == 1, passed.bodies[name]
        assert USER not in passed.bodies[name]


def test_attributes_that_are_no_json_any_more_leave_as_masked_text(passed: Passed) -> None:
    assert attributes(_of(passed, "no JSON any more")).keys() == {"redacted"}
