"""Every query of every dashboard is well-formed and names only metrics and labels that the platform has."""

from __future__ import annotations

import json
import re
from urllib.parse import parse_qs, urlsplit

import pytest

from planning.backends import BACKENDS
from telemetry.alerting.rules.files import mimir_groups
from telemetry.alerting.rules.loki_rules import loki_groups
from telemetry.alerting.rules.model import alerts, recordings
from telemetry.charts.loki_config import INDEX_LABELS
from telemetry.cost.planned import planned_cost
from telemetry.grafana.dashboards.build import ANNOTATIONS
from telemetry.grafana.dashboards.catalogue import dashboards
from telemetry.grafana.dashboards.links import panel_links, series_links
from telemetry.grafana.datasources import datasources
from telemetry.grafana.moved import Measure, Service, compared, edges, error_lines, new_versions
from telemetry.kubernetes.endpoints import Endpoints
from tests.dashboard_queries import logql, promql, replaced, traceql
from tests.query_inventory import metric_names, parse, unknown_names
from tests.query_parsers import syntax_errors
from tests.stacks import NAMES, stack_settings

# Loki finds a line's severity itself; ids of traces come with OTLP, ids of users as attributes of the services' lines.
STRUCTURED_METADATA = {"detected_level", "trace_id", "user_id"}
_LABEL_VALUES = re.compile(r"label_values\((?P<metric>\w+), (?P<label>\w+)\)")


@pytest.mark.parametrize("stack", NAMES)
def test_promql_names_metrics_and_labels_that_exist(stack: str) -> None:
    problems = {f"{one.place}: {one.text}": unknown_names(one.text) for one in promql(stack)}

    assert {query: found for query, found in problems.items() if found} == {}


def test_annotations_name_metrics_and_labels_that_exist() -> None:
    problems = {a.name: unknown_names(replaced(a.query)) for a in ANNOTATIONS}

    assert {name: found for name, found in problems.items() if found} == {}


def test_a_metric_that_is_not_in_the_inventory_is_found() -> None:
    assert unknown_names('sum by (nothing) (rate(no_such_total{service_name="x"}[5m]))')


@pytest.mark.parametrize("stack", NAMES)
def test_promql_selects_by_what_a_legend_names(stack: str) -> None:
    """A legend whose label the query has aggregated away would be empty."""
    for one in promql(stack):
        by = re.match(r"^[^{]*?\bby \((?P<labels>[^)]*)\)", one.text)
        named = set(re.findall(r"\{\{(\w+)\}\}", one.query.legend))
        if by and named:
            assert named <= set(re.split(r",\s*", by["labels"])), one.place


@pytest.mark.parametrize("stack", NAMES)
def test_recorded_series_are_recorded(stack: str) -> None:
    settings = stack_settings(stack)
    groups = mimir_groups(settings, planned_cost(settings, stack, None)).values()
    recorded = {rule.record for parts in groups for rule in recordings(parts)}

    by_loki = {rule.record for rule in recordings(loki_groups(settings))}

    used = {name for one in promql(stack) for name in metric_names(one.text) if ":" in name}
    assert used - recorded - by_loki == set()
    assert len(used) > 10


def test_descriptions_name_alerts_that_exist() -> None:
    settings = stack_settings("prod")
    groups = [*mimir_groups(settings, planned_cost(settings, "prod", None)).values(), loki_groups(settings)]
    known = {rule.alert for parts in groups for rule in alerts(parts)}
    named = {
        name
        for dashboard in dashboards(settings)
        for panel in dashboard.panels()
        for name in re.findall(r"\b(\w+) fires\b", panel.description)
    }

    assert len(named) > 3
    assert named <= known


@pytest.mark.parametrize("stack", NAMES)
def test_logql_and_traceql_are_well_formed(stack: str) -> None:
    assert syntax_errors("logql", [one.text for one in logql(stack)]) == {}
    assert syntax_errors("traceql", [one.text for one in traceql(stack)]) == {}


@pytest.mark.parametrize("stack", NAMES)
def test_logql_selects_by_labels_that_streams_have(stack: str) -> None:
    """Anything else is structured metadata, which a filter behind the selector can ask for."""
    labels = {name.replace(".", "_") for name in INDEX_LABELS}
    for one in logql(stack):
        selectors = re.findall(r"\{([^}]*)\}", one.text)
        assert selectors, one.place
        for selector in selectors:
            assert set(re.findall(r"(\w+)(?:=~|!=|!~|=)\"", selector)) <= labels, one.place
        behind = re.sub(r"\{[^}]*\}", "", one.text)
        assert set(re.findall(r"\| (\w+)(?:=~|!=|!~|=)\"", behind)) <= STRUCTURED_METADATA, one.place


def test_variables_ask_for_labels_that_exist() -> None:
    for dashboard in dashboards(stack_settings("prod")):
        for variable in dashboard.variables:
            found = _LABEL_VALUES.fullmatch(variable.values)
            assert found, variable.values
            assert unknown_names(f'{found["metric"]}{{{found["label"]}="x"}}') == []


def test_links_hold_well_formed_queries() -> None:
    queries: dict[str, list[str]] = {"loki": [], "tempo": []}
    for link in (*panel_links(), *series_links()):
        panes = parse_qs(urlsplit(link.url).query).get("panes")
        if panes:
            pane = json.loads(panes[0])["lgtm"]
            query = pane["queries"][0]
            text = query.get("expr") or query["query"]
            queries[pane["datasource"]].append(replaced(text.replace("${__field.labels.service_name}", "checkout")))

    assert len(queries["loki"]) == len(queries["tempo"]) == 2
    assert syntax_errors("logql", queries["loki"]) == {}
    assert syntax_errors("traceql", queries["tempo"]) == {}


def test_what_explain_asks_is_well_formed_and_exists() -> None:
    of_lines = (Measure.LOG_BYTES, Measure.ERROR_LINES)
    of_metrics = [text for one in Measure if one not in of_lines for text in compared(one, Service())]
    assert {text: unknown_names(text) for text in (*of_metrics, edges(), new_versions()) if unknown_names(text)} == {}
    lines = [text for one in of_lines for text in compared(one, Service())]
    assert syntax_errors("logql", [*lines, error_lines(Service())]) == {}


def test_bad_logql_and_traceql_are_found() -> None:
    assert set(syntax_errors("logql", ['{a="b"} |= `x`', 'rate({a="b"})', '{a="b"'])) == {'rate({a="b"})', '{a="b"'}
    assert set(syntax_errors("traceql", ["{ status = error }", "{ status = error"])) == {"{ status = error"}


def test_types_are_checked() -> None:
    with pytest.raises(ValueError, match="expected"):
        parse("rate(up)")


def test_correlation_queries_are_well_formed() -> None:
    """From a span to its logs and to its service's metrics, as Grafana fills them in."""
    sources = {
        one["uid"]: one["jsonData"] for one in datasources(Endpoints(namespace="monitoring"), BACKENDS)["datasources"]
    }
    to_logs = sources["tempo"]["tracesToLogsV2"]["query"].replace("$$", "$")
    to_logs = to_logs.replace("${__tags}", 'service_name="checkout"').replace("${__span.traceId}", "0af7651916cd43dd")
    to_metrics = [
        query["query"].replace("$$__tags", 'service_name="checkout"')
        for query in sources["tempo"]["tracesToMetrics"]["queries"]
    ]

    assert to_logs == '{service_name="checkout"} | trace_id="0af7651916cd43dd"'
    assert syntax_errors("logql", [to_logs]) == {}
    assert len(to_metrics) == 3
    assert [unknown_names(query) for query in to_metrics] == [[], [], []]
