"""The state of a resource as the engine keeps it: made from the inputs and from what the cloud says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.providers.checking import DEFAULTS_KEY, own_tags
from sandbox.providers.comparison import ABSENT_VALUES, Meaning, project
from sandbox.providers.narrow import is_object
from sandbox.providers.properties import UNKNOWN, Properties
from sandbox.providers.schema import ResourceSchema


def assemble(meaning: Meaning, known: Properties, actual: Properties) -> Properties:
    """AWS's defaults and the known properties, overlaid with what the cloud says (None: not set there)."""
    state = {name: value for name, value in meaning.defaults.items() if "." not in name and value not in ABSENT_VALUES}
    state.update({name: value for name, value in known.items() if name != DEFAULTS_KEY})
    for name, value in actual.items():
        if value is None and state.get(name) in ABSENT_VALUES:
            continue  # an empty list given by the program is how the program says "not set"
        if value is None:
            state.pop(name, None)
        elif name in state:
            state[name] = meaning.keep_spelling(state[name], value, meaning.spec(name), name)
        else:
            state[name] = value
    return state


def split_tags(actual: Properties, known: Properties, default_tags: Mapping[str, str]) -> Properties:
    """The cloud's tags (`tagsAll`) as `tags` and `tagsAll`."""
    if "tagsAll" not in actual:
        return actual
    all_tags: dict[str, str] = {key: value for key, value in actual["tagsAll"].items() if not key.startswith("aws:")}
    tags = own_tags(all_tags, default_tags, known.get("tags"))
    return {**actual, "tagsAll": all_tags, "tags": tags if tags or "tags" in known else None}


def planned_create(
    schema: ResourceSchema, inputs: Properties, defaults: Mapping[str, Any], computed_inputs: frozenset[str]
) -> Properties:
    """What a create will give, for its preview: inputs as they are, the rest unknown or AWS's default."""
    state: Properties = {
        name: value for name, value in defaults.items() if "." not in name and value not in ABSENT_VALUES
    }
    state.update({name: value for name, value in inputs.items() if name != DEFAULTS_KEY})
    for name in schema.outputs:
        if name not in state and (name not in schema.inputs.properties or name in computed_inputs):
            state[name] = UNKNOWN
    return state


def planned_update(
    schema: ResourceSchema,
    old_inputs: Properties,
    old_state: Properties,
    new_inputs: Properties,
    computed_on_update: frozenset[str],
) -> Properties:
    """What an update will give, for its preview: as the state is now, with the new inputs."""
    state: Properties = {name: value for name, value in old_state.items() if name not in old_inputs}
    for name, value in new_inputs.items():
        before = old_state.get(name)
        spec = schema.inputs.properties.get(name)
        if spec is not None and spec.kind == "object" and is_object(before) and is_object(value):
            state[name] = {**before, **value}
        elif name != DEFAULTS_KEY:
            state[name] = value
    state.update(dict.fromkeys(computed_on_update, UNKNOWN))
    return state


def inputs_after_read(schema: ResourceSchema, inputs: Properties, state: Properties) -> Properties:
    """The inputs that a refresh gives back: each as the cloud has it now."""
    result: Properties = {}
    for name, value in inputs.items():
        if name == DEFAULTS_KEY:
            result[name] = value
        elif name in state:
            spec = schema.inputs.properties.get(name)
            result[name] = state[name] if spec is None else project(state[name], value, spec)
    return result


def inputs_of_import(schema: ResourceSchema, state: Properties, defaults: Mapping[str, Any]) -> Properties:
    """The inputs that would give the state of a resource that was made elsewhere: what differs from AWS's defaults."""
    return {
        name: state[name]
        for name in schema.inputs.properties
        if name in state and state[name] not in ABSENT_VALUES and state[name] != defaults.get(name) and name != "region"
    }
