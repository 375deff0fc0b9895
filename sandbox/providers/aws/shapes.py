"""Structures between Pulumi's names and those of an AWS API, driven by botocore's model of the API.

Pulumi writes `blockDeviceMappings[].ebs.volumeSize` where EC2 says `BlockDeviceMappings[].Ebs.VolumeSize`;
here and there it has strings where the API has booleans, and maps where the API has lists of tags.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

from sandbox.providers.narrow import is_list, is_object


def to_api(value: Any, shape: Any, renames: Mapping[str, str]) -> Any:
    """Pulumi's value as the API wants it. `renames`: Pulumi's name -> the API's, where it isn't the same word."""
    if shape.type_name == "structure" and is_object(value):
        members = {name.lower(): name for name in shape.members}
        result: dict[str, Any] = {}
        for name, item in value.items():
            key: str = renames.get(str(name), str(name)).lower()
            if key in members and item is not None:
                result[members[key]] = to_api(item, shape.members[members[key]], renames)
        return result
    if shape.type_name == "list" and is_object(value):
        return [{"Key": key, "Value": item} for key, item in sorted(value.items())]
    if shape.type_name == "list" and is_list(value):
        return [to_api(item, shape.member, renames) for item in value]
    if shape.type_name == "boolean" and isinstance(value, str):
        return value == "true"
    if shape.type_name in ("integer", "long") and isinstance(value, str):
        return int(value)
    return value


def from_api(value: Any, renames: Mapping[str, str]) -> Any:
    """The API's value under Pulumi's names; lists of tags become maps. `renames`: the API's name -> Pulumi's."""
    if is_object(value):
        return {
            renames.get(str(name), _lower_first(str(name))): from_api(item, renames) for name, item in value.items()
        }
    if is_list(value):
        items: list[Any] = value
        if items and all(is_object(item) and item.keys() == {"Key", "Value"} for item in items):
            return {str(item["Key"]): str(item["Value"]) for item in items}
        return [from_api(item, renames) for item in items]
    return value


def _lower_first(name: str) -> str:
    return name[:1].lower() + name[1:]


def input_shape(service: str, operation: str) -> Any:
    """botocore's model of an operation's parameters."""
    botocore_session: Any = importlib.import_module("botocore.session")
    session = botocore_session.get_session()
    return session.get_service_model(service).operation_model(operation).input_shape
