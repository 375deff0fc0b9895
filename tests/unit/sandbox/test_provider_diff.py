"""What counts as a change: by the type's schema, AWS's defaults, sets, documents, and who gave what before."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.providers.comparison import Meaning, project
from sandbox.providers.diff import Differ
from sandbox.providers.properties import UNKNOWN, Properties
from sandbox.providers.schema import ResourceSchema, TypeSpec
from sandbox.providers.state import assemble, planned_update, split_tags

TEXT, FLAG = TypeSpec(kind="string"), TypeSpec(kind="boolean")
ITEM = TypeSpec(kind="object", properties={"id": TEXT, "days": TypeSpec(kind="integer"), "extra": TEXT})
INPUTS = TypeSpec(
    kind="object",
    properties={
        "name": TEXT,
        "flag": FLAG,
        "policy": TEXT,
        "tags": TypeSpec(kind="map", element=TEXT),
        "zones": TypeSpec(kind="list", element=TEXT),
        "rules": TypeSpec(kind="list", element=ITEM),
        "network": TypeSpec(kind="object", properties={"cidr": TEXT, "public": FLAG, "groups": TypeSpec(kind="list")}),
    },
)
MEANING = Meaning(
    INPUTS,
    sets=frozenset({"zones", "network.groups"}),
    documents=frozenset({"policy"}),
    defaults={"flag": True, "tags": {}, "network.public": False, "rules.extra": None},
)
DIFFER = Differ(MEANING, replace=frozenset({"name", "network.cidr"}), sticky=frozenset({"zones"}))


def expressible(value: Properties, spec: TypeSpec) -> Properties:
    return {
        name: expressible(item, spec.properties[name]) if spec.properties[name].kind == "object" else item
        for name, item in value.items()
        if name in spec.properties
    }


def paths(new: Properties, state: Properties, old_inputs: Properties | None = None) -> dict[str, tuple[str, bool]]:
    """The changes by path. Without other word, the old inputs were all of the state that can be an input."""
    known = expressible(state, INPUTS) if old_inputs is None else old_inputs
    changes = DIFFER.changes(known, state, new)
    return {change.path: (change.kind.value, change.replaces) for change in changes}


SAME: list[tuple[Properties, Properties]] = [
    ({"name": "a"}, {"name": "a", "arn": "computed"}),
    ({"flag": "true"}, {"flag": True}),
    ({}, {"flag": True}),
    ({"zones": ["a", "b"]}, {"zones": ["b", "a"]}),
    ({}, {"zones": ["a"]}),
    ({"tags": {}}, {}),
    ({"network": {"cidr": "c"}}, {"network": {"cidr": "c", "id": "added by AWS", "public": False}}),
    ({"network": {"groups": ["x", "y"]}}, {"network": {"groups": ["y", "x"]}}),
    ({"rules": [{"id": "one"}]}, {"rules": [{"id": "one", "days": 3}]}),
    ({"policy": '{"a": [1, 2]}'}, {"policy": '{"a":[2,1]}'}),
    ({"policy": '{"Action": ["s3:*"]}'}, {"policy": '{"Action": "s3:*"}'}),
    ({"__defaults": ["name"]}, {}),
]
CHANGES: list[tuple[Properties, Properties, dict[str, tuple[str, bool]]]] = [
    ({"name": "b"}, {"name": "a"}, {"name": ("UPDATE", True)}),
    ({"name": UNKNOWN}, {"name": "a"}, {"name": ("UPDATE", True)}),
    ({"flag": False}, {"flag": True}, {"flag": ("UPDATE", False)}),
    ({}, {"flag": False}, {"flag": ("DELETE", False)}),
    ({}, {"name": "a"}, {"name": ("DELETE", True)}),
    ({"policy": "{}"}, {}, {"policy": ("ADD", False)}),
    ({"policy": '{"a": 1}'}, {"policy": '{"a": 2}'}, {"policy": ("UPDATE", False)}),
    ({"policy": "no JSON"}, {"policy": "other"}, {"policy": ("UPDATE", False)}),
    ({"tags": {"a": "1"}}, {"tags": {"a": "1", "b": "2"}}, {"tags.b": ("DELETE", False)}),
    ({"tags": {"a/b": "1"}}, {"tags": {}}, {'tags["a/b"]': ("ADD", False)}),
    ({"zones": ["a"]}, {"zones": ["a", "b"]}, {"zones": ("UPDATE", False)}),
    ({"network": {"cidr": "d"}}, {"network": {"cidr": "c"}}, {"network.cidr": ("UPDATE", True)}),
    ({"network": {"cidr": "c"}}, {"network": {"cidr": "c", "public": True}}, {"network.public": ("DELETE", False)}),
    ({"rules": [{"id": "a", "days": 4}]}, {"rules": [{"id": "a", "days": 3}]}, {"rules[0].days": ("UPDATE", False)}),
    ({"rules": [{"id": "one"}]}, {"rules": [{"id": "one", "extra": "x"}]}, {"rules[0].extra": ("DELETE", False)}),
    ({"rules": [{"id": "one"}]}, {"rules": [{"id": "one"}, {"id": "two"}]}, {"rules": ("UPDATE", False)}),
]  # fmt: skip


@pytest.mark.parametrize(("new", "state"), SAME)
def test_no_change(new: Properties, state: Properties) -> None:
    assert paths(new, state) == {}


@pytest.mark.parametrize(("new", "state", "expected"), CHANGES)
def test_change(new: Properties, state: Properties, expected: dict[str, tuple[str, bool]]) -> None:
    assert paths(new, state) == expected


def test_key_that_the_program_no_longer_gives() -> None:
    state = {"network": {"cidr": "c", "groups": ["x"]}}
    assert paths({"network": {"cidr": "c"}}, state) == {"network.groups": ("DELETE", False)}
    assert paths({"network": {"cidr": "c"}}, state, {"network": {"cidr": "c"}}) == {}


def test_ignored() -> None:
    state = {"name": "a", "network": {"cidr": "c", "public": True}}
    new = {"name": "b", "network": {"cidr": "d"}}
    changes = DIFFER.changes(state, state, new, ignore=("name", "network.public"))
    assert [change.path for change in changes] == ["network.cidr"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
VALUES = st.fixed_dictionaries(
    {},
    optional={
        "name": st.text(max_size=3),
        "flag": st.booleans(),
        "policy": JSON.map(json.dumps),
        "tags": st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=3),
        "zones": st.lists(st.text(max_size=2), max_size=3),
        "rules": st.lists(st.fixed_dictionaries({"id": st.text(max_size=2)}), max_size=3),
        "network": st.fixed_dictionaries({"cidr": st.text(max_size=2)}, optional={"public": st.booleans()}),
    },
)  # fmt: skip


@given(VALUES, VALUES)
def test_what_came_back_as_given_is_no_change(inputs: Properties, computed: Properties) -> None:
    """A cloud that answers with the inputs, and more where nothing was given, never shows a change."""
    more = {name: value for name, value in computed.items() if name not in inputs and name not in MEANING.defaults}
    state = assemble(MEANING, inputs, {**inputs, **more})
    assert DIFFER.changes(inputs, state, inputs) == []
    assert assemble(MEANING, state, {**inputs, **more}) == state


@given(VALUES, VALUES)
def test_a_diff_is_empty_exactly_when_all_properties_mean_the_same(new: Properties, state: Properties) -> None:
    if set(new) != set(state):
        return
    same = all(MEANING.same(new[name], state[name], MEANING.spec(name), name) for name in new)
    removed = {"network": set(state.get("network", {})) - set(new.get("network", {})) - {"public"}}
    assert (DIFFER.changes(new, state, new) == []) == (same and not removed["network"])


def test_state_keeps_the_programs_spelling() -> None:
    known: dict[str, Any] = {"policy": '{ "a": 1 }', "zones": ["b", "a"], "network": {"cidr": "c"}, "kept": 1}
    actual = {"policy": '{"a":1}', "zones": ["a", "b"], "network": {"cidr": "c", "id": "n"}, "arn": "x", "name": None}
    assert assemble(MEANING, known, actual) == {
        "policy": '{ "a": 1 }', "zones": ["b", "a"], "network": {"cidr": "c", "id": "n"}, "kept": 1,
        "arn": "x", "flag": True,
    }  # fmt: skip
    assert assemble(MEANING, known, {"zones": ["c"]})["zones"] == ["c"]
    assert "policy" not in assemble(MEANING, known, {"policy": None})


def test_input_after_a_refresh_is_what_the_cloud_has_of_it() -> None:
    spec = INPUTS.properties["network"]
    assert project({"cidr": "d", "id": "n", "public": True}, {"cidr": "c"}, spec) == {"cidr": "d"}
    assert project({"a": "1", "b": "2"}, {"a": "1"}, INPUTS.properties["tags"]) == {"a": "1", "b": "2"}
    assert project([{"id": "x", "days": 1}], [{"id": "y"}], INPUTS.properties["rules"]) == [{"id": "x"}]


@pytest.mark.parametrize(
    ("cloud", "known", "own"),
    [
        ({"team": "a"}, {}, None),
        ({"team": "a", "x": "1"}, {}, {"x": "1"}),
        ({"team": "a"}, {"tags": {"team": "a"}}, {"team": "a"}),
        ({"team": "b"}, {}, {"team": "b"}),
        ({"aws:created": "1"}, {"tags": {}}, {}),
    ],
)
def test_own_tags(cloud: dict[str, str], known: Properties, own: dict[str, str] | None) -> None:
    """Tags that are there through the provider's default tags alone are not the resource's own."""
    assert split_tags({"tagsAll": cloud}, known, {"team": "a"})["tags"] == own


def test_preview_of_an_update() -> None:
    schema = ResourceSchema(inputs=INPUTS, outputs=("arn", "name", "network", "version"))
    old_inputs = {"name": "a", "network": {"cidr": "c"}, "zones": ["a"]}
    state = {**old_inputs, "network": {"cidr": "c", "id": "n"}, "arn": "x", "version": 1}
    planned = planned_update(schema, old_inputs, state, {"name": "a", "network": {"cidr": "d"}}, frozenset({"version"}))
    assert planned == {"name": "a", "network": {"cidr": "d", "id": "n"}, "arn": "x", "version": UNKNOWN}
