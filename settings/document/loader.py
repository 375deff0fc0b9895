"""Reads a stack's document, lays it over its environment's defaults, and validates the whole once."""

import difflib
import json
import os
from collections.abc import Iterable

import pulumi
from pulumi.runtime import config as pulumi_config
from pydantic import ValidationError

from settings.document.defaults import Json, defaults_for
from settings.document.messages import SettingsError, Source, explain, nearest, sentence, show
from settings.document.secrets import ALERTING_SECRET_KEYS
from settings.models.environment import Environment
from settings.models.names import Names, length_problems, stack_name_problems
from settings.models.platform import PlatformSettings

NAMESPACE = "lgtm"
CONFIG_KEY = "platform"
FULL_KEY = f"{NAMESPACE}:{CONFIG_KEY}"
REGION_KEY = "aws:region"
# Secrets of an S3-compatible server: too secret for the document, so each is an encrypted key of its own.
ACCESS_KEY_ID, SECRET_ACCESS_KEY = "object_store_access_key_id", "object_store_secret_access_key"
SECRET_KEYS = (f"{NAMESPACE}:{ACCESS_KEY_ID}", f"{NAMESPACE}:{SECRET_ACCESS_KEY}")
MIRROR_VARIABLE = "LGTM_CHART_MIRROR"


def load_settings() -> PlatformSettings:
    """The settings of the running stack. Raises `pulumi.RunError` with one readable message when they are wrong."""
    stack = pulumi.get_stack()
    text = pulumi.Config(NAMESPACE).get(CONFIG_KEY)
    problems = unknown_key_problems(_config_keys())
    settings = None
    if text is not None or not problems:
        try:
            settings = parse_settings(_parse(text), stack=stack, mirror=os.environ.get(MIRROR_VARIABLE))
            problems += region_problems(settings.region, pulumi.Config("aws").get("region"))
        except SettingsError as error:
            problems += error.problems
    if settings is None or problems:
        raise pulumi.RunError(str(SettingsError(stack, problems)))
    return settings


def parse_settings(document: Json, *, stack: str, mirror: str | None = None) -> PlatformSettings:
    """Validates a raw document. Raises `SettingsError`, which names every wrong key."""
    problems = stack_name_problems(stack)
    if not isinstance(document, dict):
        wrong = "is missing" if document is None else f"got {show(document)}; not a table"
        accepted = "a table with at least environment, owner, cost_centre and services"
        raise SettingsError(stack, [*problems, f"{FULL_KEY}: {wrong}; accepted: {accepted}"])
    known = _environment_of(document)
    assumed = known or _nearest_environment(document)
    merged = _lay_over(document, assumed, mirror)
    try:
        # The text form is strict about numbers, truth values and text, and still reads lists and enum values.
        settings = PlatformSettings.model_validate_json(json.dumps(merged), strict=True)
    except RecursionError:
        raise SettingsError(stack, [*problems, f"{FULL_KEY}: tables are nested too deep"]) from None
    except ValidationError as error:
        source = Source(document, merged, f"default of {assumed}")
        raise SettingsError(stack, problems + explain(error, source, only_given=known is None)) from None
    problems = problems or length_problems(Names(project=settings.project, stack=stack))
    if problems:
        raise SettingsError(stack, problems)
    return settings


def with_defaults(document: dict[str, Json], mirror: str | None = None) -> dict[str, Json]:
    """The document laid over its environment's defaults; an unknown environment is left for validation to name."""
    environment = _environment_of(document)
    return _lay_over(document, environment, mirror) if environment else document


def object_store_credentials() -> dict[str, "pulumi.Output[str]"] | None:
    """The S3-compatible server's credentials by environment variable, or None when someone else makes the Secret.

    Raises `pulumi.RunError` when only one of the two is there.
    """
    config = pulumi.Config(NAMESPACE)
    access_key, secret_key = config.get_secret(ACCESS_KEY_ID), config.get_secret(SECRET_ACCESS_KEY)
    if access_key is None and secret_key is None:
        return None
    if access_key is None or secret_key is None:
        raise pulumi.RunError(
            f"{' and '.join(SECRET_KEYS)} belong together: set both with `pulumi config set --secret`"
        )
    return {"AWS_ACCESS_KEY_ID": access_key, "AWS_SECRET_ACCESS_KEY": secret_key}


def unknown_key_problems(keys: Iterable[str]) -> list[str]:
    """One line for each configuration key of this project's namespace that nothing reads."""
    return [
        sentence(key, "there is no such key", nearest(key, [FULL_KEY]), f"accepted: {FULL_KEY}")
        for key in keys
        if key.startswith(f"{NAMESPACE}:") and key not in (FULL_KEY, *SECRET_KEYS, *ALERTING_SECRET_KEYS)
    ]


def region_problems(region: str, provider_region: str | None) -> list[str]:
    """The stack file's region for the AWS provider must be the platform's: two regions are never meant."""
    if provider_region in (None, region):
        return []
    return [
        f'{REGION_KEY}: got "{provider_region}"; {FULL_KEY}.region is "{region}"; '
        "accepted: the same region in both, or no aws:region"
    ]


def _config_keys() -> list[str]:
    """Every configuration key of the stack, in the order of their names."""
    return sorted({*pulumi_config.CONFIG.get(), *pulumi_config.get_config_env()})


def _parse(text: str | None) -> Json:
    """Pulumi hands tables over as JSON and plain values as they are."""
    if text is None:
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _environment_of(document: dict[str, Json]) -> Environment | None:
    value = document.get("environment")
    return Environment(value) if isinstance(value, str) and value in set(Environment) else None


def _nearest_environment(document: dict[str, Json]) -> Environment:
    """Whose defaults to assume, so that the other values can be checked as well."""
    close = difflib.get_close_matches(str(document.get("environment")), list(Environment), n=1)
    return Environment(close[0]) if close else Environment.DEV


def _lay_over(document: dict[str, Json], environment: Environment, mirror: str | None) -> dict[str, Json]:
    cluster = document.get("cluster")
    mode = cluster.get("mode") if isinstance(cluster, dict) else None
    merged = _merge(defaults_for(environment, mode if isinstance(mode, str) else None), document)
    charts = merged.get("charts")
    if mirror and isinstance(charts, dict):
        merged["charts"] = {"mirror": mirror, **charts}
    return merged


def _merge(base: dict[str, Json], over: dict[str, Json]) -> dict[str, Json]:
    """Tables merge key by key; lists and scalars replace; null removes a default, and stays where none is."""
    result = dict(base)
    for key, value in over.items():
        old = result.get(key)
        if value is None and key in result:
            del result[key]
        elif isinstance(old, dict) and isinstance(value, dict):
            result[key] = _merge(old, value)
        else:
            result[key] = value
    return result
