"""What a PromQL query needs of the series that it reads: names, labels, and whether they may be merged before it.

A label is needed that a selector matches, or that is left in the answer. An aggregation `by` some labels leaves only
these; and where it sums up counters' rates, histograms or gauges, or takes the largest or smallest of gauges, series
that differ in other labels only may as well be merged before they are stored. Anything else needs series as they are.

Source: Prometheus documentation, "Querying basics", "Operators", "Functions" (2026-08). Parsed by promql-parser.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

import promql_parser as promql

from settings.models.metrics import Merge

PLACEHOLDER = "lgtm_any"
_VARIABLE = re.compile(r"\$\{[^}]*\}|\$\w+|\[\[\w+\]\]")
_WINDOW = re.compile(r"\[([^\[\]]*(?:\$|\[\[)[^\[\]]*(?:\]\][^\[\]]*)?)\]")
_OFFSET = re.compile(r"\boffset\s+(?:\$\{[^}]*\}|\$\w+)")
_LABEL_VALUES = re.compile(r"\s*label_values\(\s*(?:(?P<query>.*),\s*)?(?P<label>[^,()]+?)\s*\)\s*", re.DOTALL)
_QUERY_RESULT = re.compile(r"\s*query_result\((?P<query>.*)\)\s*", re.DOTALL)
_OTHER_LISTS = re.compile(r"\s*(?:metrics|label_names)\(.*\)\s*", re.DOTALL)
_WORD = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
# Merged before them, the same: rates of sums are sums of rates.
_LINEAR = frozenset({"rate", "increase"})
_OVER_TIME = {"max_over_time": Merge.MAX, "min_over_time": Merge.MIN}
_COUNTING = frozenset({"count", "group"})


class Use(NamedTuple):
    """One selector of a query."""

    name: str
    """Metric; empty where the selector chooses by labels alone."""
    pattern: str | None
    """A regular expression of metrics, where the name isn't one."""
    selector: str
    """As PromQL has it, for those without a name."""
    labels: frozenset[str] | None
    """Labels that are needed; None: all."""
    merge: Merge | None
    """How series may be merged that agree in these labels; None: not at all."""


class Asked(NamedTuple):
    """What one query needs."""

    uses: tuple[Use, ...] = ()
    labels: frozenset[str] = frozenset()
    """Labels that it needs of whatever metric has them."""
    words: frozenset[str] = frozenset()
    """Of a query that can't be parsed: any metric among these counts as asked for, with all its labels."""


def asked(query: str) -> Asked:
    """What a query or a dashboard variable needs; never less than that."""
    if listed := _LABEL_VALUES.fullmatch(query):
        label = frozenset({_without_variables(listed["label"])})
        return asked(listed["query"])._replace(labels=label) if listed["query"] else Asked(labels=label)
    if _OTHER_LISTS.fullmatch(query):
        return Asked()
    if result := _QUERY_RESULT.fullmatch(query):
        query = result["query"]
    text = _without_variables(query)
    try:
        tree = promql.parse(text)
    except ValueError:
        return Asked(words=frozenset(_WORD.findall(text)))
    return Asked(uses=tuple(_uses(tree, _Context())))


def _without_variables(query: str) -> str:
    """Grafana's variables as something that parses and is known again."""
    windows = _WINDOW.sub(
        lambda found: "[5m:1m]" if ":" in found[1].replace("${", "").split("}")[-1] else "[5m]", query
    )
    return _VARIABLE.sub(PLACEHOLDER, _OFFSET.sub("offset 5m", windows))


class _Context(NamedTuple):
    """What stands around an expression."""

    labels: frozenset[str] | None = None
    merge: Merge | None = None
    counting: bool = False


def _uses(node: promql.Expr, around: _Context) -> Iterator[Use]:
    match node:
        case promql.VectorSelector():
            yield from _selected(node, around)
        case promql.MatrixSelector():
            yield from _selected(node.vector_selector, around)
        case promql.ParenExpr():
            yield from _uses(node.expr, around)
        case promql.AggregateExpr():
            yield from _uses(node.expr, _aggregated(node))
            if node.param is not None:
                yield from _uses(node.param, _Context())
        case promql.Call():
            inside = _called(node.func.name, around)
            for argument in node.args:
                yield from _uses(argument, inside)
        case promql.BinaryExpr():
            yield from _uses(node.lhs, _Context())
            yield from _uses(node.rhs, _Context())
        case promql.UnaryExpr() | promql.SubqueryExpr():
            yield from _uses(node.expr, _Context())
        case _:
            return


def _aggregated(node: promql.AggregateExpr) -> _Context:
    operator = str(node.op)
    counting = operator in _COUNTING
    modifier = node.modifier
    if modifier is not None and modifier.type is not promql.AggModifierType.By:
        return _Context(counting=counting)
    labels = frozenset(modifier.labels if modifier is not None else ())
    if operator not in set(Merge) or PLACEHOLDER in labels:
        return _Context(counting=counting)
    return _Context(labels, Merge(operator))


def _called(function: str, around: _Context) -> _Context:
    if function in _LINEAR and around.merge is Merge.SUM:
        return around
    wanted = _OVER_TIME.get(function)
    return around if wanted is not None and around.merge is wanted else _Context()


def _selected(node: promql.VectorSelector, around: _Context) -> Iterator[Use]:
    matchers = [*node.matchers.matchers, *(one for group in node.matchers.or_matchers for one in group)]
    names = [one for one in matchers if one.name == "__name__"]
    exact = next((one.value for one in names if one.op == promql.MatchOp.Equal), "")
    fitting = next((one.value for one in names if one.op == promql.MatchOp.Re), None)
    name, pattern = node.name or exact, fitting
    if PLACEHOLDER in name:
        name, pattern = "", re.escape(name)
    if pattern is not None:
        pattern = pattern.replace(PLACEHOLDER, ".*")
    matched = {one.name for one in matchers} - {"__name__"}
    if not name and pattern is None and around.counting:
        # How many series there are is asked of all of them, and of none.
        return
    whole = around.merge is None or around.labels is None or PLACEHOLDER in matched
    labels = None if whole else frozenset((around.labels or frozenset()) | matched)
    yield Use(name, pattern, node.prettify(), labels, None if whole else around.merge)
