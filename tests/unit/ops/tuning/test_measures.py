"""`performance`, `queries slow`, `cache status`, `sampling validate` and `dashboards optimise` over real servers."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from ops.backends import logfmt
from telemetry.charts.loki_config import INDEX_LABELS
from tests.live_servers import DOWN, GARBAGE, SILENT, Platform, busy, streams, vector
from tests.query_inventory import unknown_names
from tests.query_parsers import syntax_errors
from tests.unit.ops.running import Ran, run

pytestmark = pytest.mark.usefixtures("alone")

Operate = Callable[..., Ran]
LOKI_LINES = (
    'level=info caller=metrics.go:237 component=frontend org_id=fake latency=slow query="{service_name=\\"api\\"}" '
    "length=72h0m0s duration=12.5s status=200 total_bytes=3.5GB",
    'level=info caller=metrics.go:237 component=frontend org_id=fake latency=slow query="{service_name=\\"api\\"}" '
    "length=72h0m0s duration=4.25s status=200 total_bytes=1.0GB",
    'level=info caller=metrics.go:237 component=querier org_id=fake latency=slow query="{service_name=\\"api\\"}" '
    "length=1h0m0s duration=9s status=200 total_bytes=100MB",
    'level=info caller=metrics.go:237 component=frontend query="count_over_time({a=\\"b\\"} |= \\"x\\" [5m])" '
    "length=1h0m0s duration=1.9s total_bytes=1MB",
    "not a line of statistics",
)
MIMIR_LINES = (
    'ts=2026-11-25T02:00:00Z msg="query stats" component=query-frontend response_time=3.5s fetched_chunk_bytes=2048 '
    'param_query="sum(rate(http_server_request_duration_seconds_bucket[5m]))" length=1h0m0s',
)
TEMPO_LINES = ('msg="search response" query="{ status = error }" duration_seconds=2.5 inspected_bytes=5000000',)


def _logs(platform: Platform) -> None:
    def answer(parameters: Mapping[str, str]) -> Any:
        for part, lines in (
            ("metrics.go", LOKI_LINES),
            ("query stats", MIMIR_LINES),
            ("duration_seconds", TEMPO_LINES),
        ):
            if part in parameters["query"]:
                return streams(*(({"k8s_container_name": "x"}, line) for line in lines))
        return streams()

    platform.loki.answers["/loki/api/v1/query_range"] = answer
    platform.loki.answers["/loki/api/v1/labels"] = lambda _: {"status": "success", "data": []}
    platform.tempo.answers["/api/search"] = lambda _: {"traces": []}


def _fast(platform: Platform) -> None:
    _logs(platform)
    for metric in ("loki", "cortex", "tempo"):
        platform.tell(f"(0.5, sum by (le) (rate({metric}_", ({}, 0.4))
        platform.tell(f"(0.95, sum by (le) (rate({metric}_", ({}, 1.1))
        platform.tell(f"sum(rate({metric}_request_duration_seconds_sum", ({}, 0.6))
        platform.tell(f"(sum(rate({metric}_request_duration_seconds_count{{status_code", ({}, 0.0002))
    platform.tell("lgtm:ingestion_bytes:rate5m", ({"signal": "logs"}, 2.5e6), ({"signal": "traces"}, 1e6))


def test_a_fast_platform(operate: Operate, platform: Platform) -> None:
    _fast(platform)
    ran = operate("performance", "--hours", "6")
    assert ran.code == 0, ran.out
    assert "last 6 h" in ran.out
    assert "P50 0.40 s, P95 1.10 s" in ran.out
    assert "2.50 of 8 MB/s that the stack accepts" in ran.out
    assert "0.020% of all requests" in ran.out
    assert any("%5B6h%5D" in request for request in platform.mimir.requests)


def test_what_is_slow_fails_or_comes_too_fast(operate: Operate, platform: Platform) -> None:
    _fast(platform)
    platform.tell("(0.95, sum by (le) (rate(loki_", ({}, 4.2))
    platform.tell("(sum(rate(cortex_request_duration_seconds_count{status_code", ({}, 0.05))
    platform.tell("lgtm:ingestion_bytes:rate5m", ({"signal": "logs"}, 9e6))
    ran = operate("performance", "--json")
    assert ran.code == 1
    checks = {check["name"]: check for check in json.loads(ran.out)["checks"]}
    bad = {name for name, check in checks.items() if check["state"] == "finding"}
    assert bad == {"loki: query P95", "mimir: failed requests", "ingestion of logs"}
    assert (checks["loki: query P95"]["value"], checks["loki: query P95"]["limit"]) == (4.2, 2.0)
    assert checks["ingestion of traces"]["state"] == "unknown"


def test_a_back_end_that_is_down_is_unreachable_and_the_rest_is_judged(operate: Operate, platform: Platform) -> None:
    _fast(platform)
    platform.tempo.failure = SILENT
    ran = operate("performance", "--timeout", "0.2")
    assert ran.code == 1
    assert "tempo did not answer in time" in ran.out
    assert "loki: now" in ran.out


@pytest.mark.parametrize("failure", [DOWN, GARBAGE, busy("300")])
@pytest.mark.parametrize("command", ["performance", "sampling validate", "review weekly"])
def test_without_mimir_there_is_no_verdict(command: str, failure: Any, operate: Operate, platform: Platform) -> None:
    platform.mimir.failure = failure
    ran = operate(*command.split())
    assert (ran.code, ran.out) == (3, "")
    assert ran.err.startswith("error: mimir ")
    assert ran.err.count("\n") == 1


def test_answers_of_another_shape(operate: Operate, platform: Platform) -> None:
    platform.mimir.answers["/prometheus/api/v1/query"] = lambda _: {"status": "success", "data": [1, 2]}
    ran = operate("performance")
    assert ran.code == 3
    assert "mimir answers something else: /prometheus/api/v1/query is JSON of another shape" in ran.err


def test_slow_queries_worst_first_with_hints(operate: Operate, platform: Platform) -> None:
    _logs(platform)
    ran = operate("queries", "slow", "--json")
    assert ran.code == 1
    found = json.loads(ran.out)
    assert [(one["backend"], one["worst_seconds"], one["times"]) for one in found] == [
        ("loki", 12.5, 2),
        ("mimir", 3.5, 1),
        ("tempo", 2.5, 1),
    ]
    assert found[0]["bytes_read"] == 3.5e9
    assert found[0]["total_seconds"] == 16.75
    assert [one["hint"] for one in found] == [
        "3 days at once: a shorter range, or a recording rule",
        "a histogram not summed by le: aggregate first",
        "no service named: add resource.service.name",
    ]
    text = operate("queries", "slow", "--over", "1", "--backend", "loki", "--limit", "5").out
    assert "count_over_time" in text
    assert "mimir" not in text


def test_no_slow_queries_and_wrong_back_ends(operate: Operate, platform: Platform) -> None:
    ran = operate("queries", "slow")
    assert (ran.code, ran.out) == (0, "no queries of 2 s and more in the last 24 h\n")
    ran = operate("queries", "slow", "--backend", "lokki")
    assert (ran.code, ran.err) == (2, "error: --backend: got 'lokki'; accepted: loki, mimir, tempo\n")
    platform.loki.failure = GARBAGE
    assert operate("queries", "slow").code == 3


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1m2.5s", 62.5), ("12.3ms", 0.0123), ("350µs", 0.00035), ("2", 2.0), ("1h", 3600), ("soon", None), ("1x", None)],
)
def test_go_durations(text: str, seconds: float | None) -> None:
    assert logfmt.seconds(text) == (None if seconds is None else pytest.approx(seconds))


@pytest.mark.parametrize(
    ("text", "size"), [("3.5GB", 3.5e9), ("2KiB", None), ("1kiB", 1024), ("17", 17), ("12 MB", 12e6), ("x", None)]
)
def test_sizes(text: str, size: float | None) -> None:
    assert logfmt.size_bytes(text) == size


def test_logfmt_undoes_quotes() -> None:
    assert logfmt.fields('a=1 b="x \\"y\\" \\n z" c= d') == {"a": "1", "b": 'x "y" \n z', "c": ""}


def test_cache_status(operate: Operate, platform: Platform) -> None:
    platform.loki.answers["/metrics"] = lambda _: (
        b"# TYPE loki_cache_hits counter\n"
        b'loki_cache_hits{name="store.chunks-cache."} 64\nloki_cache_fetched_keys{name="store.chunks-cache."} 1e+02\n'
        b"not a line\n"
    )
    ran = operate("cache", "status")
    assert ran.code == 0
    assert "256 MB, 64% of keys found" in ran.out
    assert "64 MB; nothing has been asked of it" in ran.out
    platform.loki.answers["/metrics"] = lambda _: (
        b'loki_cache_hits{name="frontend.results-cache."} 4\nloki_cache_fetched_keys{name="frontend.results-cache."} 90'
    )
    assert "few hits: queries differ each time" in operate("cache", "status").out
    platform.loki.failure = DOWN
    assert "loki is busy" in operate("cache", "status").out
    platform.loki.failure = None
    off = operate("cache", "status", stack="dev")
    assert off.code == 1
    assert "python -m ops cache enable --stack dev" in off.out


def test_a_cache_that_cant_be_reached_isnt_called_too_small(operate: Operate, platform: Platform) -> None:
    """As Loki 3.7 counts it: every key is missed, and every request has status 500."""
    name = b'name="store.chunks-cache."'
    failed = b'loki_memcache_request_duration_seconds_count{method="Memcache.GetMulti",%s,status_code="%s"} %d\n'
    page = b"loki_cache_hits{%s} 0\nloki_cache_fetched_keys{%s} 900\n" % (name, name)
    platform.loki.answers["/metrics"] = lambda _: page + failed % (name, b"500", 40)
    ran = operate("cache", "status")
    assert ran.code == 3
    assert "256 MB; Loki reaches no server of it: 40 of 40 requests failed" in ran.out
    assert "kubectl -n monitoring get pods -l app.kubernetes.io/component=memcached-chunks-cache" in ran.out
    assert "too small" not in ran.out
    platform.loki.answers["/metrics"] = lambda _: page + failed % (name, b"500", 2) + failed % (name, b"200", 400)
    assert "it may be too small" in operate("cache", "status").out


def test_the_share_that_is_kept(operate: Operate, platform: Platform) -> None:
    decided = "tail_sampling_global_count_traces_sampled"
    platform.tell(decided, ({"sampled": "true"}, 14.5), ({"sampled": "false"}, 85.5))
    ran = operate("sampling", "validate")
    assert ran.code == 0, ran.out
    assert "14.5% of 100.0 traces/s; estimated 14.5%" in ran.out
    platform.tell(decided, ({"sampled": "true"}, 20), ({"sampled": "false"}, 80))
    assert "share kept" in operate("sampling", "validate").out.splitlines()[-1]
    platform.tell(decided, ({"sampled": "true"}, 60), ({"sampled": "false"}, 40))
    platform.tell("dropped_too_early", ({}, 1200))
    ran = operate("sampling", "validate")
    assert ran.code == 1
    assert "1,200 traces were evicted" in ran.out
    platform.tell(decided)
    assert "the gateway has decided about no trace" in operate("sampling", "validate").out


def _panel(title: str, *queries: str, kind: str = "timeseries") -> Mapping[str, Any]:
    return {"type": kind, "title": title, "targets": [{"expr": query, "refId": "A"} for query in queries]}


LIGHT = {
    "uid": "light",
    "title": "Light",
    "refresh": "1m",
    "time": {"from": "now-6h", "to": "now"},
    "panels": [_panel("Rate", "sum(rate(a[5m]))"), {"type": "text", "title": "Notes"}],
}
HEAVY = {
    "uid": "heavy",
    "title": "Heavy",
    "refresh": "10s",
    "time": {"from": "now-7d", "to": "now"},
    "panels": [
        _panel("Anything", 'rate({__name__=~".+"}[7d])'),
        _panel("Latency", "histogram_quantile(0.9, rate(x_bucket[5m]))"),
        _panel("Many", *("a" for _ in range(40))),
        _panel("Empty"),
        {"type": "row", "collapsed": True, "panels": [_panel("Hidden", "a")]},
    ],
}


def test_heavy_and_unused_dashboards(operate: Operate, platform: Platform) -> None:
    for model in (LIGHT, HEAVY):
        platform.dashboard(model)
    platform.loki.answers["/loki/api/v1/query"] = lambda _: vector(({"uid": "heavy"}, 12.0))
    ran = operate("dashboards", "optimise", "--json")
    assert ran.code == 1
    checks = {check["name"]: check for check in json.loads(ran.out)["checks"]}
    assert checks["light"]["state"] == "ok"
    for words in (
        'Anything: matches almost anything (=~".+")',
        "Anything: reads 7d at every refresh",
        "Latency: a histogram without sum by (le)",
        "Many: 40 queries in one panel",
        "Empty: shows nothing",
        "42 queries when opened",
        "refreshes every 10 s",
        "7 days by default",
    ):
        assert words in checks["heavy"]["advice"]
    assert checks["heavy"]["detail"] == "Heavy: 43 queries, 252 a minute when open"
    assert checks["use"]["detail"] == "not opened in 14 days: Light"


def test_use_that_is_not_recorded(operate: Operate, platform: Platform) -> None:
    platform.dashboard(LIGHT)
    ran = operate("dashboards", "optimise")
    assert ran.code == 0
    assert "server.router_logging = true" in ran.out
    platform.loki.answers["/loki/api/v1/query"] = lambda _: vector(({"uid": "light"}, 1.0))
    assert "every dashboard was opened" in operate("dashboards", "optimise").out
    platform.grafana.failure = GARBAGE
    assert operate("dashboards", "optimise").code == 3


def test_a_stack_that_is_none() -> None:
    ran = run("performance", "--stack", "prd")
    assert ran.code == 2
    assert "there is no stack 'prd'" in ran.err


COMMANDS = ("health", "connectivity", "performance", "queries slow", "cache status", "sampling validate",
            "review monthly", "dashboards optimise")  # fmt: skip


def test_every_query_names_series_and_labels_that_the_platform_has(operate: Operate, platform: Platform) -> None:
    _fast(platform)
    platform.dashboard(LIGHT)
    for command in COMMANDS:
        operate(*command.split())
    queries = {query for path in platform.mimir.requests for query in parse_qs(urlsplit(path).query).get("query", [])}
    assert len(queries) > 40
    assert {query: problems for query in queries if (problems := unknown_names(query))} == {}


def test_every_log_query_is_logql_by_index_labels(operate: Operate, platform: Platform) -> None:
    platform.dashboard(LIGHT)
    for command in COMMANDS:
        operate(*command.split())
    queries = {query for path in platform.loki.requests for query in parse_qs(urlsplit(path).query).get("query", [])}
    assert len(queries) == 5
    assert syntax_errors("logql", sorted(queries)) == {}
    labels = {label for query in queries for label in re.findall(r"[{,]\s*(\w+)\s*=", query.partition("}")[0])}
    assert labels <= {name.replace(".", "_") for name in INDEX_LABELS}
