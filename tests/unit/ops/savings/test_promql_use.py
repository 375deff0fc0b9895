"""What queries need of the series that they read: never less than they do."""

import re
from pathlib import Path

import pytest

from ops.savings.demand import COMMANDS, demanded
from ops.savings.metrics_unused import Family, families_of, mergeable, shortened
from ops.savings.promql import Asked, asked
from settings.models.metrics import Merge
from telemetry.alerting.rules.inventory import inventory_files

OPS = Path(__file__).parents[4] / "ops"
ALL = None


def needed(query: str) -> dict[str, tuple[set[str] | None, Merge | None]]:
    """By metric: labels and how series may be merged."""
    return {use.name: (None if use.labels is None else set(use.labels), use.merge) for use in asked(query).uses}


@pytest.mark.parametrize(
    ("query", "labels", "merge"),
    [
        ("x", ALL, None),
        ('sum by (a) (rate(x{b="1"}[5m]))', {"a", "b"}, Merge.SUM),
        ("sum(increase(x[1h]))", set(), Merge.SUM),
        ('max by (a) (max_over_time(x{b!~"1"}[$w]))', {"a", "b"}, Merge.MAX),
        ("min(x)", set(), Merge.MIN),
        ("histogram_quantile(0.9, sum by (le) (rate(x[$__rate_interval])))", {"le"}, Merge.SUM),
        ("max by (a) (sum by (a, b) (rate(x[5m])))", {"a", "b"}, Merge.SUM),
        # None of these gives the same when series are merged before it.
        ("max(rate(x[5m]))", ALL, None),
        ("sum by (a) (irate(x[5m]))", ALL, None),
        ("sum by (a) (x > 0)", ALL, None),
        ("sum by (a) (max_over_time(x[5m]))", ALL, None),
        ("sum by (a) (rate(x[5m:1m]))", ALL, None),
        ("sum without (a) (x)", ALL, None),
        ("avg by (a) (x)", ALL, None),
        ("count by (a) (x)", ALL, None),
        ("topk(3, x)", ALL, None),
        ("absent(x)", ALL, None),
        ("-x", ALL, None),
        ("sum by ($label) (x)", ALL, None),
        ("query_result(x)", ALL, None),
        ('label_values(x{a="$b"}, c)', ALL, None),
    ],
)
def test_what_a_query_needs(query: str, labels: set[str] | None, merge: Merge | None) -> None:
    assert needed(query) == {"x": (labels, merge)}


def test_both_sides_of_a_ratio_are_needed_as_their_aggregations_leave_them() -> None:
    found = needed("sum by (a) (rate(x[5m])) / on (a) group_left (c) max without (b) (y)")
    assert found == {"x": ({"a"}, Merge.SUM), "y": (ALL, None)}


@pytest.mark.parametrize(
    ("query", "name", "fits"),
    [
        ('{__name__=~"node_.*"}', "node_load1", True),
        ("rate(${prefix}_total[5m])", "orders_total", True),
        ("rate(${prefix}_total[5m])", "orders", False),
        # Nothing that can be parsed: every word counts.
        ("topk($n, sum by (a) (orders_total))", "orders_total", True),
        ("sum by (a) (rate(orders_${kind}_total[5m]) $more", "orders_new_total", True),
    ],
)
def test_metrics_that_are_asked_for_by_a_pattern(query: str, name: str, fits: bool) -> None:
    found = demanded((), [asked(query)], None)
    assert (found.of([name]) is not None) == fits
    uses = found.of([name])
    assert uses is None or mergeable(uses) is None


@pytest.mark.parametrize("query", ["label_values(namespace)", 'count by (a) ({b=~".+"})', "metrics(.*)"])
def test_lists_and_counts_of_series_are_no_demand(query: str) -> None:
    assert asked(query).uses == ()


def test_a_query_that_its_reader_writes_is_said_and_does_not_hide_everything() -> None:
    found = demanded((), [asked("$query"), asked("label_values(region)")], None)
    assert (found.anything, found.of(["x"]), found.labels) == (1, None, {"region"})


def test_uses_allow_only_what_all_of_them_allow() -> None:
    summed, other = asked("sum by (a) (x)").uses, asked("sum by (b) (x)").uses
    assert mergeable([*summed, *other]) == (Merge.SUM, {"a", "b"})
    assert mergeable([*summed, *asked("max by (a) (x)").uses]) is None
    assert mergeable([*summed, *asked("x").uses]) is None


def test_histograms_and_summaries_are_one_metric() -> None:
    counted = {"h_bucket": 10, "h_sum": 1, "h_count": 1, "s": 3, "s_sum": 1, "s_count": 1, "up_count": 1}
    assert families_of(counted) == [
        Family(name="h", members=("h_bucket", "h_count", "h_sum"), series=12),
        Family(name="s", members=("s", "s_count", "s_sum"), series=5),
        Family(name="up_count", members=("up_count",), series=1),
    ]


def test_beginnings_stand_for_names_only_where_nothing_in_use_begins_so() -> None:
    series = {"node_netstat_a": 1, "node_netstat_b": 2, "node_netstat_c": 3, "node_disk_a": 1, "node_disk_b": 1}
    assert shortened(series, ["node_load1"]) == {"node_netstat_*": 6, "node_disk_a": 1, "node_disk_b": 1}
    assert shortened(series, ["node_netstat_used"]) == series
    assert shortened(series, ["node_netstat"]) == series, "its own series would begin so"


def test_commands_ask_for_what_is_said_of_them() -> None:
    """Names of the inventory in the source of commands; those that dashboards ask for as well don't matter."""
    from tests.dashboard_queries import promql
    from tests.query_inventory import metric_names

    shown = {name for one in promql("prod") for name in metric_names(one.text)}
    known = {name for file in inventory_files().values() for name in file.metrics} - shown
    source = "\n".join(path.read_text(encoding="utf-8") for path in OPS.rglob("*.py"))
    words = set(re.findall(r"[a-z_:][a-z0-9_:]+", source))
    asked_by_commands = {name for name in known & words if ":" not in name}
    assert asked_by_commands - {name.removesuffix("_bucket") for name in COMMANDS} == set()


def test_nothing_is_asked_by_an_empty_query() -> None:
    assert asked("") == Asked()
