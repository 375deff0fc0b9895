"""The wire form of properties, the schema check, and generated names."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import json_format
from google.protobuf.struct_pb2 import Struct
from hypothesis import given
from hypothesis import strategies as st
from pulumi.runtime import rpc

from sandbox.providers import properties, schema
from sandbox.providers.checking import NameRule, Suggestion, merged_tags, schema_problems, with_name
from sandbox.providers.properties import UNKNOWN, contains_unknown, decode, encode

JSON = st.recursive(
    st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5) | st.just(UNKNOWN),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def wire(value: dict[str, Any]) -> Struct:
    return json_format.ParseDict(value, Struct())


def test_signatures_are_those_of_the_sdk() -> None:
    assert rpc._special_sig_key == properties.SIGNATURE_KEY  # pyright: ignore[reportPrivateUsage]
    assert rpc._special_secret_sig == properties.SECRET_SIGNATURE  # pyright: ignore[reportPrivateUsage]
    assert rpc._special_resource_sig == properties.RESOURCE_SIGNATURE  # pyright: ignore[reportPrivateUsage]
    assert rpc._special_output_value_sig == properties.OUTPUT_SIGNATURE  # pyright: ignore[reportPrivateUsage]
    assert properties.UNKNOWN_ON_WIRE == rpc.UNKNOWN


@given(st.dictionaries(st.text(max_size=5), JSON, max_size=4), st.sets(st.text(max_size=5), max_size=3))
def test_round_trip(values: dict[str, Any], names: set[str]) -> None:
    secrets = frozenset(names & values.keys())
    decoded = decode(encode(values, secrets))
    assert (decoded.values, decoded.secrets) == (values, secrets)


def test_secrets_references_and_outputs() -> None:
    key = properties.SIGNATURE_KEY
    secret = {key: properties.SECRET_SIGNATURE, "value": "s"}
    decoded = decode(
        wire(
            {
                "nested": {"list": [secret]},
                "output": {key: properties.OUTPUT_SIGNATURE, "value": 3, "secret": True},
                "unknown": {key: properties.OUTPUT_SIGNATURE},
                "resource": {key: properties.RESOURCE_SIGNATURE, "urn": "urn", "id": "bucket-1"},
                "absent": None,
            }
        )
    )
    assert decoded.values == {"nested": {"list": ["s"]}, "output": 3, "unknown": UNKNOWN, "resource": "bucket-1"}
    assert decoded.secrets == {"nested", "output"}


def test_unknown_anywhere() -> None:
    assert contains_unknown({"a": [{"b": UNKNOWN}]})
    assert not contains_unknown({"a": [{"b": None}]})


CLUSTER, BUCKET_RULES = "aws:eks/cluster:Cluster", "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
VALID = {"roleArn": "r", "vpcConfig": {"subnetIds": [UNKNOWN, "s"]}, "tags": {"any": "thing"}, "version": 1.35}


@pytest.mark.parametrize(
    ("token", "inputs", "path", "message"),
    [
        (CLUSTER, {**VALID, "vpcConfg": {}}, "vpcConfg", "Did you mean 'vpcConfig'?"),
        (CLUSTER, {**VALID, "vpcConfig": {"subnetIds": [], "subnets": []}}, "vpcConfig.subnets", "'subnetIds'"),
        (CLUSTER, {"vpcConfig": {"subnetIds": []}}, "roleArn", "'roleArn' is missing"),
        (CLUSTER, {**VALID, "vpcConfig": {}}, "vpcConfig.subnetIds", "is missing"),
        (CLUSTER, {**VALID, "vpcConfig": {"subnetIds": "s"}}, "vpcConfig.subnetIds", "list of string, not 's'"),
        (CLUSTER, {**VALID, "tags": {"a": {}}}, "tags.a", "string, not an object"),
        (CLUSTER, {**VALID, "tags": []}, "tags", "map, not a list"),
        (CLUSTER, {**VALID, "deletionProtection": "maybe"}, "deletionProtection", "boolean"),
        (BUCKET_RULES, {"bucket": "b", "rules": [{"id": "i"}]}, "rules[0].status", "is missing"),
        (
            BUCKET_RULES,
            {"bucket": "b", "rules": [{"id": "i", "status": "s", "expiration": {"days": 1.5}}]},
            "rules[0].expiration.days",
            "integer, not 1.5",
        ),
    ],
)
def test_schema_check(token: str, inputs: dict[str, Any], path: str, message: str) -> None:
    [problem] = schema_problems(token, inputs, schema.load().resources[token].inputs)
    assert problem.property == path
    assert message in problem.reason
    assert token in problem.reason


def test_what_fits_the_schema() -> None:
    spec = schema.load().resources[CLUSTER].inputs
    assert schema_problems(CLUSTER, {**VALID, "deletionProtection": "true", "__defaults": ["name"]}, spec) == []
    assert schema_problems(CLUSTER, {"roleArn": UNKNOWN, "vpcConfig": UNKNOWN}, spec) == []


RULE = NameRule("name", "namePrefix", limit=20, lower=True)


def named(inputs: dict[str, Any], old: dict[str, Any] | None = None, **suggestion: Any) -> Any:
    return with_name(inputs, old or {}, RULE, "Thing", b"seed", Suggestion(**suggestion))["name"]


def test_generated_names() -> None:
    generated = named({})
    assert generated.startswith("thing-")
    assert len(generated) == len("thing-") + 7
    assert generated == named({}), "the same seed gives the same name"
    assert named({"name": "Mine"}) == "Mine"
    assert named({"namePrefix": "pre-"}).startswith("pre-")
    assert named({"namePrefix": UNKNOWN}) is UNKNOWN
    assert named({}, proposed="Proposed") == "proposed"
    assert named({}, proposed="Proposed", enforced=True) == "Proposed"
    assert named({}, {"name": "kept", "__defaults": ["name"]}) == "kept"
    assert named({}, {"name": "given"}) == generated, "a name that the program gave before is not kept without it"
    assert named({"namePrefix": "new-"}, {"name": "old", "namePrefix": "old-", "__defaults": ["name"]}) != "old"
    with pytest.raises(ValueError, match="disabled"):
        named({}, disabled=True)
    with pytest.raises(ValueError, match="more than 20"):
        named({"namePrefix": "x" * 20})


def test_tags_win_over_default_tags() -> None:
    assert merged_tags({"a": "1", "b": "2"}, {"b": "3"}) == {"a": "1", "b": "3"}
    assert merged_tags({"a": "1"}, None) == {"a": "1"}
    assert merged_tags({"a": "1"}, UNKNOWN) is UNKNOWN
