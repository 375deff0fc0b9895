"""`upgrade-check`: what goes out of support when, and which newer charts there are."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path

import yaml
from pydantic import ConfigDict, ValidationError

from ops.backends.errors import LiveError, Problem
from ops.backends.foreign import CamelCase
from ops.backends.kubernetes import Kubernetes
from ops.backends.tools import run_tool
from ops.checks.addon_versions import addon_checks
from ops.report.checks import Check, Report, State, checked
from ops.stacks import settings_of
from planning.cost.eks_versions import STANDARD_SUPPORT_ENDS, standard_support_ends
from settings.models.cluster import EksCluster
from settings.models.platform import PlatformSettings
from telemetry.charts.installed import installed_charts
from telemetry.charts.lock import COLLECTOR_VERSION, LOCKED, Chart, ChartName, ClusterChart

WARNING_DAYS = 90
# Lines that can't simply be raised, and why (chart sources of 2026-08; helm-charts of grafana-community, #764).
HELD_BACK: Mapping[str, str] = {
    ChartName.TEMPO: "chart 3.0.0 runs Tempo 3 in one process, with other keys; it reads today's blocks, and there is "
    "no way back",
    ChartName.COLLECTOR: f"raise the chart alone: the collector stays {COLLECTOR_VERSION}, the version that is tested, "
    "until docs/upgrade.md says otherwise",
    ChartName.MIMIR: "from chart 6 on Kafka is the default; this platform keeps the classic architecture",
}


def upgrade_check(
    stack: str,
    *,
    online: bool,
    kubernetes: Kubernetes | None = None,
    project: Path | None = None,
    today: date | None = None,
) -> Report:
    """Kubernetes by date; add-ons by AWS and charts by their repositories (only `online`).

    Raises what `settings_of` raises.
    """
    settings = settings_of(stack, project)
    day = today or datetime.now(UTC).date()
    checks = [
        *_kubernetes(settings, kubernetes, day),
        *addon_checks(settings, online=online),
        *(_chart(name, online=online) for name in installed_charts(settings)),
    ]
    return Report(title=f"Versions of {stack} on {day}", checks=tuple(checks))


def _kubernetes(settings: PlatformSettings, kubernetes: Kubernetes | None, today: date) -> Iterator[Check]:
    version = settings.cluster.kubernetes_version if isinstance(settings.cluster, EksCluster) else None
    if version is not None:
        yield _supported("Kubernetes (settings)", version, today)
    if kubernetes is not None:
        try:
            running = kubernetes.server_version()
        except LiveError as error:
            yield Check(name="Kubernetes (running)", state=State.UNKNOWN, detail=str(error))
            return
        yield _supported("Kubernetes (running)", running, today)
    elif version is None:
        detail = "the cluster is another stack's or not managed here: give --kubeconfig to ask it"
        yield Check(name="Kubernetes", state=State.UNKNOWN, detail=detail)


def _supported(name: str, version: str, today: date) -> Check:
    ends = standard_support_ends(version)
    if ends is None:
        detail = (
            f"{version}: newer than this table of EKS support dates, which ends with 1.{max(STANDARD_SUPPORT_ENDS)}"
        )
        return Check(name=name, state=State.UNKNOWN, detail=detail)
    days = (ends - today).days
    newest = f"1.{max(STANDARD_SUPPORT_ENDS)}"
    if days > WARNING_DAYS:
        detail = f"{version}: EKS standard support until {ends}, {days} days"
        return Check(name=name, state=State.OK, detail=detail, value=days, limit=WARNING_DAYS, unit="days")
    ended = "ended" if days < 0 else "ends"
    return Check(
        name=name,
        state=State.FINDING,
        detail=f"{version}: EKS standard support {ended} on {ends}; extended: 438 instead of 73 USD a month",
        advice=f"raise cluster.kubernetes_version one minor at a time; this table knows up to {newest}, the Amazon EKS "
        "User Guide (Kubernetes version lifecycle) later ones",
        value=days,
        limit=WARNING_DAYS,
        unit="days",
    )


def _chart(name: ChartName | ClusterChart, *, online: bool) -> Check:
    chart = LOCKED[name]
    locked = f"{chart.version} ({COLLECTOR_VERSION if name is ChartName.COLLECTOR else chart.app_version})"
    if not online:
        detail = f"locked {locked}; --online asks its repository for newer ones"
        return Check(name=f"chart {name}", state=State.UNKNOWN, detail=detail)
    try:
        version, app_version = newest(chart)
    except LiveError as error:
        return Check(name=f"chart {name}", state=State.UNKNOWN, detail=f"locked {locked}; {error}")
    behind = _numbers(version) > _numbers(chart.version)
    detail = f"locked {locked}, newest {version} ({app_version})" if behind else f"{locked} is the newest"
    raised = "read its changelog, then raise it in telemetry/charts/lock.py with its golden renders"
    return checked(f"chart {name}", detail, HELD_BACK.get(name, raised), bad=behind)


class _ChartFile(CamelCase):
    model_config = ConfigDict(coerce_numbers_to_str=True)

    version: str
    app_version: str = ""


def newest(chart: Chart) -> tuple[str, str]:
    """Version and application version of the newest chart. Raises `LiveError`."""
    text = run_tool("helm", ["show", "chart", *chart.pull_arguments()])
    try:
        found = _ChartFile.model_validate(yaml.safe_load(text))
    except (yaml.YAMLError, ValidationError):
        raise LiveError("helm", Problem.GARBAGE, "show chart names no version") from None
    return found.version, found.app_version


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version.partition("-")[0]))
