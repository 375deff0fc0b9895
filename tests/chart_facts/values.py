"""The values that the program sets for every release of a stack, as the charts get them."""

from __future__ import annotations

from typing import Any, cast

from planning.buckets import BucketPurpose
from settings.models.platform import PlatformSettings
from telemetry.charts.collector import agent_values, gateway_values
from telemetry.charts.grafana import grafana_values
from telemetry.charts.lock import ChartName
from telemetry.charts.loki import loki_values
from telemetry.charts.mimir import mimir_values
from telemetry.charts.object_storage import ObjectStorage
from telemetry.charts.pyroscope import pyroscope_values
from telemetry.charts.tempo import tempo_values
from telemetry.kubernetes.placement import placement_for
from tests.stacks import settings_of, with_profiles

Values = dict[str, Any]

STACKS = ("dev", "staging", "prod")
AGENT = "collector-agent"
RELEASES: dict[str, ChartName] = {
    "loki": ChartName.LOKI,
    "tempo": ChartName.TEMPO,
    "mimir": ChartName.MIMIR,
    "pyroscope": ChartName.PYROSCOPE,
    "grafana": ChartName.GRAFANA,
    "collector-gateway": ChartName.COLLECTOR,
    AGENT: ChartName.COLLECTOR,
}

# What a chart hands on unread, and which changes often: in its place, enough to see where it goes.
_HANDED_ON: dict[ChartName, Values] = {
    ChartName.COLLECTOR: {"alternateConfig": {"exporters": {"debug": {}}, "service": {"pipelines": {}}}},
    ChartName.GRAFANA: {"datasources": {"datasources.yaml": {"apiVersion": 1}}, "grafana.ini": {"news": {}}},
}


def stack_values(stack: str) -> dict[str, Values]:
    """The values that the program sets for every release of a stack of the tests."""
    return values_of(settings_of(stack), stack)


def values_of(settings: PlatformSettings, stack: str) -> dict[str, Values]:
    """The values that the program sets for every release, profiles among them, for these settings."""
    storage = ObjectStorage(
        buckets={purpose: f"bucket-{purpose.value}" for purpose in BucketPurpose},
        region="us-west-2",
        endpoint="s3.us-west-2.amazonaws.com",
        credentials_secret=None if settings.on_aws else "object-store",
    )
    placement = placement_for(settings, stack)
    models = {
        "loki": loki_values(settings, storage, placement, "gp3"),
        "tempo": tempo_values(settings, storage, placement, "gp3"),
        "mimir": mimir_values(settings, storage, placement, "gp3"),
        "pyroscope": pyroscope_values(with_profiles(settings), storage, placement, "gp3"),
        "grafana": grafana_values(settings, placement, "gp3"),
        "collector-gateway": gateway_values(settings, placement),
        AGENT: agent_values(settings, placement, stack),
    }
    return {release: model.to_values() for release, model in models.items()}


def recorded_values(stack: str, release: str) -> Values:
    """The same, without the contents that the chart only hands on."""
    return {**stack_values(stack)[release], **_HANDED_ON.get(RELEASES[release], {})}


def keys_of(values: Values, prefix: str = "") -> dict[str, str]:
    """Type of the default by dotted path of a chart's values.yaml; an empty table is open: any key may stand in it."""
    keys: dict[str, str] = {}
    for name, value in values.items():
        if isinstance(value, dict) and value:
            keys |= keys_of(cast("Values", value), f"{prefix}{name}.")
        else:
            keys[f"{prefix}{name}"] = next(word for kind, word in _TYPES if isinstance(value, kind))
    return keys


# A boolean is an integer too, so it comes first.
_TYPES = (
    (dict, "object"), (list, "list"), (str, "string"), (bool, "boolean"), (int, "integer"), (float, "number"),
    (type(None), "null"),
)  # fmt: skip
