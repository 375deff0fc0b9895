"""Every LogQL and TraceQL query of dashboards and rules runs on the real back ends and finds data."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from telemetry.alerting.rules.files import loki_rule_files
from tests.artefacts.otlp_source import post, traces_to
from tests.dashboard_queries import logql, traceql
from tests.live.platform import SETTINGS, Live, RefusedError, eventually
from tests.live.traffic import kept_traces, log_request, slow_traces, trace_requests

LINES_A_REQUEST = 1000
# The corpus on which costs were first measured.
CORPUS_LINES = 60_000
MAX_CPU_SECONDS = 2.0  # a second on each of two cores


def rule_queries() -> dict[str, str]:
    """LogQL by rule name."""
    groups = [group for text in loki_rule_files(SETTINGS).values() for group in yaml.safe_load(text)["groups"]]
    return {rule.get("alert") or rule["record"]: rule["expr"] for group in groups for rule in group["rules"]}


QUERIES = {**{f"{one.place}": one.text for one in logql("prod")}, **rule_queries()}


@pytest.fixture(scope="module", autouse=True)
def corpus(live: Live) -> None:
    """Lines of 5 minutes, and traces that sampling keeps."""
    for number in range(CORPUS_LINES // LINES_A_REQUEST):
        post(live.agent.ports, "logs", log_request(number, LINES_A_REQUEST, seconds_back=290))
    with traces_to(live.agent.ports) as tempo:
        for request in trace_requests([*kept_traces(1, 100), *slow_traces(2, 100)]):
            tempo.Export(request, timeout=10)
    eventually("every line", lambda: live.lines() >= CORPUS_LINES, seconds=180)


def test_every_line_is_found_once(live: Live) -> None:
    assert live.lines() == CORPUS_LINES


def _answer(live: Live, text: str) -> list[Any]:
    end = time.time()
    parameters = {"query": text, "start": f"{end - 360:.0f}", "end": f"{end:.0f}", "step": "60", "limit": "1000"}
    return live.get(live.loki_url, "/loki/api/v1/query_range", **parameters)["data"]["result"]


@pytest.mark.parametrize("place", [one for one in QUERIES if one != "AuthenticationFailures"])
def test_a_query_finds_data_at_a_fair_cost(live: Live, place: str) -> None:
    before = sum(one.cpu_seconds for one in live.loki)
    # A rule's threshold hides what it counts.
    found = _answer(live, QUERIES[place].partition(" > ")[0])
    spent = sum(one.cpu_seconds for one in live.loki) - before
    assert found, f"{place} finds nothing: {QUERIES[place]}"
    print(f"{spent:6.2f} CPU s  {place}")
    assert spent <= MAX_CPU_SECONDS, f"{place} took {spent:.2f} CPU s for {CORPUS_LINES} lines: {QUERIES[place]}"


def test_the_costly_rule_is_cheap(live: Live) -> None:
    text = rule_queries()["AuthenticationFailures"].partition(" > ")[0]
    before = sum(one.cpu_seconds for one in live.loki)
    answer = live.get(live.loki_url, "/loki/api/v1/query", query=text)["data"]["result"]
    spent = sum(one.cpu_seconds for one in live.loki) - before
    assert answer, "failed logins were sent and none is counted"
    assert spent <= MAX_CPU_SECONDS, f"one evaluation took {spent:.2f} CPU s"


def _places() -> Iterator[Any]:
    for one in traceql("prod"):
        yield pytest.param(one.text, id=one.place)


@pytest.mark.parametrize("text", _places())
def test_a_trace_query_finds_traces(live: Live, text: str) -> None:
    eventually(text, lambda: live.get(live.tempo_url, "/api/search", q=text, limit="20").get("traces"))


def test_labels_and_structured_metadata_are_those_that_panels_join_on(live: Live) -> None:
    (stream, *_) = _answer(live, '{service_name="api-gateway"} | detected_level="error"')
    labels = set(stream["stream"])
    assert {"service_name", "k8s_namespace_name", "deployment_environment_name"} <= labels, labels
    assert {"trace_id", "span_id", "detected_level", "user_id"} <= labels, labels
    indexed = live.get(live.loki_url, "/loki/api/v1/labels")["data"]
    assert not {"trace_id", "user_id"} & set(indexed), f"a label for each trace or user: {indexed}"


def test_a_trace_is_found_by_its_id(live: Live) -> None:
    sent = kept_traces(7, 1)
    with traces_to(live.agent.ports) as tempo:
        for request in trace_requests(sent):
            tempo.Export(request, timeout=10)
    found = eventually("the trace", lambda: _trace(live, sent[0].trace_id.hex()))
    spans = [span for batch in found["batches"] for scope in batch["scopeSpans"] for span in scope["spans"]]
    assert len(spans) == len(sent[0].spans)


def _trace(live: Live, trace_id: str) -> Any:
    try:
        return live.get(live.tempo_url, f"/api/traces/{trace_id}")
    except RefusedError:
        return None


def test_no_planted_secret_is_stored(live: Live) -> None:
    assert _answer(live, '{service_name=~".+"} |= "abcdefghij"') == []


def test_rules_are_loaded_on_every_replica_and_fire(live: Live) -> None:
    names = set(rule_queries())
    answer = live.get(live.loki_url, "/prometheus/api/v1/rules")
    loaded = {rule["name"] for group in answer["data"]["groups"] for rule in group["rules"]}
    assert loaded == names
    eventually(
        "recorded series at Mimir",
        lambda: any(path.startswith("/api/v1/push") for path in live.mimir.requests),
        seconds=150,
    )
