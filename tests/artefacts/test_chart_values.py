"""Every value that we set is a value that the locked chart knows, with the type that it expects."""

from collections.abc import Iterator
from typing import Any, cast

import pytest

from settings.document.loader import parse_settings
from settings.models.platform import PlatformSettings
from telemetry.charts.lock import ChartName
from tests.chart_facts.recorded import chart_facts
from tests.chart_facts.values import RELEASES, STACKS, stack_values, values_of

_MIMIR_VOLUMES = ("ingester", "store_gateway", "compactor", "alertmanager")
_MIMIR_PARTS = (*_MIMIR_VOLUMES, "distributor", "querier", "query_frontend", "query_scheduler", "ruler")
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
    ChartName.MIMIR: (
        *(f"{part}.resources" for part in _MIMIR_PARTS),
        # One constraint or a list of them.
        *(f"{part}.topologySpreadConstraints" for part in _MIMIR_PARTS),
    ),
    ChartName.PYROSCOPE: ("pyroscope.extraArgs", "pyroscope.podSecurityContext"),
    ChartName.GRAFANA: ("grafana.ini",),
}
# Keys that the chart's templates read and its values file shows in comments only, so that they have no default.
WITHOUT_DEFAULT = {
    ChartName.TEMPO: {"persistence.storageClassName"},
    ChartName.MIMIR: {f"{part}.persistentVolume.storageClass" for part in _MIMIR_VOLUMES},
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
    """Type of the default by dotted path of the real chart's values.yaml."""
    return chart_facts(chart).keys


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
            yield from unknown(cast("dict[str, Any]", value), chart, keys, f"{path}.")
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


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("stack", STACKS)
def test_every_value_of_every_stack_is_known_to_its_chart(stack: str, release: str) -> None:
    chart = RELEASES[release]
    assert list(unknown(stack_values(stack)[release], chart, known_keys(chart))) == []


@pytest.mark.parametrize("release", RELEASES)
def test_every_value_off_aws_is_known_to_its_chart(release: str) -> None:
    chart = RELEASES[release]
    assert list(unknown(values_of(on_premises(), "staging")[release], chart, known_keys(chart))) == []


def test_the_check_sees_a_misspelt_key_and_a_wrong_type() -> None:
    values = {"tempo": {"retentions": "24h", "memBallastSizeMbs": "0"}, "persistance": {"enabled": True}}
    assert list(unknown(values, ChartName.TEMPO, known_keys(ChartName.TEMPO))) == [
        "tempo.retentions: unknown",
        "tempo.memBallastSizeMbs: '0' is no integer",
        "persistance: unknown",
    ]
