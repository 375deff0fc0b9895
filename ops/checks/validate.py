"""`validate`: a stack's file, the configurations rendered from it, and its chart mirror; no platform is asked."""

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import yaml

from ops.backends.errors import LiveError
from ops.backends.tools import run_tool
from ops.errors import CommandError
from ops.report.checks import Check, Report, State, checked
from ops.stacks import settings_of
from planning.backends import BACKENDS, backends_of
from planning.buckets import BucketPurpose
from planning.prices.loader import load_prices, regions_with_prices
from planning.topology.plan import plan_topology
from settings.document.loader import MIRROR_VARIABLE
from settings.models.names import Names
from settings.models.platform import PlatformSettings
from settings.rules.sizing import resource_sums
from settings.rules.topology import against_model, topology_inputs
from telemetry.backends import values_of
from telemetry.charts.grafana import grafana_values
from telemetry.charts.lock import CHARTS, ChartMirrorError, chart_source
from telemetry.charts.object_storage import ObjectStorage
from telemetry.collector.agent import agent_config
from telemetry.collector.gateway import gateway_config
from telemetry.cost.expected_resources import STORAGE_CLASS
from telemetry.kubernetes.placement import placement_for


def validate(stack: str, project: Path | None = None, collector: Path | None = None) -> Report:
    """Every check; with a collector's binary also what that says.

    Raises `SettingsError` or `CommandError` for a file that holds no valid settings.
    """
    settings = settings_of(stack, project)
    sums = resource_sums(settings)
    checks = [
        Check(
            name="settings",
            state=State.OK,
            detail=f"valid: {settings.environment} in {settings.region}, {len(settings.services)} services, "
            f"{sums.pods} pods ask for {sums.memory_gb:.1f} of {settings.capacity.memory_gb} GB",
        ),
        *_carried(settings),
        *(_rendered(name, render) for name, render in _configurations(settings, stack).items()),
        *_charts(settings),
        *(_collector_accepts(collector, settings) if collector else ()),
    ]
    return Report(title=f"Configuration of {stack}", checks=tuple(checks))


def _carried(settings: PlatformSettings) -> Iterator[Check]:
    """The stack's sizes against what the planner says of its workload."""
    if settings.region not in regions_with_prices():
        return
    topology = plan_topology(topology_inputs(settings), load_prices(settings.region))
    short = against_model(settings, topology)
    yield checked(
        "sizes",
        "; ".join(short) or f"carry {settings.workload.requests_per_second:,g} requests/s by the planner's model",
        "raise them, or write `sizes: auto`: docs/topology.md",
        bad=bool(short),
    )


def _configurations(settings: PlatformSettings, stack: str) -> dict[str, Callable[[], object]]:
    prefix = Names(project=settings.project, stack=stack).prefix
    buckets = {purpose: f"{prefix}-{purpose}" for purpose in BucketPurpose}
    storage = ObjectStorage(buckets=buckets, region=settings.region, endpoint="s3")
    placement = placement_for(settings, stack)
    return {
        **{
            f"{one.name} values": lambda one=one: values_of(
                one, settings, storage, placement, STORAGE_CLASS
            ).to_values()
            for one in backends_of(settings.retention)
        },
        "grafana values": lambda: grafana_values(settings, placement, STORAGE_CLASS).to_values(),
        "agent": lambda: agent_config(settings).document(),
        "gateway": lambda: gateway_config(settings).document(),
    }


def _rendered(name: str, render: Callable[[], object]) -> Check:
    try:
        render()
    except ValueError as error:
        # pydantic's ValidationError is one: a value that the chart's typed model refuses.
        said = " ".join(str(error).split())
        return Check(name=name, state=State.FINDING, detail=said, advice="this is a defect: report it with the file")
    return Check(name=name, state=State.OK, detail="renders")


def _charts(settings: PlatformSettings) -> list[Check]:
    mirror = settings.charts.mirror or os.environ.get(MIRROR_VARIABLE)
    absent = {one.chart for one in set(BACKENDS) - set(backends_of(settings.retention))}
    checks: list[Check] = []
    for name, chart in CHARTS.items():
        if name in absent:
            continue
        try:
            source = chart_source(name, mirror)
        except ChartMirrorError as error:
            advice = f"helm pull {' '.join(chart.pull_arguments())} --version {chart.version}"
            checks.append(Check(name=f"chart {name}", state=State.FINDING, detail=str(error), advice=advice))
            continue
        where = source.repository or source.chart
        checks.append(Check(name=f"chart {name}", state=State.OK, detail=f"{chart.version} from {where}"))
    return checks


def _collector_accepts(collector: Path, settings: PlatformSettings) -> Iterator[Check]:
    """What a real collector's `validate` says of both configurations."""
    if not collector.is_file():
        raise CommandError(f"--collector: there is no file {collector}")
    with tempfile.TemporaryDirectory(prefix="lgtm-ops-") as folder:
        for name, config in (("agent", agent_config(settings)), ("gateway", gateway_config(settings))):
            path = Path(folder) / f"{name}.yaml"
            path.write_text(yaml.safe_dump(config.document()), encoding="utf-8")
            yield _accepted(str(collector.absolute()), name, path, config.arguments)


def _accepted(collector: str, name: str, path: Path, arguments: list[str]) -> Check:
    try:
        run_tool(collector, ["validate", *arguments, "--config", str(path)])
    except LiveError as error:
        return Check(name=f"{name} by collector", state=State.FINDING, detail=error.detail)
    return Check(name=f"{name} by collector", state=State.OK, detail="accepted")
