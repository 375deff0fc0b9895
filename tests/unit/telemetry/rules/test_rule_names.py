"""Every metric and label that a rule names is one that the platform has."""

from collections.abc import Callable, Iterator

import promql_parser as promql
import pytest

from settings.models.platform import PlatformSettings
from telemetry.alerting.rules.files import loki_groups, mimir_groups
from telemetry.alerting.rules.inventory import inventory_files
from telemetry.alerting.rules.model import Alert, Group, Recording, alerts, recordings
from telemetry.cost.planned import planned_cost
from tests.artefacts.promtool_driver import template_labels
from tests.query_inventory import known_series, nodes, unknown_names
from tests.query_parsers import syntax_errors

Make = Callable[..., PlatformSettings]


def mimir(settings: PlatformSettings) -> list[Group]:
    topics = mimir_groups(settings, planned_cost(settings, settings.environment.value, None))
    return [group for groups in topics.values() for group in groups]


@pytest.fixture
def groups(settings: PlatformSettings) -> list[Group]:
    return mimir(settings)


def test_every_name_is_in_the_inventory(groups: list[Group]) -> None:
    wrong = {_name(rule): found for rule in _rules(groups) if (found := unknown_names(rule.expr))}
    assert not wrong


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("sum(rate(loki_lines_total[5m]))", "loki_lines_total: no such metric"),
        ('up{jobs="loki"}', "up: no label jobs"),
        ("sum by (pod_name) (up)", "no selector has the label pod_name"),
        ("up * on (k8s_pod_name) group_left (zone) up", "no selector has the label zone"),
        ('count by (colour) (label_replace(up, "colours", "$1", "job", "(.*)"))', "no selector has the label colour"),
    ],
)
def test_an_unknown_name_is_seen(expression: str, problem: str) -> None:
    assert unknown_names(expression) == [problem]


def test_made_labels_and_nameless_selectors_are_known() -> None:
    assert unknown_names('count by (colour) (label_replace(up, "colour", "$1", "job", "(.*)"))') == []
    assert unknown_names('count by (service_name) ({service_name="a",__name__!~"x.+"})') == []


def test_the_inventory_has_sources_and_no_empty_file() -> None:
    for name, file in inventory_files().items():
        assert file.metrics, name
        assert file.source or all(metric.source for metric in file.metrics.values()), name


def test_histograms_have_their_three_series() -> None:
    known = known_series()
    assert "le" in known["loki_request_duration_seconds_bucket"]
    assert "le" not in known["loki_request_duration_seconds_count"]
    assert "loki_request_duration_seconds" not in known


def test_recorded_series_in_the_inventory_are_those_of_the_rules(make_settings: Make) -> None:
    settings = make_settings("prod")
    made = {rule.record for rule in recordings([*mimir(settings), *loki_groups(settings)])}
    assert set(inventory_files()["recorded"].metrics) == made


def test_texts_speak_only_of_labels_that_their_result_has(groups: list[Group]) -> None:
    for alert in alerts(groups):
        assert template_labels(alert) <= _result_labels(alert), alert.alert


def test_log_queries_are_logql(settings: PlatformSettings) -> None:
    queries = [rule.expr for rule in _rules(loki_groups(settings))]
    assert syntax_errors("logql", queries) == {}


def test_log_queries_select_the_stacks_services_by_index_labels(settings: PlatformSettings) -> None:
    names = "|".join(service.name for service in settings.services)
    for rule in _rules(loki_groups(settings)):
        assert f'{{service_name=~"{names}"}}' in rule.expr


def _rules(groups: list[Group] | tuple[Group, ...]) -> Iterator[Recording | Alert]:
    return (rule for group in groups for rule in group.rules)


def _name(rule: Recording | Alert) -> str:
    return rule.record if isinstance(rule, Recording) else rule.alert


def _result_labels(alert: Alert) -> set[str]:
    """Labels that an expression's result may have: those that it groups by, else those of its selectors."""
    tree = nodes(alert.expr)
    grouped = [node.modifier.labels for node in tree if isinstance(node, promql.AggregateExpr) and node.modifier]
    if any(isinstance(node, promql.AggregateExpr) for node in tree):
        return {label for labels in grouped for label in labels}
    known = known_series()
    return {label for node in tree if isinstance(node, promql.VectorSelector) for label in known[node.name]}
