"""Reads a stack's document, lays it over its environment's defaults, and validates the whole once."""

import os

import pulumi
from pydantic import ValidationError

from settings.defaults import Json, defaults_for
from settings.environment import Environment
from settings.messages import SettingsError, explain
from settings.models import PlatformSettings

CONFIG_KEY = "platform"
MIRROR_VARIABLE = "LGTM_CHART_MIRROR"


def load_settings() -> PlatformSettings:
    """The settings of the running stack. Raises `pulumi.RunError` with one readable message when they are wrong."""
    document = pulumi.Config().get_object(CONFIG_KEY)
    try:
        return parse_settings(document, stack=pulumi.get_stack(), mirror=os.environ.get(MIRROR_VARIABLE))
    except SettingsError as error:
        raise pulumi.RunError(str(error)) from None


def parse_settings(document: Json, *, stack: str, mirror: str | None = None) -> PlatformSettings:
    """Validates a raw document. Raises `SettingsError`, which names every wrong key."""
    if not isinstance(document, dict):
        raise SettingsError(stack, [f"lgtm:{CONFIG_KEY}: is missing or not a table; start from `environment: dev`"])
    try:
        return PlatformSettings.model_validate(with_defaults(document, mirror))
    except ValidationError as error:
        raise SettingsError(stack, explain(error, document)) from None


def with_defaults(document: dict[str, Json], mirror: str | None = None) -> dict[str, Json]:
    """The document laid over its environment's defaults; an unknown environment is left for validation to name."""
    try:
        environment = Environment(str(document.get("environment")))
    except ValueError:
        return document
    cluster = document.get("cluster")
    mode = cluster.get("mode") if isinstance(cluster, dict) else None
    base = defaults_for(environment, mode if isinstance(mode, str) else None)
    if isinstance(mode, str) and isinstance(base.get("cluster"), dict):
        base["cluster"]["mode"] = mode  # type: ignore[index,call-overload]
    merged = _merge(base, document)
    charts = merged.setdefault("charts", {})
    if mirror and isinstance(charts, dict):
        charts.setdefault("mirror", mirror)
    return merged


def _merge(base: dict[str, Json], over: dict[str, Json]) -> dict[str, Json]:
    """Tables merge key by key; lists and scalars replace; null removes a default."""
    result = dict(base)
    for key, value in over.items():
        old = result.get(key)
        if value is None:
            result.pop(key, None)
        elif isinstance(old, dict) and isinstance(value, dict):
            result[key] = _merge(old, value)
        else:
            result[key] = value
    return result
