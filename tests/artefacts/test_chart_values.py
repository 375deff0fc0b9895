"""Every value that we set is a value that the locked chart knows, with the type that it expects."""

from collections.abc import Iterator
from typing import Any

import pytest

from planning.tiers import BucketPurpose
from sandbox.bootstrap.paths import PROJECT_ROOT
from settings.document.loader import parse_settings
from settings.models.platform import PlatformSettings
from telemetry.charts.collector import agent_values, gateway_values
from telemetry.charts.grafana import grafana_values
from telemetry.charts.lock import CHARTS, ChartName
from telemetry.charts.loki import loki_values
from telemetry.charts.mimir import mimir_values
from telemetry.charts.object_storage import ObjectStorage
from telemetry.charts.pyroscope import pyroscope_values
from telemetry.charts.tempo import tempo_values
from telemetry.kubernetes.placement import placement_for
from tests.stacks import settings_of, with_profiles

KEYS = PROJECT_ROOT / "tests" / "data" / "charts"
STACKS = ("dev", "staging", "prod")
RELEASES = {
    "loki": ChartName.LOKI,
    "tempo": ChartName.TEMPO,
    "mimir": ChartName.MIMIR,
    "pyroscope": ChartName.PYROSCOPE,
    "grafana": ChartName.GRAFANA,
    "agent": ChartName.COLLECTOR,
    "gateway": ChartName.COLLECTOR,
}
# Parts that a chart hands to the application as they are; its schema lets any key stand there.
FREE_FORM = {
    ChartName.LOKI: (
        "loki.storage",
        "loki.limits_config",
        "loki.ingester",
        "loki.rulerConfig",
        "loki.server",
        "loki.readinessProbe.httpGet",
        "loki.livenessProbe.httpGet",
    ),
    ChartName.TEMPO: (
        "tempo.storage",
        "securityContext",
        "tempo.server",
        "tempo.readinessProbe.httpGet",
        "tempo.livenessProbe.httpGet",
        "tempo.receivers.otlp.protocols.grpc.tls",
        "tempo.receivers.otlp.protocols.http.tls",
    ),
    ChartName.PYROSCOPE: ("pyroscope.extraArgs", "pyroscope.podSecurityContext"),
    ChartName.GRAFANA: ("grafana.ini",),
}
# Keys that the chart's templates read and its values file shows in comments only, so that they have no default.
WITHOUT_DEFAULT = {
    ChartName.TEMPO: {"persistence.storageClassName"},
    ChartName.PYROSCOPE: {"pyroscope.persistence.storageClassName"},
    ChartName.GRAFANA: {"persistence.storageClassName"},
    ChartName.COLLECTOR: {
        "podDisruptionBudget.maxUnavailable",
        "service.enabled",
        "service.internalTrafficPolicy",
        "service.trafficDistribution",
        "ports.metrics.hostPort",
    },
}
TYPES: dict[str, tuple[type, ...]] = {
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "string": (str,),
    "list": (list,),
    "object": (dict, list),
    "null": (str, int, bool, list, dict),
}


def known_keys(chart: ChartName) -> dict[str, str]:
    """Type by dotted path; a row's type is that of the chart's default."""
    path = KEYS / f"{chart}-{CHARTS[chart].version}.keys.tsv"
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith(f"# value keys of chart {chart} {CHARTS[chart].version}")
    return dict(line.split("\t") for line in lines[1:])


def unknown(values: dict[str, Any], chart: ChartName, keys: dict[str, str], prefix: str = "") -> Iterator[str]:
    """Paths that the chart doesn't know, and values of a type that it doesn't expect."""
    for key, value in values.items():
        path = f"{prefix}{key}"
        if path in FREE_FORM.get(chart, ()) or path in WITHOUT_DEFAULT.get(chart, ()):
            continue
        if path in keys:
            kind = keys[path]
            if not isinstance(value, TYPES[kind]) or (kind != "boolean" and isinstance(value, bool) and kind != "null"):
                yield f"{path}: {value!r} is no {kind}"
        elif isinstance(value, dict) and any(known.startswith(f"{path}.") for known in keys):
            yield from unknown(value, chart, keys, f"{path}.")
        else:
            yield f"{path}: unknown"


def on_premises() -> PlatformSettings:
    store = {"endpoint": "http://seaweedfs.storage.svc:8333", "credentials_secret": "object-store"}
    document: dict[str, Any] = {
        "environment": "staging",
        "project": "acme",
        "owner": "platform",
        "cost_centre": "observability",
        "services": [{"name": "api", "language": "go", "port": 8000, "tier": "critical"}],
        "cluster": {"mode": "existing", "context": "kind", "object_store": store},
    }
    return parse_settings(document, stack="staging")


def values_of(release: str, settings: PlatformSettings, stack: str) -> dict[str, Any]:
    store = ObjectStorage(
        buckets={purpose: f"acme-{purpose}" for purpose in BucketPurpose},
        region="us-west-2",
        endpoint="s3.us-west-2.amazonaws.com",
        credentials_secret=None if settings.on_aws else "object-store",
    )
    placement = placement_for(settings, stack)
    builders = {
        "loki": lambda: loki_values(settings, store, placement, "gp3"),
        "tempo": lambda: tempo_values(settings, store, placement, "gp3"),
        "mimir": lambda: mimir_values(settings, store, placement, "gp3"),
        "pyroscope": lambda: pyroscope_values(with_profiles(settings), store, placement, "gp3"),
        "grafana": lambda: grafana_values(settings, placement, "gp3"),
        "agent": lambda: agent_values(settings, placement, stack),
        "gateway": lambda: gateway_values(settings, placement),
    }
    return builders[release]().to_values()


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("stack", STACKS)
def test_every_value_of_every_stack_is_known_to_its_chart(stack: str, release: str) -> None:
    chart = RELEASES[release]
    values = values_of(release, settings_of(stack), stack)
    assert list(unknown(values, chart, known_keys(chart))) == []


@pytest.mark.parametrize("release", RELEASES)
def test_every_value_off_aws_is_known_to_its_chart(release: str) -> None:
    chart = RELEASES[release]
    assert list(unknown(values_of(release, on_premises(), "staging"), chart, known_keys(chart))) == []


def test_the_check_sees_a_misspelt_key_and_a_wrong_type() -> None:
    values = {"tempo": {"retentions": "24h", "memBallastSizeMbs": "0"}, "persistance": {"enabled": True}}
    assert list(unknown(values, ChartName.TEMPO, known_keys(ChartName.TEMPO))) == [
        "tempo.retentions: unknown",
        "tempo.memBallastSizeMbs: '0' is no integer",
        "persistance: unknown",
    ]
