"""A chart to record: a folder, an archive, or what `helm pull` brings from a repository; and how Helm renders it."""

from __future__ import annotations

import json
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import yaml

from settings.models.cluster import EksCluster
from telemetry.charts.lock import OCI, Chart, ChartMirrorError
from tests.stacks import settings_of

Json = dict[str, Any]
NAMESPACE = "monitoring"


class ChartError(Exception):
    """A chart that can't be had or rendered; `str()` is the message for people."""


def helm() -> str:
    """Path of Helm. Raises `ChartError` where there is none."""
    binary = shutil.which("helm")
    if binary is None:
        raise ChartError("helm is not on PATH; `make tools` installs it")
    return binary


def chart_folder(chart: Chart, source: str | None, work: Path) -> Path:
    """The chart's folder inside `work`, ready to render. Raises `ChartError` with the reason."""
    if source is None or source.startswith((OCI, "https://", "http://")):
        located = chart if source is None else chart.model_copy(update={"repository": source.rstrip("/")})
        archive = _pulled(located, work)
        if source is None:
            _check_released(chart, archive)
        folder = _unpacked(archive, work)
    else:
        folder = _from_directory(chart, Path(source), work)
    found = yaml.safe_load((folder / "Chart.yaml").read_text(encoding="utf-8"))
    if found["version"] != chart.version:
        raise ChartError(f"{source}: holds {chart.name} {found['version']}, and {chart.version} is locked")
    _drop_absent_dependencies(folder)
    return folder


def kubernetes_version() -> str:
    """The clusters' version, by which charts choose what they make."""
    cluster = settings_of("prod").cluster
    assert isinstance(cluster, EksCluster)
    return cluster.kubernetes_version


def rendered(chart: Path, release: str, values: Json) -> list[Json]:
    """Every object that a release of the chart would install. Raises `ChartError` with Helm's own words."""
    target = [release, str(chart), "--namespace", NAMESPACE, "--kube-version", kubernetes_version()]
    command = [helm(), "template", *target, "-f", "-"]
    result = subprocess.run(command, input=json.dumps(values), capture_output=True, text=True, check=False)
    if result.returncode:
        raise ChartError(f"{release}: {result.stderr.strip()}")
    return [document for document in yaml.safe_load_all(result.stdout) if document]


def _pulled(chart: Chart, work: Path) -> Path:
    command = [helm(), "pull", *chart.pull_arguments(), "--version", chart.version, "--destination", str(work)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        raise ChartError(f"{chart.name} {chart.version}: {(result.stderr.strip().splitlines() or ['no answer'])[-1]}")
    return work / chart.archive


def _check_released(chart: Chart, archive: Path) -> None:
    try:
        chart.check_archive(archive)
    except ChartMirrorError as error:
        raise ChartError(str(error)) from None


def _unpacked(archive: Path, work: Path) -> Path:
    with tarfile.open(archive) as opened:
        opened.extractall(work, filter="data")
    return next(path.parent for path in work.glob("*/Chart.yaml"))


def _from_directory(chart: Chart, source: Path, work: Path) -> Path:
    """A chart's own folder, or one that holds it as a folder or an archive."""
    archive = source / chart.archive
    if archive.is_file():
        return _unpacked(archive, work)
    for folder in (source, source / chart.name):
        if (folder / "Chart.yaml").is_file():
            return Path(shutil.copytree(folder, work / chart.name))
    raise ChartError(f"{source}: neither a chart nor a folder with {chart.name}/ or {archive.name}")


def _drop_absent_dependencies(folder: Path) -> None:
    """A checkout lacks the subcharts that a release packs; Helm refuses without them even where they are off."""
    path = folder / "Chart.yaml"
    metadata: Json = yaml.safe_load(path.read_text(encoding="utf-8"))
    present = {held.name for held in (folder / "charts").glob("*")}
    kept = [one for one in metadata.get("dependencies", []) if any(name.startswith(one["name"]) for name in present)]
    path.write_text(yaml.safe_dump({**metadata, "dependencies": kept}), encoding="utf-8")
    (folder / "Chart.lock").unlink(missing_ok=True)
