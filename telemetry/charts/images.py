"""The container images that the charts start, their tags, and where a chart takes a digest.

Sources: the charts' values.yaml and what they make of our values (tests/data/charts). A reference that goes on with
@sha256: behind its tag is pulled by the digest (Kubernetes documentation, "Images", image digests).
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

from planning.base import Frozen
from settings.models.charts import ChartSettings
from settings.models.platform import PlatformSettings
from telemetry.charts.lock import CHARTS, COLLECTOR_VERSION, ChartName, ClusterChart


class Form(StrEnum):
    """How a chart takes a digest."""

    DIGEST = "digest"
    """With its algorithm, under a key of its own."""
    HEX = "hex"
    """Without its algorithm, under a key of its own."""
    TAG = "tag"
    """After the tag."""


class Image(Frozen):
    """One image of one chart."""

    key: str
    """Key under charts.image_digests."""
    chart: ChartName
    """Chart that starts it."""
    repository: str
    """Registry and name."""
    tag: str
    """Version."""
    path: tuple[str, ...]
    """Where the chart's values take the digest."""
    form: Form
    """In which form."""

    def value(self, digest: str) -> str:
        """What stands at `path`."""
        match self.form:
            case Form.DIGEST:
                return digest
            case Form.HEX:
                return digest.partition(":")[2]
            case Form.TAG:
                return f"{self.tag}@{digest}"


def _app(chart: ChartName) -> str:
    return CHARTS[chart].app_version


IMAGES: tuple[Image, ...] = tuple(
    Image(key=key, chart=chart, repository=repository, tag=tag, path=tuple(path.split(".")), form=form)
    for key, chart, repository, tag, path, form in (
        ("loki", ChartName.LOKI, "docker.io/grafana/loki", _app(ChartName.LOKI), "loki.image.digest", Form.DIGEST),
        ("memcached", ChartName.LOKI, "docker.io/library/memcached", "1.6.45-alpine", "memcached.image.tag", Form.TAG),
        ("tempo", ChartName.TEMPO, "docker.io/grafana/tempo", _app(ChartName.TEMPO), "tempo.tag", Form.TAG),
        ("mimir", ChartName.MIMIR, "docker.io/grafana/mimir", _app(ChartName.MIMIR), "image.tag", Form.TAG),
        (
            "nginx",
            ChartName.MIMIR,
            "docker.io/nginxinc/nginx-unprivileged",
            "1.29-alpine",
            "gateway.nginx.image.tag",
            Form.TAG,
        ),
        (
            "pyroscope",
            ChartName.PYROSCOPE,
            "grafana/pyroscope",
            _app(ChartName.PYROSCOPE),
            "pyroscope.image.tag",
            Form.TAG,
        ),
        ("grafana", ChartName.GRAFANA, "docker.io/grafana/grafana", _app(ChartName.GRAFANA), "image.sha", Form.HEX),
        (
            "dashboards_sidecar",
            ChartName.GRAFANA,
            "quay.io/kiwigrid/k8s-sidecar",
            "2.10.1",
            "sidecar.image.sha",
            Form.HEX,
        ),
        (
            "collector",
            ChartName.COLLECTOR,
            "ghcr.io/open-telemetry/opentelemetry-collector-releases/opentelemetry-collector-contrib",
            COLLECTOR_VERSION,
            "image.digest",
            Form.DIGEST,
        ),
    )
)


def images_of(settings: PlatformSettings) -> Iterable[Image]:
    """The images that a stack runs."""
    caches = settings.sizes.loki.chunks_cache_mb or settings.sizes.loki.results_cache_mb
    absent = {"memcached": not caches, "pyroscope": not settings.profiles.enabled}
    return (image for image in IMAGES if not absent.get(image.key, False))


def digest_of(image: Image, charts: ChartSettings) -> str | None:
    """The stack's own word on an image."""
    return getattr(charts.image_digests, image.key)


def with_digests(chart: ChartName | ClusterChart, values: Mapping[str, Any], charts: ChartSettings) -> dict[str, Any]:
    """A chart's values, with the digests that the stack names."""
    changed = dict(values)
    for image in IMAGES:
        digest = digest_of(image, charts)
        if image.chart is chart and digest is not None:
            changed = _put(changed, image.path, image.value(digest))
    return changed


def _put(values: Mapping[str, Any], path: tuple[str, ...], value: str) -> dict[str, Any]:
    key, *rest = path
    return {**values, key: _put(values.get(key) or {}, tuple(rest), value) if rest else value}
