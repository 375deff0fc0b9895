"""Resource properties between the engine's wire form and plain Python values.

On the wire (protobuf Struct) an unknown value is a reserved string, and secrets, resource references and outputs are
maps with a reserved signature key. The values of those are part of Pulumi's protocol (`pulumi.runtime.rpc`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from google.protobuf.struct_pb2 import NULL_VALUE, Struct, Value

from sandbox.providers.narrow import is_list, is_object

SIGNATURE_KEY = "4dabf18193072939515e22adb298388d"
SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270"
RESOURCE_SIGNATURE = "5cf8f73096256a8f31e491e813e4eb8e"
OUTPUT_SIGNATURE = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
UNKNOWN_ON_WIRE = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"

Properties: TypeAlias = dict[str, Any]
"""The properties of a resource under their wire names (camelCase): JSON values and UNKNOWN."""


class Unknown:
    """A value that is only known after the update."""

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __deepcopy__(self, memo: dict[int, Any]) -> Unknown:
        return self


UNKNOWN: Final = Unknown()


@dataclass(frozen=True)
class Decoded:
    """Plain properties, and the names of those (at the top level) that hold a secret somewhere."""

    values: Properties
    secrets: frozenset[str]


def decode(struct: Struct) -> Decoded:
    """Plain values of a Struct; properties that are null are left out, as the engine treats them as absent."""
    values: Properties = {}
    secrets: set[str] = set()
    for name, value in struct.fields.items():
        plain, secret = _decode_value(value)
        if plain is not None:
            values[name] = plain
        if secret:
            secrets.add(name)
    return Decoded(values, frozenset(secrets))


def _decode_value(value: Value) -> tuple[Any, bool]:
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        return (UNKNOWN if value.string_value == UNKNOWN_ON_WIRE else value.string_value), False
    if kind == "number_value":
        number = value.number_value
        return (int(number) if number.is_integer() else number), False
    if kind == "bool_value":
        return value.bool_value, False
    if kind == "list_value":
        items = [_decode_value(item) for item in value.list_value.values]
        return [item for item, _ in items], any(secret for _, secret in items)
    if kind == "struct_value":
        return _decode_struct(value.struct_value)
    return None, False


def _decode_struct(struct: Struct) -> tuple[Any, bool]:
    signature = struct.fields[SIGNATURE_KEY].string_value if SIGNATURE_KEY in struct.fields else ""
    if signature == SECRET_SIGNATURE:
        return _decode_value(struct.fields["value"])[0], True
    if signature == OUTPUT_SIGNATURE:
        secret = "secret" in struct.fields and struct.fields["secret"].bool_value
        if "value" not in struct.fields:
            return UNKNOWN, secret
        value, nested = _decode_value(struct.fields["value"])
        return value, secret or nested
    if signature == RESOURCE_SIGNATURE:
        return _decode_value(struct.fields["id"])[0] or UNKNOWN, False
    decoded = decode(struct)
    return decoded.values, bool(decoded.secrets)


def encode(values: Mapping[str, Any], secrets: frozenset[str] = frozenset()) -> Struct:
    """The wire form; properties named in `secrets` are wrapped as secrets as a whole."""
    struct = Struct()
    for name, value in values.items():
        if value is None:
            continue
        encoded = _encode_value(value)
        if name in secrets:
            wrapped = Struct()
            wrapped.fields[SIGNATURE_KEY].string_value = SECRET_SIGNATURE
            wrapped.fields["value"].CopyFrom(encoded)
            encoded = Value(struct_value=wrapped)
        struct.fields[name].CopyFrom(encoded)
    return struct


def _encode_value(value: Any) -> Value:
    if isinstance(value, Unknown):
        return Value(string_value=UNKNOWN_ON_WIRE)
    if isinstance(value, bool):
        return Value(bool_value=value)
    if isinstance(value, (int, float)):
        return Value(number_value=value)
    if isinstance(value, str):
        return Value(string_value=value)
    encoded = Value()
    if is_object(value):
        encoded.struct_value.CopyFrom(encode(value))
        return encoded
    if is_list(value):
        encoded.list_value.SetInParent()
        for item in value:
            encoded.list_value.values.append(Value(null_value=NULL_VALUE) if item is None else _encode_value(item))
        return encoded
    raise TypeError(f"a {type(value).__name__} can't be a property")


def contains_unknown(value: Any) -> bool:
    """Whether a value is unknown, or holds an unknown value somewhere."""
    if isinstance(value, Unknown):
        return True
    if is_object(value):
        return any(contains_unknown(item) for item in value.values())
    if is_list(value):
        return any(contains_unknown(item) for item in value)
    return False
