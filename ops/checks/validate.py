"""`validate`: a stack's file, the configurations rendered from it, and its chart mirror; no platform is asked."""

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from ops.backends.errors import LiveError
from ops.backends.tools import run_tool
from ops.checks.existing_network import existing_network
from ops.errors import CommandError
from ops.files import write
from ops.report.checks import Check, Report, State
from ops.stacks import assumed_of, settings_of
from planning.backends import backends_of
from planning.buckets import BucketPurpose
from planning.shipped_yaml import yaml_text
from settings.document.loader import MIRROR_VARIABLE
from settings.document.policy_config import CONFIG_FOLDER, config_file
from settings.document.stack_files import owner_settings
from settings.models.names import Names
from settings.models.platform import PlatformSettings
from settings.project import project_root
from settings.rules.sizing import resource_sums
from telemetry.backends import values_of
from telemetry.charts.grafana import grafana_values
from telemetry.charts.installed import installed_charts
from telemetry.charts.lock import LOCKED, ChartMirrorError, chart_source
from telemetry.charts.object_storage import ObjectStorage
from telemetry.collector.agent import agent_config
from telemetry.collector.gateway import gateway_config
from telemetry.cost.expected_resources import STORAGE_CLASS
from telemetry.kubernetes.placement import placement_for
from telemetry.preflight import CHECKS, Situation, concerns


def validate(
    stack: str, project: Path | None = None, collector: Path | None = None, *, fix: bool = False, aws: bool = False
) -> Report:
    """Every check; with a collector's binary also what that says. `fix` writes the policies' limits anew, `aws` looks
    at a network that is there already.

    Raises `SettingsError` or `CommandError` for a file that holds no valid settings, `LiveError` where AWS is asked and
    gives no answer.
    """
    project = project or project_root()
    settings = settings_of(stack, project)
    sums = resource_sums(settings)
    checks = [
        Check(
            name="settings",
            state=State.OK,
            detail=f"valid: {settings.environment} in {settings.region}, {len(settings.services)} services, "
            f"{sums.pods} pods ask for {sums.memory_gb:.1f} of {settings.capacity.memory_gb} GB",
        ),
        *_preflight(settings, stack, project),
        *(existing_network(settings) if aws else ()),
        _limits(settings, stack, project, fix=fix),
        *(_rendered(name, render) for name, render in _configurations(settings, stack).items()),
        *_charts(settings),
        *(_collector_accepts(collector, settings) if collector else ()),
    ]
    return Report(title=f"Configuration of {stack}", checks=tuple(checks))


def _preflight(settings: PlatformSettings, stack: str, project: Path) -> Iterator[Check]:
    """The list that the program goes through too."""
    found = concerns(Situation(settings, stack, owner_settings(settings, project), assumed_of(stack, project)))
    for name in CHECKS:
        mine = [concern for concern in found if concern.check == name]
        for concern in mine:
            state = State.FINDING if concern.wrong else State.WARNING
            yield Check(name=name, state=state, detail=concern.what, advice=concern.advice)
        if not mine:
            yield Check(name=name, state=State.OK, detail="as it should be")


def _limits(settings: PlatformSettings, stack: str, project: Path, *, fix: bool) -> Check:
    """Whether the policies hold the stack to what its file says."""
    if not (project / CONFIG_FOLDER.parent).is_dir() and not fix:
        return Check(name="policy limits", state=State.OK, detail="there are no policies in this project")
    path, text = config_file(settings, stack, project)
    name = str(path.relative_to(project))
    there = path.exists()
    if there and path.read_text(encoding="utf-8") == text:
        return Check(name="policy limits", state=State.OK, detail=f"{name} is in step with the stack file")
    if fix:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, text)
        return Check(name="policy limits", state=State.OK, detail=f"{name} was written anew: commit it")
    detail = f"{name} is {'behind the stack file' if there else 'missing'}"
    return Check(
        name="policy limits", state=State.FINDING, detail=detail, advice=f"python -m ops validate --stack {stack} --fix"
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
    checks: list[Check] = []
    for name in installed_charts(settings):
        chart = LOCKED[name]
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
            path.write_text(yaml_text(config.document()), encoding="utf-8")
            yield _accepted(str(collector.absolute()), name, path, config.arguments)


def _accepted(collector: str, name: str, path: Path, arguments: list[str]) -> Check:
    try:
        run_tool(collector, ["validate", *arguments, "--config", str(path)])
    except LiveError as error:
        return Check(name=f"{name} by collector", state=State.FINDING, detail=error.detail)
    return Check(name=f"{name} by collector", state=State.OK, detail="accepted")
