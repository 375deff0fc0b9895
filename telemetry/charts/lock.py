"""The Helm charts: one lock table, and where each comes from (public repository, mirror folder, OCI registry)."""

import hashlib
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml

from planning.base import Frozen
from planning.errors import UserError
from settings.project import project_root

OCI = "oci://"
# One collector for deployment, local platform and tests, older than the chart's own: the newest version of which the
# tests can build every component in use. The Go module proxy has k8sclusterreceiver and k8sleaderelector as v0.149.0
# and nothing newer (read 2026-11-28), and only what was run under these configurations is known to accept them.
COLLECTOR_VERSION = "0.149.0"


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


class ClusterChart(StrEnum):
    """The charts of a cluster's owner, installed where its settings ask for them."""

    KARPENTER = "karpenter"
    KARPENTER_CRD = "karpenter-crd"


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
    digest: str | None
    """sha256 of the released archive, which is the layer that OCI registries hold too; None where it isn't published
    beside the registry itself, and only the version is held."""

    @property
    def archive(self) -> str:
        """File name of the released archive."""
        return f"{self.name}-{self.version}.tgz"

    def check_archive(self, path: Path) -> None:
        """Raises `ChartMirrorError` when a file isn't the released archive."""
        found = hashlib.sha256(path.read_bytes()).hexdigest()
        if self.digest is not None and found != self.digest:
            raise ChartMirrorError(f"{path}: its sha256 is {found}, and that of the released archive is {self.digest}")

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
_GRAFANA = "https://grafana.github.io/helm-charts"

# Mimir's and Pyroscope's charts stayed with Grafana; Loki, Tempo and Grafana moved to grafana-community in 2026. The
# single-binary Tempo chart for Tempo 3 is out of reach here (docs/upgrade.md), so it stays on 2.10; Mimir's 6.x needs
# Kubernetes 1.32.
# Digests: index.yaml of the three public repositories, as of 2026-08-20.
CHARTS: Mapping[ChartName, Chart] = {
    chart_name: Chart(
        name=chart_name.value, repository=repository, version=version, app_version=app_version, digest=digest
    )
    for chart_name, repository, version, app_version, digest in (
        (
            ChartName.LOKI,
            _COMMUNITY,
            "18.11.0",
            "3.7.6",
            "d4d99424d197e1460878093c9fced02346669ab0698a0dca7c575ab76fff7aeb",
        ),
        (
            ChartName.TEMPO,
            _COMMUNITY,
            "2.2.4",
            "2.10.8",
            "5f3f4b29c4487b9c27715c18bc6c7b0889712b14075d97705f9b151a51725f68",
        ),
        (
            ChartName.MIMIR,
            _GRAFANA,
            "6.2.0",
            "3.2.0",
            "6ef7fd69c66a8006e2346408feef48c47ec86c5675e1f1ef0a2cb5116348cbc6",
        ),
        (
            ChartName.PYROSCOPE,
            _GRAFANA,
            "2.2.1",
            "2.2.1",
            "a298b0420a87bd49b0d4fdef84e96715155fff803d25b1e543cea7d297d71f04",
        ),
        (
            ChartName.GRAFANA,
            _COMMUNITY,
            "12.11.1",
            "13.2.0",
            "5dddbb4efe49f502a50264592637f4d2b99db50a0a800abde2f8cba3f8da0a74",
        ),
        (
            ChartName.COLLECTOR,
            "https://open-telemetry.github.io/opentelemetry-helm-charts",
            "0.170.0",
            "0.158.0",
            "ed140b332233075c7fd15eaebba571fdf100926f08c0a5a274c7b32895315137",
        ),
    )
}

# Karpenter supports Kubernetes 1.36 from 1.13 on (its documentation, "Compatibility"). Its definitions are a chart of
# their own, as Helm never changes those that come with a chart. The released chart pins its image by digest.
KARPENTER_VERSION = "1.13.1"
CLUSTER_CHARTS: Mapping[ClusterChart, Chart] = {
    name: Chart(
        name=name.value,
        repository="oci://public.ecr.aws/karpenter",
        version=KARPENTER_VERSION,
        app_version=KARPENTER_VERSION,
        digest=None,
    )
    for name in ClusterChart
}
LOCKED: Mapping[str, Chart] = {**CHARTS, **CLUSTER_CHARTS}
"""Every chart by its name."""


def chart_source(name: ChartName | ClusterChart, mirror: str | None) -> ChartSource:
    """Where a chart comes from. Raises `ChartMirrorError` when a mirror directory can't serve it."""
    chart = LOCKED[name]
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
    archive = directory / chart.archive
    if archive.is_file():
        _check_digest(chart, archive, mirror)
        return f"{mirror.rstrip('/')}/{chart.archive}"
    if (directory / chart.name / "Chart.yaml").is_file():
        _check_version(chart, directory / chart.name / "Chart.yaml", mirror)
        return f"{mirror.rstrip('/')}/{chart.name}"
    raise ChartMirrorError(
        f"charts.mirror {mirror}: chart {chart.name} {chart.version} is missing; "
        f"put {chart.archive} or a folder {chart.name}/ with its Chart.yaml there"
    )


def _check_digest(chart: Chart, archive: Path, mirror: str) -> None:
    try:
        chart.check_archive(archive)
    except ChartMirrorError as error:
        raise ChartMirrorError(
            f"charts.mirror {mirror}: {error}; a chart of your own belongs into a folder {chart.name}/"
        ) from None


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
