"""`assess` against servers that answer as Prometheus and Elasticsearch do, and fail as they do."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import yaml

from ops.__main__ import main
from ops.backends import http
from ops.backends.errors import LiveError, Problem
from ops.backends.http import Address, HttpService
from ops.migration.assessment import assess_elasticsearch, assess_prometheus
from tests.live_servers import DOWN, GARBAGE, UNAUTHORIZED, Failure, Server, busy, closed_port, serving, vector
from tests.stacks import settings_of

NOW = datetime(2026, 11, 25, tzinfo=UTC)
USABLE, UNUSABLE, OUT_OF_REACH = 0, 2, 3


def _answered(data: Any) -> dict[str, Any]:
    return {"status": "success", "data": data}


def _index(name: str, days_old: float, documents: int | None, primary_bytes: int | None) -> dict[str, str | None]:
    created = (datetime.now(UTC) - timedelta(days=days_old)).timestamp()
    return {
        "index": name,
        "docs.count": None if documents is None else str(documents),
        "store.size": None if primary_bytes is None else str(primary_bytes * 2),
        "pri.store.size": None if primary_bytes is None else str(primary_bytes),
        "creation.date": str(round(created * 1000)),
    }


@pytest.fixture
def prometheus() -> Iterator[Server]:
    """100,000 series every 15 s, 120 requests a second, 3 targets, 3 rules."""
    with serving() as server:
        counts = {"prometheus_tsdb_head_samples_appended_total": 6666.7, "rate(http_requests_total[5m])": 120.0}

        unlabelled: dict[str, str] = {}

        def query(parameters: Mapping[str, str]) -> Any:
            values = [value for part, value in counts.items() if part in parameters["query"]]
            return vector(*((unlabelled, value) for value in values))

        rules = [{"type": "alerting", "name": "Slow"}, {"type": "recording", "name": "a:b"}, {"type": "alerting"}]
        targets = [{"labels": {"job": job}} for job in ("api", "node", "api")]
        names = [{"name": "apiserver_request_duration_seconds_bucket", "value": 9000}]
        server.answers |= {
            "/api/v1/status/tsdb": lambda _: _answered(
                {"headStats": {"numSeries": 100_000}, "seriesCountByMetricName": names}
            ),
            "/api/v1/targets": lambda _: _answered({"activeTargets": targets, "droppedTargets": []}),
            "/api/v1/rules": lambda _: _answered({"groups": [{"name": "one", "rules": rules}]}),
            "/api/v1/status/flags": lambda _: _answered({"storage.tsdb.retention.time": "30d"}),
            "/api/v1/query": query,
        }
        yield server


@pytest.fixture
def elasticsearch() -> Iterator[Server]:
    """Ten days of one stream, half of it rolled over, beside indices that don't count."""
    with serving() as server:
        server.answers["/_cat/indices"] = lambda _: [
            _index("filebeat-2026.11.15", 10, 43_200_000, 8_640_000_000),
            _index("filebeat-2026.11.20", 5, 43_200_000, 8_640_000_000),
            _index(".ds-logs-nginx-default-2026.11.24-000002", 1, 8_640_000, 1_728_000_000),
            _index(".kibana_1", 300, 999_999_999, 999_999_999_999),
            _index(".ds-.monitoring-es-8-mb-2026.11.24-000001", 300, 999_999_999, 999_999_999_999),
            _index("closed-2026.11.01", 24, None, None),
        ]
        yield server


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits before retries, which nobody waits for."""
    waited: list[float] = []
    monkeypatch.setattr(http, "pause", waited.append)
    return waited


def _service(server: Server) -> HttpService:
    return HttpService(Address(name="old", url=server.url))


def _json(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert main(["assess", "--stack", "staging", "--json", *arguments]) == USABLE
    return json.loads(capsys.readouterr().out)


def test_what_a_prometheus_carries(prometheus: Server) -> None:
    found = assess_prometheus(_service(prometheus))
    assert (found.active_series, found.scrape_interval_seconds, found.requests_per_second) == (100_000, 15, 120.0)
    assert (found.targets, found.jobs) == (3, ("api", "node"))
    assert (found.alerting_rules, found.recording_rules, found.retention) == (2, 1, "30d")
    assert [(one.name, one.amount) for one in found.largest] == [("apiserver_request_duration_seconds_bucket", 9000.0)]


def test_a_prometheus_without_flags_of_retention_keeps_15_days(prometheus: Server) -> None:
    prometheus.answers["/api/v1/status/flags"] = lambda _: _answered({"storage.tsdb.retention.time": "0s"})
    assert assess_prometheus(_service(prometheus)).retention == "15d"


@pytest.mark.parametrize("answer", [vector(), vector(({}, float("nan")))], ids=["no series", "NaN"])
def test_requests_that_no_metric_counts_are_unknown(prometheus: Server, answer: Any) -> None:
    prometheus.answers["/api/v1/query"] = lambda _: answer
    found = assess_prometheus(_service(prometheus))
    assert found.requests_per_second is None
    assert found.samples_per_second == 0.0
    assert found.scrape_interval_seconds is None


def test_what_an_elasticsearch_keeps(elasticsearch: Server) -> None:
    found = assess_elasticsearch(_service(elasticsearch))
    assert found.lines_per_second == pytest.approx(100 + 100, rel=1e-3)
    assert found.bytes_per_line == 200
    assert found.stored_gb == pytest.approx(2 * (8.64 + 8.64 + 1.728))
    assert found.oldest_days == pytest.approx(24, rel=1e-3)
    assert {one.name for one in found.largest} == {"filebeat", ".ds-logs-nginx-default", "closed"}
    assert all(one.amount == pytest.approx(1.728e9, rel=1e-3) for one in found.largest[:2])


def test_an_index_without_a_date_has_no_rate(elasticsearch: Server) -> None:
    undated = _index("old", 1, 86_400, 86_400) | {"creation.date": None}
    elasticsearch.answers["/_cat/indices"] = lambda _: [undated, _index("new", 1, 86_400, 86_400)]
    found = assess_elasticsearch(_service(elasticsearch))
    assert found.lines_per_second == pytest.approx(1, rel=1e-3)
    assert found.oldest_days == pytest.approx(1, rel=1e-3)


def test_both_become_settings_that_the_stack_accepts(
    prometheus: Server, elasticsearch: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ("--prometheus", prometheus.url, "--elasticsearch", elasticsearch.url)
    workload = _json(capsys, *given)["workload"]
    assert workload == {
        "requests_per_second": 120.0,
        "active_series": 100_000,
        "scrape_interval_seconds": 15,
        "log_lines_per_request": 1.67,
        "bytes_per_log_line": 200,
    }
    now = settings_of("staging").workload
    assert type(now).model_validate(now.model_dump() | workload).active_series == 100_000


def test_the_text_names_settings_and_dollars(
    prometheus: Server, elasticsearch: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ("--prometheus", prometheus.url, "--elasticsearch", elasticsearch.url)
    assert main(["assess", "--stack", "staging", *given]) == USABLE
    text = capsys.readouterr().out
    assert "100,000, 6,667 samples/s, one every 15 s" in text
    assert "200.0 lines/s of 200 bytes" in text
    assert "2 alerting, 1 recording" in text
    shown = text.split("below lgtm:platform:\n", 1)[1].split("\n\n", 1)[0]
    assert yaml.safe_load(shown)["workload"]["requests_per_second"] == 120.0
    assert "USD" in text


def test_requests_given_by_hand_win(prometheus: Server, capsys: pytest.CaptureFixture[str]) -> None:
    given = ("--prometheus", prometheus.url, "--requests-per-second", "75")
    assert _json(capsys, *given)["workload"]["requests_per_second"] == 75.0


def test_a_prometheus_that_does_not_scrape_itself_changes_no_interval(
    prometheus: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    prometheus.answers["/api/v1/query"] = lambda _: vector()
    assert _json(capsys, "--prometheus", prometheus.url)["workload"] == {"active_series": 100_000}
    assert main(["assess", "--stack", "staging", "--prometheus", prometheus.url]) == USABLE
    text = capsys.readouterr().out
    assert "100,000, samples not counted" in text
    assert "give --requests-per-second" in text


def test_an_empty_elasticsearch_changes_no_setting(elasticsearch: Server, capsys: pytest.CaptureFixture[str]) -> None:
    elasticsearch.answers["/_cat/indices"] = lambda _: []
    assert _json(capsys, "--elasticsearch", elasticsearch.url)["workload"] == {}
    assert main(["assess", "--stack", "staging", "--elasticsearch", elasticsearch.url]) == USABLE
    text = capsys.readouterr().out
    assert "no index with documents" in text
    assert "nothing to change in Pulumi.staging.yaml" in text


def test_lines_that_no_request_explains_are_refused(elasticsearch: Server, capsys: pytest.CaptureFixture[str]) -> None:
    given = ("--elasticsearch", elasticsearch.url, "--requests-per-second", "0.01")
    assert main(["assess", "--stack", "staging", *given]) == UNUSABLE
    said = capsys.readouterr().err
    assert "20,000 lines a request" in said
    assert "--requests-per-second" in said


def test_nothing_to_assess_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["assess", "--stack", "staging"]) == UNUSABLE
    assert "--prometheus URL" in capsys.readouterr().err


FAILURES = {
    "503": (DOWN, Problem.BUSY, "503"),
    "401": (UNAUTHORIZED, Problem.REFUSED, "401"),
    "429": (busy("1"), Problem.BUSY, "429"),
    "500": (Failure(status=500, body=b"boom"), Problem.FAILED, "boom"),
    "no JSON": (GARBAGE, Problem.GARBAGE, "not JSON"),
    "other JSON": (Failure(body=b'{"hello": "world"}'), Problem.GARBAGE, ""),
    "a string": (Failure(body=b'"hello"'), Problem.GARBAGE, ""),
}


@pytest.mark.parametrize("option", ["--prometheus", "--elasticsearch"])
@pytest.mark.parametrize("failure", FAILURES)
def test_a_failure_is_one_message_that_names_the_service(
    option: str, failure: str, capsys: pytest.CaptureFixture[str]
) -> None:
    how, problem, part = FAILURES[failure]
    with serving() as server:
        server.failure = how
        assert main(["assess", "--stack", "staging", option, server.url]) == OUT_OF_REACH
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(f"error: {option.removeprefix('--')} {problem.value}: ")
    assert part in printed.err
    assert printed.err.count("\n") == 1


def test_a_closed_port_is_one_message(capsys: pytest.CaptureFixture[str]) -> None:
    url = f"http://127.0.0.1:{closed_port()}"
    assert main(["assess", "--stack", "staging", "--prometheus", url]) == OUT_OF_REACH
    assert "connection refused" in capsys.readouterr().err


def test_a_busy_server_is_asked_again(prometheus: Server, waits: list[float]) -> None:
    prometheus.failure = busy("3", times=1)
    assert assess_prometheus(_service(prometheus)).active_series == 100_000
    assert waits == [3.0]


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/api/v1/status/tsdb", {"headStats": {"numSeries": "many"}}),
        ("/api/v1/status/tsdb", {"headStats": {"numSeries": 1}, "seriesCountByMetricName": [{"name": "up"}]}),
        ("/api/v1/query", {"result": [{"value": [1]}]}),
        ("/api/v1/query", {"result": [{"value": [1, "a lot"]}]}),
    ],
)
def test_an_answer_without_its_number_is_garbage(prometheus: Server, path: str, answer: Any) -> None:
    prometheus.answers[path] = lambda _: _answered(answer)
    with pytest.raises(LiveError, match="where a number belongs") as raised:
        assess_prometheus(_service(prometheus))
    assert raised.value.problem is Problem.GARBAGE


@pytest.mark.parametrize("group", [{}, {"rules": None}, "rules"])
def test_a_group_without_rules_counts_none(prometheus: Server, group: Any) -> None:
    prometheus.answers["/api/v1/rules"] = lambda _: _answered({"groups": [group]})
    assert assess_prometheus(_service(prometheus)).alerting_rules == 0


def test_credentials_come_from_the_environment(
    elasticsearch: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LGTM_ELASTICSEARCH_AUTHORIZATION", "ApiKey of-the-test")
    _json(capsys, "--elasticsearch", elasticsearch.url)
    assert elasticsearch.authorizations == ["ApiKey of-the-test"]


def test_credentials_in_an_address_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["assess", "--stack", "staging", "--prometheus", "http://me:hidden@127.0.0.1:1"]) == UNUSABLE
    assert "without credentials" in capsys.readouterr().err
