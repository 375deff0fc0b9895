"""`metrics unused` on a planted corpus, with a real Prometheus for Mimir: what is found, what is left alone, and that
every query of this program has the same answer afterwards."""

from __future__ import annotations

import json
import math
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from ops.backends.connection import Connection
from ops.backends.target import Target
from ops.savings.metrics_unused import Unused, unused
from settings.models.metrics import Merge, MetricsSettings
from telemetry.alerting.rules.files import mimir_groups
from telemetry.alerting.rules.model import recordings
from telemetry.cost.planned import planned_cost
from tests.artefacts.planted_metrics import planted
from tests.artefacts.prometheus_driver import Prometheus, make_blocks, prometheus
from tests.dashboard_queries import promql
from tests.live_servers import Platform, running_platform, streams
from tests.query_inventory import metric_names
from tests.reference_series import Series, history, open_metrics, reference_series
from tests.stacks import stack_settings

STACK = "prod"
# A user's dashboard by a panel in a row, a variable, a shared panel; an alert; a rule; what somebody asked in Explore.
PANEL, VARIABLE, SHARED = "kube_pod_status_reason", "kube_service_info", "kube_cronjob_next_schedule_time"
ALERT, RULE, LOGGED = "kube_persistentvolume_status_phase", "kube_ingress_path", "kube_secret_type"
# What counts series themselves sees that there are fewer.
COUNTS_SERIES = 'count by (service_name) ({service_name=~"'
SUMMED = "shop_queries_total"
USERS = (PANEL, VARIABLE, SHARED, ALERT, RULE, LOGGED, SUMMED)
SUM = f'sum by (service_name) (rate({SUMMED}{{pool=~"$pool"}}[$__interval]))'
DASHBOARD = {
    "uid": "shop",
    "title": "Shop",
    "panels": [
        {"type": "row", "panels": [{"type": "stat", "targets": [{"expr": f"max({PANEL}) > 0", "hide": True}]}]},
        {"type": "stat", "targets": [{"expr": SUM}]},
    ],
    "templating": {"list": [{"query": {"query": f"label_values({VARIABLE}, namespace)", "refId": "x"}}]},
}
LINE = 'msg="query stats" component=query-frontend response_time=1s param_query="count by (type) ({})" length=1h0m0s'


class Judged(NamedTuple):
    """What was proposed, and both servers."""

    found: Unused
    series: list[Series]
    before: Prometheus
    after: Prometheus
    moment: float


def wanted() -> list[Series]:
    """Every series that this program asks for, recorded ones with it."""
    asked = {name for text in shipped() for name in metric_names(text)}
    return [*(one for one in reference_series() if one.name in asked), *history(asked, ())]


def shipped() -> list[str]:
    """Every query of dashboards and rules."""
    settings = stack_settings(STACK)
    groups = [
        group for parts in mimir_groups(settings, planned_cost(settings, STACK, None)).values() for group in parts
    ]
    rules = [rule.expr for group in groups for rule in group.rules]
    assert len(list(recordings(groups))) < len(rules)
    return list(dict.fromkeys([*(one.text for one in promql(STACK)), *rules]))


def stored(series: Sequence[Series], settings: MetricsSettings) -> list[Series]:
    """What the collectors leave of series, by the meaning of the settings: written here once more."""
    merged = {one.name: one for one in settings.aggregate}
    left: dict[str, list[Series]] = {}
    for one in series:
        base = one.of or one.name.removesuffix("_sum").removesuffix("_count")
        if settings.drops(one.name) or settings.drops(base):
            continue
        rule = merged.get(one.name) or merged.get(base)
        kept = {key: value for key, value in one.labels.items() if rule is None or key not in rule.without}
        left.setdefault(one._replace(labels=kept).selector(), []).append(one)
    found: list[Series] = []
    for same in left.values():
        base = same[0].of or same[0].name.removesuffix("_sum").removesuffix("_count")
        rule = merged.get(same[0].name) or merged.get(base)
        labels = {key: value for key, value in same[0].labels.items() if rule is None or key not in rule.without}
        found.append(Merged(same[0].name, labels, same, rule.merge if rule else Merge.SUM))  # type: ignore[arg-type]
    return found


class Merged(NamedTuple):
    """Series that became one."""

    name: str
    labels: Mapping[str, str]
    parts: Sequence[Series]
    merge: Merge
    ends_early: bool = False

    def value(self, time: float) -> float:
        values = [one.value(time) for one in self.parts]
        return {Merge.SUM: math.fsum, Merge.MAX: max, Merge.MIN: min}[self.merge](values)

    def selector(self) -> str:
        return Series.selector(self)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judged]:
    directory, now = tmp_path_factory.mktemp("unused"), time.time()
    known = {one.selector(): one for one in (*wanted(), *planted())}
    series = list(known.values())
    with ExitStack() as stack:
        before = _server(stack, directory / "before", series, now)
        platform = stack.enter_context(running_platform())
        _answer_as_mimir(platform, before)
        _users(platform)
        target = stack.enter_context(Target(Connection(STACK, platform.endpoints)))
        found = unused(target, datetime.now(UTC), 2)
        after = _server(stack, directory / "after", stored(series, found.values(target.settings.metrics)), now)
        yield Judged(found, series, before, after, now)


def _server(stack: ExitStack, directory: Path, series: Sequence[Any], now: float) -> Prometheus:
    directory.mkdir()
    make_blocks(open_metrics(series, now), directory / "data")
    return stack.enter_context(prometheus(directory, directory / "data", {}))


def _answer_as_mimir(platform: Platform, server: Prometheus) -> None:
    def ask(path: str, parameters: Mapping[str, str]) -> Any:
        url = f"{server.url}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        with urllib.request.urlopen(url, timeout=20) as response:  # noqa: S310 - loopback
            return json.load(response)

    for path in ("query", "labels", "label/__name__/values"):
        platform.mimir.answers[f"/prometheus/api/v1/{path}"] = lambda given, path=path: ask(path, given)
    rule = {"name": "IngressGone", "query": f"absent({RULE})", "type": "alerting"}
    groups = [{"name": "users", "rules": [rule]}]
    platform.mimir.answers["/prometheus/api/v1/rules"] = lambda _: {"status": "success", "data": {"groups": groups}}


def _users(platform: Platform) -> None:
    platform.dashboard(DASHBOARD)
    shared = {"model": {"type": "stat", "targets": [{"expr": f"time() - {SHARED}"}]}}
    platform.grafana.answers["/api/library-elements"] = lambda _: {"result": {"elements": [shared]}}
    alert = {"title": "Volume lost", "data": [{"model": {"expr": f'{ALERT}{{phase="Failed"}} == 1'}}]}
    platform.grafana.answers["/api/v1/provisioning/alert-rules"] = lambda _: [alert]
    platform.loki.answers["/loki/api/v1/query_range"] = lambda _: streams(({"a": "b"}, LINE.replace("{}", LOGGED)))


def test_unused_series_are_found_and_no_used_one_is_proposed(judged: Judged) -> None:
    settings = judged.found.values(stack_settings(STACK).metrics)
    used = {name for text in shipped() for name in metric_names(text)} | set(USERS)
    planted_series = planted()
    unused_ones = [one for one in planted_series if one.name not in used]
    found = [one for one in unused_ones if settings.drops(one.name) or (one.of and settings.drops(one.of))]
    found += [one for one in unused_ones if one.name.endswith(("_sum", "_count")) and one not in found
              and settings.drops(one.name.rpartition("_")[0])]  # fmt: skip
    share = len(found) / len(unused_ones)
    print(f"{len(judged.series)} series, {len(unused_ones)} planted without readers, found {share:.1%}")
    assert share >= 0.95
    assert [name for name in sorted(used) if settings.drops(name)] == []
    bases = {name.removesuffix(part) for name in used for part in ("_bucket", "_sum", "_count")}
    assert [name for name in sorted(bases) if settings.drops(name)] == []


def test_a_third_of_the_series_goes(judged: Judged) -> None:
    left = len(stored(judged.series, judged.found.values(stack_settings(STACK).metrics)))
    print(f"{len(judged.series)} series before, {left} after; proposed {judged.found.saved}")
    assert left <= 0.7 * len(judged.series)
    count = int(judged.before.query('count({__name__!=""})')[0]["value"][1])
    after = int(judged.after.query('count({__name__!=""})')[0]["value"][1])
    assert (count - after) == pytest.approx(judged.found.saved, abs=0.02 * judged.found.saved)


def test_labels_that_nobody_asks_for_are_merged_away(judged: Judged) -> None:
    merged = {one.name: one for one in judged.found.values(stack_settings(STACK).metrics).aggregate}
    assert set(merged[SUMMED].without) == {"http_route"}, "the pool is chosen by, the service is grouped by"


def test_every_shipped_query_has_the_same_answer(judged: Judged) -> None:
    different: set[str] = set()
    answered = 0
    for text in shipped():
        old, new = (_answer(server, text, judged.moment) for server in (judged.before, judged.after))
        answered += bool(old)
        if set(old) != set(new) or any(not math.isclose(old[key], new[key], rel_tol=1e-6) for key in old):
            different.add(text)
    print(f"{answered} of {len(shipped())} queries have an answer")
    assert different == {text for text in shipped() if text.startswith(COUNTS_SERIES)}
    assert answered > 0.7 * len(shipped())


def _answer(server: Prometheus, text: str, moment: float) -> dict[str, float]:
    found: dict[str, float] = {}
    for one in server._get("query", {"query": text, "time": str(moment)})["result"]:
        if isinstance(one, Mapping):
            found[json.dumps(one["metric"], sort_keys=True)] = float(one["value"][1])
    return {key: value for key, value in found.items() if not math.isnan(value)}
