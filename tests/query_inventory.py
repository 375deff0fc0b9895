"""Which metrics and labels a PromQL expression names that the platform doesn't have."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import promql_parser as promql

from telemetry.alerting.rules.inventory import InventoryFile, inventory_files
from telemetry.charts.mimir_config import PROMOTED_ATTRIBUTES

RESOURCE_LABELS = (*(name.replace(".", "_") for name in PROMOTED_ATTRIBUTES), "job", "instance")
# How a histogram's and a summary's series are called beside the base name.
SERIES_SUFFIXES: Mapping[str, tuple[str, ...]] = {
    "histogram": ("_bucket", "_sum", "_count"),
    "summary": ("", "_sum", "_count"),
}

# Labels that functions make out of nothing.
_MADE_BY = {"label_replace": 1, "label_join": 1}


def series(file: InventoryFile) -> Iterator[tuple[str, frozenset[str]]]:
    """Every series name with its labels."""
    common = {*file.labels, *(RESOURCE_LABELS if file.scraped or file.resource else ())}
    for name, metric in file.metrics.items():
        labels = common | set(metric.labels)
        for suffix in SERIES_SUFFIXES.get(metric.type, ("",)):
            yield f"{name}{suffix}", frozenset(labels | ({"le"} if suffix == "_bucket" else set()))


@cache
def known_series() -> Mapping[str, frozenset[str]]:
    """Labels by series name, over all files; a name in two files has the labels of both."""
    found: dict[str, frozenset[str]] = {}
    for file in inventory_files().values():
        for name, labels in series(file):
            found[name] = found.get(name, frozenset()) | labels
    return found


def parse(expression: str) -> Any:
    """The syntax tree. Raises `ValueError` for bad syntax, wrong types, unknown functions."""
    return promql.parse(expression)


def nodes(expression: str) -> list[Any]:
    """Every node of the tree."""
    found: list[Any] = []
    promql.walk(parse(expression), lambda node: found.append(node))
    return found


def metric_names(expression: str) -> set[str]:
    """Every series name in the expression."""
    return {name for name, _ in _selectors(nodes(expression)) if name}


def unknown_names(expression: str, more: Mapping[str, frozenset[str]] | None = None) -> list[str]:
    """One line for each metric that is not in the inventory (nor in `more`) and each label that its metric lacks.

    A label of `by`, `on`, `group_left` has to belong to some selector of the expression; a selector without a name
    (by service_name, say) may have any label that some metric has.
    """
    known = {**known_series(), **(more or {})}
    every_label = frozenset().union(*known.values())
    tree = nodes(expression)
    problems: list[str] = []
    available: set[str] = set(_made_labels(tree))
    for name, labels in _selectors(tree):
        if name and name not in known:
            problems.append(f"{name}: no such metric")
            available |= every_label
            continue
        has = known[name] if name else every_label
        available |= has
        problems += [f"{name or '{}'}: no label {label}" for label in sorted(labels - has)]
    problems += [f"no selector has the label {label}" for label in sorted(_grouping(tree) - available)]
    return list(dict.fromkeys(problems))


def _selectors(tree: list[Any]) -> Iterator[tuple[str, set[str]]]:
    for selector in tree:
        if not isinstance(selector, promql.VectorSelector):
            continue
        matchers = [*selector.matchers.matchers, *(one for group in selector.matchers.or_matchers for one in group)]
        named = [one.value for one in matchers if one.name == "__name__" and one.op == promql.MatchOp.Equal]
        yield selector.name or (named[0] if named else ""), {one.name for one in matchers if one.name != "__name__"}


def _made_labels(tree: list[Any]) -> Iterator[str]:
    for node in tree:
        if isinstance(node, promql.Call) and node.func.name in _MADE_BY:
            yield str(node.args[_MADE_BY[node.func.name]].val)
        if isinstance(node, promql.AggregateExpr) and str(node.op) == "count_values":
            yield str(node.param.val)


def _grouping(tree: list[Any]) -> set[str]:
    used: set[str] = set()
    for node in tree:
        modifier = getattr(node, "modifier", None)
        if modifier is None:
            continue
        if isinstance(node, promql.AggregateExpr):
            used |= set(modifier.labels) if str(modifier.type).endswith("By") else set()
        else:
            matching = modifier.matching
            if matching is not None and not str(matching.type).endswith("Exclude"):
                used |= set(matching.labels)
            used |= set(modifier.group_labels or ())
    return used
