"""`scale-ahead`: the fewest pods of each workload that scales by itself, from what the same hour of the weeks before
needed; a scheduler calls it every quarter of an hour.

It asks the Mimir that may be scaled; without an answer nothing changes, and the autoscalers go on by themselves.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from ops.backends.prometheus import Mimir
from ops.backends.target import Target
from ops.report.model import Table, Text, document, table
from ops.report.output import Answer
from planning.base import Frozen
from planning.prediction import AHEAD_MINUTES, HALF_DAY_HOURS, WEEKS, History, expected_peak, least_pods
from settings.models.platform import PlatformSettings
from settings.models.sizes import SCALABLE_WORKLOADS
from telemetry.kubernetes.pod_scaling import CPU_PERCENT

WEEK, DAY = timedelta(weeks=1), timedelta(days=1)
AHEAD, HALF_DAY = timedelta(minutes=AHEAD_MINUTES), timedelta(hours=HALF_DAY_HOURS)


class Ahead(Frozen):
    """What one workload should have at least."""

    workload: str
    """Name of the autoscaler and of what it scales."""
    cores_expected: float | None
    """Cores that its pods will use at the peak that comes; None while none is near, or no week is known."""
    least: int
    """Fewest pods of the settings."""
    most: int
    """Most pods of the settings."""
    min_replicas: int
    """Fewest pods from now on."""


class AheadOfPeaks(Frozen):
    """Every workload that scales by itself."""

    stack: str
    """Stack."""
    workloads: tuple[Ahead, ...]
    """By name."""
    applied: bool
    """Whether the autoscalers were told."""


def scale_ahead(target: Target, *, apply: bool, now: datetime | None = None) -> Answer:
    """Raises `LiveError` where Mimir or the cluster doesn't answer; then nothing has changed, or the first of it."""
    settings = target.settings
    at = now or datetime.now(UTC)
    found = tuple(_workloads(target.mimir(), settings, at)) if _scaled(settings) else ()
    if apply:
        for one in found:
            patch = json.dumps({"spec": {"minReplicas": one.min_replicas}})
            target.kubernetes().patch(settings.namespace, f"hpa/{one.workload}", patch)
    result = AheadOfPeaks(stack=target.stack, workloads=found, applied=apply and bool(found))
    return Answer(result, lambda: document(f"Ahead of peaks of {target.stack}", *_report(result)))


def _report(result: AheadOfPeaks) -> Iterator[Table | Text]:
    if not result.workloads:
        yield Text(words="no workload scales by itself: sizes.*.max_replicas lets one")
        return
    heads = ("workload", "expected cores", "fewest pods now", "of the settings")
    cells = [
        (
            one.workload,
            "–" if one.cores_expected is None else f"{one.cores_expected:.2f}",
            str(one.min_replicas),
            f"{one.least} to {one.most}",
        )
        for one in result.workloads
    ]
    yield table(heads, cells)
    yield Text(
        words="the autoscalers have it" if result.applied else "nothing was changed: --apply tells the autoscalers"
    )


def _scaled(settings: PlatformSettings) -> bool:
    return any(size.max_replicas is not None for _, size in settings.sizes.workloads())


def _workloads(mimir: Mimir, settings: PlatformSettings, at: datetime) -> Iterator[Ahead]:
    for key, size in settings.sizes.workloads():
        if size.max_replicas is None or key not in SCALABLE_WORKLOADS:
            continue
        _, name = SCALABLE_WORKLOADS[key]
        expected = expected_peak(_history(mimir, cores_used(name, settings.namespace), at))
        per_pod = size.cpu_request_millicores / 1000 * CPU_PERCENT / 100
        yield Ahead(
            workload=name,
            cores_expected=expected,
            least=size.replicas,
            most=size.max_replicas,
            min_replicas=least_pods(expected, per_pod, least=size.replicas, most=size.max_replicas),
        )


def cores_used(workload: str, namespace: str) -> str:
    """PromQL for the cores that a workload's pods use."""
    return f'sum(k8s_pod_cpu_usage{{k8s_namespace_name="{namespace}",k8s_pod_name=~"{workload}-.+"}})'


def highest(cores: str, window: timedelta) -> str:
    """PromQL for the highest value in the window before a moment."""
    return f"max_over_time({cores}[{window // timedelta(minutes=1)}m:1m])"


def mean_of_a_day(cores: str) -> str:
    """PromQL for the mean of the 24 hours before a moment."""
    return f"avg_over_time({cores}[1d:5m])"


def _history(mimir: Mimir, cores: str, at: datetime) -> History:
    def value(query: str, moment: datetime) -> float | None:
        found = mimir.query(query, moment)
        return found[0].value if found else None

    def known(query: str, after: timedelta) -> list[float]:
        values = [value(query, at - week * WEEK + after) for week in range(1, WEEKS + 1)]
        return [one for one in values if one is not None]

    means = [value(mean_of_a_day(cores), moment) for moment in (at, at - WEEK)]
    last_day, a_week_before = (1.0 if one is None or None in means else one for one in means)
    return History(
        ahead=known(highest(cores, AHEAD), AHEAD),
        of_day=known(highest(cores, 2 * HALF_DAY), HALF_DAY),
        last_day=last_day,
        a_week_before=a_week_before,
    )
