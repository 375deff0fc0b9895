"""`load-test` against a real receiver: rate, latency, refusals, failures, and traces that are found or not."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from ops.backends.http import Address
from ops.load import load_test
from ops.load.load_effects import BUSIEST_NODE, FULLEST_NODE
from ops.load.load_test import percentile
from ops.load.otlp_load import LoadPlan, send_load, trace_body
from tests.live_servers import LOOPBACK, UNAUTHORIZED, Failure, Platform, busy, closed_port, serving
from tests.query_inventory import unknown_names
from tests.unit.ops.certificates import asking_clients, certificates
from tests.unit.ops.running import Ran, run

pytestmark = pytest.mark.usefixtures("alone")

Operate = Callable[..., Ran]
SMALL = ("load-test", "--rate", "400", "--seconds", "0.5", "--connections", "4", "--yes")


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy test machine is slow; that a slow rate is a finding is tested by `test_a_rate_that_is_not_reached`."""
    monkeypatch.setattr(load_test, "RATE_TOLERANCE", 0.0)
    monkeypatch.setattr(load_test, "LOAD_TEST_SECONDS_P95", 60.0)


@pytest.fixture
def stored(platform: Platform) -> Platform:
    """A platform in which every trace can be found."""
    platform.tempo.default = lambda _: {"batches": []}
    return platform


def test_every_request_is_accepted_and_found(operate: Operate, stored: Platform) -> None:
    ran = operate(*SMALL, "--json")
    assert ran.code == 0, ran.out
    result = json.loads(ran.out)
    assert (result["requests"], result["accepted"], result["refused"], result["failed"]) == (200, 200, 0, 0)
    assert 0 < result["p50_seconds"] <= result["p95_seconds"] <= result["p99_seconds"]
    # The last request is due after 199 of 400ths of a second: never sooner, however fast the receiver is.
    assert 0 < result["requests_per_second"] <= 200 / (199 / 400)
    assert len(stored.received) == 200
    spans = stored.received[0]["resourceSpans"][0]["scopeSpans"][0]["spans"]
    assert len(spans) == 8
    assert spans[0]["parentSpanId"] == ""
    assert {span["parentSpanId"] for span in spans[1:]} == {spans[0]["spanId"]}
    assert "sends 200 traces of 8 spans" in ran.err


def test_a_rate_that_is_not_reached(operate: Operate, stored: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    # No machine sends twice as fast as it is asked to.
    monkeypatch.setattr(load_test, "RATE_TOLERANCE", 2.0)
    ran = operate(*SMALL)
    assert ran.code == 1
    assert "this machine or the port-forward is the limit" in ran.out


def test_traces_that_come_late_are_waited_for_and_lost_ones_are_a_finding(operate: Operate, platform: Platform) -> None:
    ran = operate(*SMALL, "--find-seconds", "0")
    assert ran.code == 1
    assert "2 of 2 traces with errors are missing after 0 s" in ran.out


def test_a_receiver_that_is_full(operate: Operate, stored: Platform) -> None:
    stored.otlp.failure = busy("1", times=50)
    ran = operate(*SMALL)
    assert ran.code == 1
    assert "150 accepted, 50 refused, 0 failed" in ran.out
    assert "queues or memory are full" in ran.out


def test_a_receiver_that_refuses_or_fails(operate: Operate, stored: Platform) -> None:
    stored.otlp.failure = Failure(status=500, times=10)
    ran = operate(*SMALL)
    assert ran.code == 1
    assert "0 refused, 10 failed; the first: HTTP 500" in ran.out
    stored.otlp.failure = UNAUTHORIZED
    ran = operate(*SMALL)
    assert (ran.code, ran.out) == (3, "")
    assert "otlp can't be reached: http://127.0.0.1:" in ran.err
    assert "HTTP 401" in ran.err


def test_nodes_that_are_too_busy(operate: Operate, stored: Platform) -> None:
    stored.tell("node_cpu_seconds_total", ({}, 0.91))
    stored.tell("MemAvailable", ({}, 0.55))
    ran = operate(*SMALL, "--json")
    assert ran.code == 1
    checks = {check["name"]: check for check in json.loads(ran.out)["report"]["checks"]}
    assert (checks["node CPU"]["state"], checks["node memory"]["state"]) == ("finding", "ok")
    assert checks["node CPU"]["detail"] == "91% of the busiest node, over two minutes"
    assert [unknown_names(query) for query in (BUSIEST_NODE, FULLEST_NODE)] == [[], []]


def test_nothing_listens() -> None:
    endpoint = ("--endpoint", f"otlp=http://{LOOPBACK}:{closed_port()}")
    ran = run("load-test", "--stack", "staging", "--seconds", "0.1", "--rate", "20", "--yes", *endpoint)
    assert ran.code == 3
    assert re.search(r"otlp can't be reached: .*(refused|Connect call failed)", ran.err)


def test_nothing_is_sent_without_being_asked(operate: Operate, platform: Platform) -> None:
    ran = operate("load-test")
    assert ran.code == 1
    assert "nothing sent (--yes sends without asking)" in ran.err
    assert platform.otlp.requests == []


def test_without_tempo_the_rest_is_still_judged(operate: Operate, platform: Platform) -> None:
    platform.tempo.failure = UNAUTHORIZED
    ran = operate(*SMALL)
    assert ran.code == 0
    assert "tempo refuses access" in ran.out


def test_over_tls(tmp_path: Path) -> None:
    found = certificates(tmp_path, "collector.test")
    plan = LoadPlan(200, 0.1, 2, 2, 5)
    with serving(found.server) as server:
        server.posts["/v1/traces"] = lambda body: json.loads(body) and {}
        url = f"https://collector.test:{server.port}"
        outcome = send_load(Address("otlp", url, (LOOPBACK, server.port), found.ca_file), plan)
        assert len(outcome.latencies_seconds) == 20


def test_a_receiver_that_asks_for_a_certificate(stored: Platform, tmp_path: Path) -> None:
    """As the gateway does: a load of the gateway itself shows the agents' certificate."""
    found = certificates(tmp_path, "localhost")
    with serving(asking_clients(found)) as server:
        server.posts["/v1/traces"] = lambda body: json.loads(body) and {}
        given = ("--stack", "staging", "--endpoint", f"otlp=https://localhost:{server.port}")
        given += ("--endpoint", f"tempo={stored.tempo.url}", "--ca-file", str(found.ca_file))
        ran = run(*SMALL, *given)
        assert ran.code == 3
        assert "it asks for a client's certificate; give one with --client-certificate" in ran.err
        assert server.requests == []
        ran = run(*SMALL, *given, "--client-certificate", str(found.client), "--json")
        assert json.loads(ran.out)["accepted"] == 200
        ran = run(*SMALL, *given, "--client-certificate", str(found.ca_file))
        assert ran.code == 2
        assert "accepted: a PEM file with a certificate and its key, which has no password" in ran.err


def test_a_trace_is_otlp_json() -> None:
    document = json.loads(trace_body("ab" * 16, "run", 3, is_error=True))
    spans = document["resourceSpans"][0]["scopeSpans"][0]["spans"]
    assert [span["status"]["code"] for span in spans] == [2, 0, 0]
    assert len({span["spanId"] for span in spans}) == 3
    assert all(int(span["endTimeUnixNano"]) > int(span["startTimeUnixNano"]) for span in spans)


def test_percentiles() -> None:
    values = [float(number) for number in range(1, 101)]
    assert (percentile(values, 0.5), percentile(values, 0.95), percentile([], 0.5)) == (51.0, 96.0, 0.0)
