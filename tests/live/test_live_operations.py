"""The operator's commands against real Loki and Tempo, and the deletion API that erasure needs."""

from __future__ import annotations

import time

import pytest

from tests.artefacts.otlp_source import post
from tests.live.platform import Live, eventually
from tests.live.traffic import log_request
from tests.unit.ops.running import Ran, run


@pytest.fixture(scope="module", autouse=True)
def traffic(live: Live) -> None:
    """A thousand lines."""
    post(live.agent.ports, "logs", log_request(1, 1000))
    eventually("lines", live.lines)


def _ran(live: Live, *words: str) -> Ran:
    return run(*words, "--stack", "prod", *live.endpoint_arguments)


def test_connectivity_goes_through_tls_to_loki_and_tempo(live: Live) -> None:
    said = _ran(live, "connectivity").out
    lines = [line for line in said.splitlines() if line.strip().startswith(("loki", "tempo"))]
    assert lines, said
    assert not [line for line in lines if "fail" in line.lower()], said


def test_health_reads_the_real_answers_of_loki_and_tempo(live: Live) -> None:
    said = _ran(live, "health").out
    lines = [line for line in said.splitlines() if "loki" in line.lower() or "tempo" in line.lower()]
    ready = [line for line in lines if "ready" in line.lower() or "answers" in line.lower()]
    assert ready, said


def test_slow_queries_are_those_that_were_asked(live: Live) -> None:
    ran = _ran(live, "queries", "slow", "--hours", "1", "--over", "0")
    assert ran.code in (0, 1), ran.err


def test_a_deletion_request_is_taken_and_listed_by_the_compactor(live: Live) -> None:
    start = f"{time.time() - 3600:.0f}"
    query = '{service_name=~".+"} | user_id="user-7"'
    live.post(live.loki_url, "/loki/api/v1/delete", query=query, start=start)
    listed = [one["query"] for one in live.get(live.loki_url, "/loki/api/v1/delete")]
    assert query in listed
