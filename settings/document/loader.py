"""Reads a stack's document, lays it over its environment's defaults, and validates the whole once."""

import difflib
import json
from collections.abc import Iterable, Mapping

from pydantic import ValidationError

from planning.instances import Architecture
from planning.json_value import Json
from settings.document.automatic import AUTO, NotAutomaticError, automatic, is_automatic, without_sizes
from settings.document.defaults import defaults_for
from settings.document.messages import SettingsError, Source, explain, explain_rules, line, nearest, sentence, show
from settings.document.regional_budget import regional_budget
from settings.document.schema_tree import Path
from settings.document.secrets import NAMESPACE, SECRET_KEYS
from settings.document.service_load import summed_workload
from settings.models.cluster import SharedCluster
from settings.models.environment import Environment
from settings.models.names import Names, length_problems, stack_name_problems
from settings.models.platform import PlatformSettings
from settings.rules.whole_document import broken_rules

CONFIG_KEY = "platform"
FULL_KEY = f"{NAMESPACE}:{CONFIG_KEY}"
REGION_KEY = "aws:region"
MIRROR_VARIABLE = "LGTM_CHART_MIRROR"


def parse_config(config: Mapping[str, Json], *, stack: str, mirror: str | None = None) -> PlatformSettings:
    """Validates a stack's whole configuration by key: its document, the other keys' names, the provider's region.

    Raises `SettingsError`, which names every wrong key.
    """
    problems = unknown_key_problems(config)
    document = config.get(FULL_KEY)
    settings = None
    if document is not None or not problems:
        try:
            settings = parse_settings(of_text(document), stack=stack, mirror=mirror)
            problems += region_problems(settings.region, config.get(REGION_KEY))
        except SettingsError as error:
            problems += error.problems
    if settings is None or problems:
        raise SettingsError(stack, problems)
    return settings


def parse_settings(document: Json, *, stack: str, mirror: str | None = None) -> PlatformSettings:
    """Validates a raw document. Raises `SettingsError`, which names every wrong key."""
    problems = stack_name_problems(stack)
    if not isinstance(document, dict):
        wrong = "is missing" if document is None else f"got {show(document)}; not a table"
        accepted = "a table with at least environment, project, owner, cost_centre and services"
        raise SettingsError(stack, [*problems, f"{FULL_KEY}: {wrong}; accepted: {accepted}"])
    known = _environment_of(document)
    assumed = known or _nearest_environment(document)
    merged = lay_over(without_sizes(document), assumed, mirror)
    origins: dict[Path, str] = {("workload", key): "the services' sum" for key in summed_workload(document, 1)}
    source = Source(document, merged, f"default of {assumed}", origins)
    try:
        # The text form is strict about numbers, truth values and text, and still reads lists and enum values.
        settings = PlatformSettings.model_validate_json(json.dumps(merged), strict=True)
    except RecursionError:
        raise SettingsError(stack, [*problems, f"{FULL_KEY}: tables are nested too deep"]) from None
    except ValidationError as error:
        raise SettingsError(stack, problems + explain(error, source, only_given=known is None)) from None
    if is_automatic(document):
        try:
            settings = automatic(settings, document)
        except NotAutomaticError as error:
            raise SettingsError(stack, [*problems, f'{FULL_KEY}.sizes: got "{AUTO}"; {error}']) from None
    broken = broken_rules(settings)
    if broken:
        raise SettingsError(stack, problems + explain_rules(broken, source))
    if isinstance(settings.cluster, SharedCluster) and settings.cluster.owner_stack == stack:
        path: Path = ("cluster", "owner_stack")
        itself = "a stack can't live on its own cluster; accepted: another stack's name, or cluster.mode eks"
        problems.append(line(path, source.value(path), itself))
    problems = problems or length_problems(Names(project=settings.project, stack=stack))
    if problems:
        raise SettingsError(stack, problems)
    return settings


def unknown_key_problems(keys: Iterable[str]) -> list[str]:
    """One line for each configuration key of this project's namespace that nothing reads."""
    return [
        sentence(key, "there is no such key", nearest(key, [FULL_KEY]), f"accepted: {FULL_KEY}")
        for key in keys
        if key.startswith(f"{NAMESPACE}:") and key not in (FULL_KEY, *SECRET_KEYS)
    ]


def region_problems(region: str, provider_region: Json) -> list[str]:
    """The stack file's region for the AWS provider must be the platform's: two regions are never meant."""
    if provider_region in (None, region):
        return []
    return [
        f'{REGION_KEY}: got {show(provider_region)}; {FULL_KEY}.region is "{region}"; '
        "accepted: the same region in both, or no aws:region"
    ]


def of_text(value: Json) -> Json:
    """Pulumi hands tables over as JSON and plain values as they are; a stack file may hold either."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def _environment_of(document: dict[str, Json]) -> Environment | None:
    value = document.get("environment")
    return Environment(value) if isinstance(value, str) and value in set(Environment) else None


def _nearest_environment(document: dict[str, Json]) -> Environment:
    """Whose defaults to assume, so that the other values can be checked as well."""
    close = difflib.get_close_matches(str(document.get("environment")), list(Environment), n=1)
    return Environment(close[0]) if close else Environment.DEV


def lay_over(document: dict[str, Json], environment: Environment, mirror: str | None = None) -> dict[str, Json]:
    """The document over the defaults of an environment, of its own cluster mode and of profiles if it keeps them."""
    cluster = document.get("cluster")
    mode = cluster.get("mode") if isinstance(cluster, dict) else None
    profiles = document.get("profiles")
    enabled = isinstance(profiles, dict) and profiles.get("enabled") is True
    x86 = isinstance(cluster, dict) and cluster.get("architecture") == Architecture.X86_64
    architecture = Architecture.X86_64 if x86 else Architecture.ARM64
    defaults = defaults_for(
        environment, mode if isinstance(mode, str) else None, profiles=enabled, architecture=architecture
    )
    network = document.get("network")
    if isinstance(network, dict) and network.get("existing") is not None:
        defaults.pop("network", None)  # they describe a VPC that would be made
    workload = defaults.get("workload")
    default_requests = workload.get("requests_per_second") if isinstance(workload, dict) else None
    region = document.get("region") or defaults.get("region")
    derived: dict[str, Json] = {
        "workload": summed_workload(document, default_requests),
        "budget": regional_budget(defaults.get("budget"), region, architecture),
    }
    merged = _merge(_merge(defaults, derived), document)
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
