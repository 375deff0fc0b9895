"""Digests of container images, beside the versions that the charts name."""

from typing import Annotated

from planning.base import Frozen
from settings.models.fields import matching

Digest = Annotated[str, matching(r"^sha256:[0-9a-f]{64}$", "sha256: and 64 lower-case hexadecimal digits")]


class ImageDigests(Frozen):
    """What each image must be, whatever its tag points at; `lgtm images` shows the tags. Give the digest of the
    multi-architecture index: nodes may be arm64 or x86_64."""

    loki: Digest | None = None
    """Loki."""
    tempo: Digest | None = None
    """Tempo."""
    mimir: Digest | None = None
    """Mimir."""
    pyroscope: Digest | None = None
    """Pyroscope, where profiles are kept."""
    grafana: Digest | None = None
    """Grafana."""
    dashboards_sidecar: Digest | None = None
    """Grafana's watcher of dashboards."""
    collector: Digest | None = None
    """The OpenTelemetry Collector, agents and gateways."""
    memcached: Digest | None = None
    """Loki's caches."""
    nginx: Digest | None = None
    """The gateway before Mimir."""
