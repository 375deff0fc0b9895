"""The Helm charts: one lock table, and where each comes from (public repository, mirror folder, OCI registry)."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml

from planning.base import Frozen
from planning.errors import UserError
from settings.project import project_root

OCI = "oci://"


class ChartMirrorError(UserError):
    """A chart mirror that lacks a chart or holds another version; `str()` is the message for people."""


class ChartName(StrEnum):
    """The charts that the platform installs."""

    LOKI = "loki"
    TEMPO = "tempo"
    MIMIR = "mimir-distributed"
    PYROSCOPE = "pyroscope"
    GRAFANA = "grafana"
    COLLECTOR = "opentelemetry-collector"


class Chart(Frozen):
    """One locked chart."""

    name: str
    """Chart name."""
    repository: str
    """https:// chart repository, or oci:// registry path that holds the chart."""
    version: str
    """Chart version; the typed values are written for exactly this one."""
    app_version: str
    """Version of the application that the chart installs by default."""

    def pull_arguments(self) -> list[str]:
        """What `helm pull` needs to find the chart, without the version."""
        if self.repository.startswith(OCI):
            return [f"{self.repository}/{self.name}"]
        return [self.name, "--repo", self.repository]


class ChartSource(Frozen):
    """A chart as a Helm release refers to it."""

    chart: str
    """Chart name, oci:// reference, or path of a folder or archive."""
    repository: str | None = None
    """URL of the chart repository; None when `chart` says it all."""
    version: str | None = None
    """Version to ask a repository for; None for a path, which holds one version."""


_COMMUNITY = "oci://ghcr.io/grafana-community/helm-charts"

# Mimir's and Pyroscope's charts stayed with Grafana; Loki, Tempo and Grafana moved to grafana-community in 2026.
# Tempo's runs Tempo 3 from 3.0.0 on, with other keys and no way back: 2.10 until that is rehearsed. Mimir's 6.x needs
# Kubernetes 1.32.
CHARTS: Mapping[ChartName, Chart] = {
    chart_name: Chart(name=chart_name.value, repository=repository, version=version, app_version=app_version)
    for chart_name, repository, version, app_version in (
        (ChartName.LOKI, _COMMUNITY, "18.11.0", "3.7.6"),
        (ChartName.TEMPO, _COMMUNITY, "2.2.4", "2.10.8"),
        (ChartName.MIMIR, "https://grafana.github.io/helm-charts", "6.2.0", "3.2.0"),
        (ChartName.PYROSCOPE, "https://grafana.github.io/helm-charts", "2.2.1", "2.2.1"),
        (ChartName.GRAFANA, _COMMUNITY, "12.11.1", "13.2.0"),
        (
            ChartName.COLLECTOR,
            "https://open-telemetry.github.io/opentelemetry-helm-charts",
            "0.170.0",
            "0.158.0",
        ),
    )
}


def chart_source(name: ChartName, mirror: str | None) -> ChartSource:
    """Where a chart comes from. Raises `ChartMirrorError` when a mirror directory can't serve it."""
    chart = CHARTS[name]
    if mirror is None:
        return _from_repository(chart, chart.repository)
    if mirror.startswith(OCI):
        return _from_repository(chart, mirror.rstrip("/"))
    return ChartSource(chart=_in_directory(chart, mirror))


def _from_repository(chart: Chart, repository: str) -> ChartSource:
    if repository.startswith(OCI):
        return ChartSource(chart=f"{repository}/{chart.name}", version=chart.version)
    return ChartSource(chart=chart.name, repository=repository, version=chart.version)


def _in_directory(chart: Chart, mirror: str) -> str:
    """The folder or archive, as written in the settings so that the state is the same on every machine.

    A relative one is relative to the project, where the engine runs.
    """
    directory = Path(mirror) if Path(mirror).is_absolute() else project_root() / mirror
    if not directory.is_dir():
        raise ChartMirrorError(f"charts.mirror {mirror}: there is no such directory")
    archive = f"{chart.name}-{chart.version}.tgz"
    if (directory / archive).is_file():
        return f"{mirror.rstrip('/')}/{archive}"
    if (directory / chart.name / "Chart.yaml").is_file():
        _check_version(chart, directory / chart.name / "Chart.yaml", mirror)
        return f"{mirror.rstrip('/')}/{chart.name}"
    raise ChartMirrorError(
        f"charts.mirror {mirror}: chart {chart.name} {chart.version} is missing; "
        f"put {archive} or a folder {chart.name}/ with its Chart.yaml there"
    )


def _check_version(chart: Chart, chart_yaml: Path, mirror: str) -> None:
    try:
        document: Any = yaml.safe_load(chart_yaml.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ChartMirrorError(f"charts.mirror {mirror}: {chart.name}/Chart.yaml can't be read: {error}") from None
    version = document.get("version") if isinstance(document, dict) else None  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    if version != chart.version:
        raise ChartMirrorError(
            f"charts.mirror {mirror}: {chart.name}/ holds version {version}, "
            f"and the platform's values are written for {chart.version}"
        )
