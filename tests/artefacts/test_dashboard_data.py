"""No panel shows "no data": every PromQL query of every dashboard is answered by a real Prometheus server.

It holds series made from the inventory, and what the stack's own recording rules make of them. Twice: with failures of
every kind, where no panel is empty, and with none, where only those are empty that say what that means.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from telemetry.alerting.rules.files import mimir_groups, mimir_rule_files
from telemetry.alerting.rules.model import recordings
from telemetry.cost.planned import planned_cost
from telemetry.grafana.dashboards.model import Panel
from telemetry.grafana.moved import Measure, Service, compared, edges, new_versions
from tests.artefacts.prometheus_driver import Prometheus, make_blocks, prometheus
from tests.dashboard_queries import logql, promql, traceql
from tests.query_inventory import metric_names
from tests.reference_series import SERVICES, Series, healthy, history, long_ago, open_metrics, reference_series
from tests.stacks import stack_settings

STACK = "prod"
SETTLED_SECONDS = 90.0
# Dashboard and panel, with the reason why the reference traffic leaves it empty.
EXCEPTIONS: dict[tuple[str, str], str] = {}


@pytest.fixture(scope="module")
def failing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    with _filled(tmp_path_factory.mktemp("failing"), reference_series()) as server:
        yield server


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    with _filled(tmp_path_factory.mktemp("calm"), healthy(reference_series())) as server:
        yield server


@contextmanager
def _filled(directory: Path, series: list[Series]) -> Iterator[Prometheus]:
    """A server with the series that anything asks for, and the stack's rules."""
    settings = stack_settings(STACK)
    planned = planned_cost(settings, STACK, None)
    groups = [group for parts in mimir_groups(settings, planned).values() for group in parts]
    made = {rule.record for rule in recordings(groups)}
    asked = {name for one in promql(STACK) for name in metric_names(one.text)}
    asked |= {name for rule in recordings(groups) for name in metric_names(rule.expr)}
    wanted = [*(one for one in series if one.name in asked), *history(asked | made, made)]
    make_blocks(long_ago(wanted, time.time()), directory / "data")
    make_blocks(open_metrics(wanted, time.time()), directory / "data")
    with prometheus(directory, directory / "data", mimir_rule_files(settings, planned)) as server:
        _settle(server, made)
        yield server


def _settle(server: Prometheus, made: set[str]) -> None:
    """Rules build on rules: several rounds, until each has a result. Raises `AssertionError` for those without."""
    deadline = time.monotonic() + SETTLED_SECONDS
    missing = set(made)
    while missing and time.monotonic() < deadline:
        missing = {name for name in missing if not server.query(f"count({{__name__={name!r}}})".replace("'", '"'))}
        time.sleep(0.5)
    assert missing == set(), "these rules record nothing"


def test_no_panel_is_empty(failing: Prometheus) -> None:
    empty = {place: text for place, (_, text) in _empty(failing).items()}
    unasked = len(list(logql(STACK))), len(list(traceql(STACK)))
    print("only parsed, for want of a Loki and a Tempo: {} LogQL, {} TraceQL queries".format(*unasked))
    print(*(f"{uid}: {title}: {reason}" for (uid, title), reason in EXCEPTIONS.items()), sep="\n")

    assert {place: text for place, text in empty.items() if place not in EXCEPTIONS} == {}
    assert set(EXCEPTIONS) - set(empty) == set(), "these panels have data now"


def test_what_explain_asks_is_answered_by_service(failing: Prometheus) -> None:
    """Each measure has a value for each service, now and before, and the graph has edges."""
    for measure in (Measure.REQUESTS, Measure.FAILED, Measure.DURATION):
        for text in compared(measure, Service()):
            found = failing.query(text)
            assert {series["metric"]["service_name"] for series in found} == set(SERVICES), text
            assert all(_is_number(series) for series in found), text
    assert {frozenset(series["metric"]) for series in failing.query(edges())} == {frozenset({"client", "server"})}
    assert failing.query(new_versions()) == [], "all began before"


def test_where_nothing_fails_an_empty_panel_says_so(calm: Prometheus) -> None:
    empty = _empty(calm)

    assert {place: text for place, (panel, text) in empty.items() if panel.when_empty is None} == {}
    assert empty, "traffic without failures leaves some panels empty"


def _empty(server: Prometheus) -> dict[tuple[str, str], tuple[Panel, str]]:
    """Panels of which a query has no answer, with that query."""
    unanswered: dict[tuple[str, str], tuple[Panel, str]] = {}
    for one in promql(STACK):
        place = (one.dashboard.uid, one.panel.title)
        if not any(_is_number(series) for series in server.query(one.text)):
            unanswered[place] = (one.panel, one.text)
    return unanswered


def _is_number(series: Any) -> bool:
    """A scalar's pair of time and value, or a series with one; neither is NaN."""
    _, value = series if isinstance(series, list) else series["value"]
    return math.isfinite(float(value))


def test_a_query_without_answer_is_found(failing: Prometheus) -> None:
    assert failing.query('sum(rate(traces_span_metrics_calls_total{service_name="nobody"}[5m]))') == []


def test_every_recording_rule_is_evaluated_without_error(failing: Prometheus) -> None:
    assert [rule for rule in failing.rules() if rule["health"] == "err"] == []
