"""Whatever a document holds, it is taken or refused in plain lines; what is taken passes the schema as well."""

from collections.abc import Mapping
from typing import Any

import jsonschema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from settings.document.loader import parse_settings
from settings.document.messages import SettingsError
from settings.document.schema import stack_schema
from settings.document.schema_tree import NOTHING, NULLABLE, VARIANTS, Node, schema_tree
from settings.models.platform import PlatformSettings
from tests.unit.settings.documents import MODES, STACKS, minimal
from tests.unit.settings.test_messages import JARGON

VALIDATOR = jsonschema.Draft7Validator(stack_schema())
CIDRS = ("10.0.0.0/16", "203.0.113.0/24", "172.16.0.0/20")

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12)
garbage = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def values_of(node: Node) -> st.SearchStrategy[Any]:
    """Values that a node accepts, as far as one value can tell."""
    if VARIANTS in node:
        return st.none()
    if "enum" in node:
        values = st.sampled_from(node["enum"])
    elif node.get("format") == "ipv4network":
        values = st.sampled_from(CIDRS)
    elif "pattern" in node:
        values = st.from_regex(node["pattern"], fullmatch=True).map(lambda text: text.rstrip("\n"))
    elif node["type"] == "boolean":
        values = st.booleans()
    elif node["type"] == "integer":
        least = node.get("minimum", node.get("exclusiveMinimum", 0) + 1)
        values = st.integers(least, min(node["maximum"], least + 2000))
    elif node["type"] == "number":
        values = st.floats(max(node.get("minimum", 0), 0.5), min(node["maximum"], 1000))
    elif node["type"] == "array":
        values = st.lists(values_of(node["items"]), min_size=node.get("minItems", 0), max_size=3)
    elif "patternProperties" in node:
        (inner,) = node["patternProperties"].values()
        values = st.dictionaries(st.sampled_from(["spot", "on-demand", "extra"]), tables_of(inner), max_size=2)
    elif "properties" in node:
        keys = {key: values_of(inner) for key, inner in node["properties"].items()}
        values = some_of(node, keys) if not node.get("required") else st.fixed_dictionaries(keys) | some_of(node, keys)
    else:
        values = st.text(min_size=node.get("minLength", 0), max_size=10)
    return st.none() if node.get(NOTHING) else values | st.none() if node.get(NULLABLE) else values


def tables_of(node: Node) -> st.SearchStrategy[dict[str, Any]]:
    """Tables with some of a node's keys."""
    return some_of(node, {key: values_of(inner) for key, inner in node["properties"].items()})


def some_of(node: Node, values: Mapping[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    """Tables with some of a node's keys; each key's values are one strategy, made once for all examples."""
    keys = sorted(key for key, inner in node["properties"].items() if VARIANTS not in inner)
    return st.lists(st.sampled_from(keys), max_size=4, unique=True).flatmap(
        lambda chosen: st.fixed_dictionaries({key: values[key] for key in chosen})
    )


def parse(document: Any, stack: str) -> PlatformSettings | None:
    """The settings, or None for a document that is refused properly."""
    try:
        return parse_settings(document, stack=stack)
    except SettingsError as error:
        problems = error.problems
    assert problems
    assert len(set(problems)) == len(problems)
    for line in problems:
        assert line.startswith("lgtm:platform")
        assert line.isprintable()
        assert not JARGON.search(line)
    return None


overrides = tables_of(schema_tree())
stacks = st.sampled_from(STACKS)
slow = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@slow
@given(stack=stacks, mode=st.sampled_from([None, *MODES]), over=overrides)
def test_valid_looking_overrides_are_taken_or_refused(stack: str, mode: str | None, over: dict[str, Any]) -> None:
    document = minimal(stack) | ({"cluster": dict(MODES[mode])} if mode else {}) | over | {"environment": stack}
    if parse(document, stack) is not None:
        wrong = list(VALIDATOR.iter_errors({"config": {"lgtm:platform": document}}))
        assert not wrong, wrong[0].message


@slow
@given(stack=stacks, document=garbage)
def test_garbage_is_refused_in_plain_lines(stack: str, document: Any) -> None:
    assert parse(document, stack) is None


@slow
@given(stack=stacks, data=st.data(), value=garbage)
def test_garbage_anywhere_in_a_good_document_is_refused_or_good(stack: str, data: st.DataObject, value: Any) -> None:
    document = minimal(stack) | {"cluster": dict(MODES["eks"]), "retention": {"logs": {}}, "sizes": {"loki": {}}}
    table: Any = document
    while isinstance(table, dict | list) and table:
        keys = range(len(table)) if isinstance(table, list) else sorted(table)
        key = data.draw(st.sampled_from([*keys]))
        if not isinstance(table[key], dict | list) or not table[key] or data.draw(st.booleans()):
            table[key] = value
            break
        table = table[key]
    parse(document, stack)
