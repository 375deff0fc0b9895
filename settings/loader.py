"""Reads a stack's document, lays it over its environment's defaults, and validates the whole once."""

import difflib
import json
import os
from collections.abc import Iterable

import pulumi
from pydantic import ValidationError

from settings.defaults import Json, defaults_for
from settings.environment import Environment
from settings.messages import SettingsError, Source, explain, show
from settings.models import PlatformSettings
from settings.names import Names, length_problems, stack_name_problems

NAMESPACE = "lgtm"
CONFIG_KEY = "platform"
FULL_KEY = f"{NAMESPACE}:{CONFIG_KEY}"
MIRROR_VARIABLE = "LGTM_CHART_MIRROR"
MISSING = f"{FULL_KEY}: is missing; accepted: a table with at least environment, owner, cost_centre and services"


def load_settings() -> PlatformSettings:
    """The settings of the running stack. Raises `pulumi.RunError` with one readable message when they are wrong."""
    stack = pulumi.get_stack()
    misspelt = unknown_key_problems(_config_keys())
    text = pulumi.Config(NAMESPACE).get(CONFIG_KEY)
    try:
        if text is None and misspelt:
            raise SettingsError(stack, misspelt)
        settings = parse_settings(_parse(text), stack=stack, mirror=os.environ.get(MIRROR_VARIABLE))
        problems = misspelt + region_problems(settings, pulumi.Config("aws").get("region"))
        if problems:
            raise SettingsError(stack, problems)
    except SettingsError as error:
        problems = [problem for problem in misspelt if problem not in error.problems]
        raise pulumi.RunError(str(SettingsError(stack, [*problems, *error.problems]))) from None
    return settings


def parse_settings(document: Json, *, stack: str, mirror: str | None = None) -> PlatformSettings:
    """Validates a raw document. Raises `SettingsError`, which names every wrong key."""
    problems = stack_name_problems(stack)
    if document is None:
        raise SettingsError(stack, [*problems, MISSING])
    if not isinstance(document, dict):
        wrong = f"{FULL_KEY}: got {show(document)}; not a table; accepted: a table, such as `environment: dev`"
        raise SettingsError(stack, [*problems, wrong])
    known = _environment_of(document)
    stand_in = known or _nearest_environment(document)
    merged = _lay_over(document, stand_in, mirror)
    try:
        # The text form is strict about numbers, booleans and text, and still knows lists and enum values.
        settings = PlatformSettings.model_validate_json(_dump(merged, document, stand_in, known, stack), strict=True)
    except ValidationError as error:
        source = Source({**document, "environment": document.get("environment")}, merged, f"default of {stand_in}")
        raise SettingsError(stack, problems + explain(error, source, only_given=known is None)) from None
    problems += [] if problems else length_problems(Names(project=settings.project, stack=stack))
    if problems:
        raise SettingsError(stack, problems)
    return settings
