"""`scale-ahead`: what it asks Mimir, what it says, and what it tells the autoscalers."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from ops.tuning.ahead import AheadOfPeaks, cores_used, highest, mean_of_a_day, scale_ahead
from settings.models.platform import PlatformSettings
from telemetry.kubernetes.pod_scaling import CPU_PERCENT
from tests.query_inventory import unknown_names

Make = Callable[..., PlatformSettings]
NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
QUERIER = {"mimir": {"querier": {"max_replicas": 4, "cpu_request_millicores": 500}}}


class Recorded:
    """Cores that the queriers used: the same at this hour of every week, and what else was asked."""

    def __init__(self, now: float, of_day: float) -> None:
        self.asked: list[tuple[str, datetime]] = []
        self._now, self._of_day = now, of_day

    def query(self, promql: str, at: datetime) -> tuple[Any, ...]:
        self.asked.append((promql, at))
        value = 1.0 if promql.startswith("avg") else self._now if "[30m:" in promql else self._of_day
        return (SimpleNamespace(value=value),)


def target(settings: PlatformSettings, mimir: Recorded) -> tuple[Any, list[tuple[str, ...]]]:
    patched: list[tuple[str, ...]] = []
    cluster = SimpleNamespace(patch=lambda *words: patched.append(words))
    return SimpleNamespace(settings=settings, stack="prod", mimir=lambda: mimir, kubernetes=lambda: cluster), patched


def found(answer: Any) -> AheadOfPeaks:
    value: AheadOfPeaks = answer.value
    return value


@pytest.mark.parametrize(("now", "of_day", "pods"), [(1.0, 1.0, 3), (1.0, 2.0, 2), (9.0, 9.0, 4), (0.1, 0.1, 2)])
def test_a_peak_that_comes_raises_the_minimum_within_its_bounds(
    now: float, of_day: float, pods: int, make_settings: Make
) -> None:
    platform, patched = target(make_settings("prod", sizes=QUERIER), Recorded(now, of_day))
    (querier,) = found(scale_ahead(platform, apply=True, now=NOW)).workloads
    assert (querier.workload, querier.least, querier.most) == ("mimir-querier", 2, 4)
    # 1.08 cores over 0.4 of each pod (80 % of 500m) are three pods.
    assert CPU_PERCENT == 80
    assert querier.min_replicas == pods
    assert patched == [("monitoring", "hpa/mimir-querier", json.dumps({"spec": {"minReplicas": pods}}))]


def test_without_apply_it_only_says(make_settings: Make) -> None:
    platform, patched = target(make_settings("prod", sizes=QUERIER), Recorded(1.0, 1.0))
    answer = scale_ahead(platform, apply=False, now=NOW)
    assert not found(answer).applied
    assert patched == []


def test_it_asks_for_the_same_half_hour_of_four_weeks(make_settings: Make) -> None:
    mimir = Recorded(1.0, 1.0)
    platform, _ = target(make_settings("prod", sizes=QUERIER), mimir)
    scale_ahead(platform, apply=False, now=NOW)
    windows = [at for query, at in mimir.asked if "[30m:" in query]
    assert windows == [NOW - timedelta(weeks=week) + timedelta(minutes=30) for week in (1, 2, 3, 4)]
    # No window of the past reaches into the future.
    assert all(at <= NOW for _, at in mimir.asked)


def test_a_stack_that_scales_nothing_is_told_how(make_settings: Make) -> None:
    platform, _ = target(make_settings("prod"), Recorded(1.0, 1.0))
    assert found(scale_ahead(platform, apply=True, now=NOW)).workloads == ()


def test_its_queries_are_queries_on_metrics_that_exist() -> None:
    cores = cores_used("mimir-querier", "monitoring")
    queries = [highest(cores, timedelta(minutes=30)), mean_of_a_day(cores)]
    assert [unknown_names(query) for query in queries] == [[], []]
