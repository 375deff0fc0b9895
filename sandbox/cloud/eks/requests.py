"""From HTTP to an EKS operation and its parameters, driven by botocore's model of the service."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote

from sandbox.cloud.eks.errors import InvalidParameterException
from sandbox.providers.narrow import is_object


@dataclass(frozen=True)
class EksRequest:
    """One call: parameters under the names of the API, and who made it where."""

    operation: str
    parameters: Mapping[str, Any]
    region: str
    access_key_id: str


class Route(NamedTuple):
    """Where one operation lives: a pattern over the still quoted path (an ARN in it holds quoted slashes)."""

    operation: str
    method: str
    path: re.Pattern[str]


@lru_cache(maxsize=1)
def service_model() -> Any:
    """botocore's model of EKS (untyped)."""
    botocore_session: Any = importlib.import_module("botocore.session")
    session = botocore_session.get_session()
    return session.get_service_model("eks")


@lru_cache(maxsize=1)
def routes() -> tuple[Route, ...]:
    """Every operation's method and path."""
    model = service_model()
    found: list[Route] = []
    for name in model.operation_names:
        http: Any = model.operation_model(name).http
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", http["requestUri"].split("?")[0])
        found.append(Route(operation=str(name), method=str(http["method"]), path=re.compile(f"{pattern}/?")))
    return tuple(found)


def parse_request(
    *, method: str, raw_path: str, query: str, body: bytes, region: str, access_key_id: str
) -> EksRequest | None:
    """The operation asked for, with its parameters checked against the service model; None if the path is no EKS path.

    Raises InvalidParameterException for a body that is no JSON object or doesn't fit the model.
    """
    for route in routes():
        match = route.path.fullmatch(raw_path)
        if route.method == method and match is not None:
            parameters = _parameters(route.operation, match.groupdict(), query, body)
            return EksRequest(route.operation, parameters, region, access_key_id)
    return None


def _parameters(operation: str, in_path: Mapping[str, str], query: str, body: bytes) -> dict[str, Any]:
    shape: Any = service_model().operation_model(operation).input_shape
    try:
        parameters: Any = json.loads(body) if body.strip() else {}
    except ValueError as error:
        raise InvalidParameterException(f"The request body is no JSON: {error}") from None
    if not is_object(parameters):
        raise InvalidParameterException("The request body must be a JSON object.")
    asked = parse_qs(query, keep_blank_values=True)
    for name, member in shape.members.items():
        location = member.serialization.get("location")
        wire_name = member.serialization.get("name", name)
        if location == "uri" and wire_name in in_path:
            parameters[name] = unquote(in_path[wire_name])
        elif location == "querystring" and wire_name in asked:
            parameters[name] = _from_query(member, asked[wire_name])
    _validate(parameters, shape)
    checked: dict[str, Any] = parameters
    return checked


def _from_query(member: Any, values: list[str]) -> Any:
    if member.type_name == "list":
        return values
    if member.type_name == "integer":
        return int(values[-1])
    if member.type_name == "boolean":
        return values[-1].lower() == "true"
    return values[-1]


def _validate(parameters: Any, shape: Any) -> None:
    from botocore.validate import ParamValidator

    validator: Any = ParamValidator()
    report: Any = validator.validate(parameters, shape)
    if report.has_errors():
        raise InvalidParameterException(str(report.generate_report()))
    _check_enumerations(parameters, shape, "")


def _check_enumerations(value: Any, shape: Any, path: str) -> None:
    """botocore checks types and required members, not the closed sets of strings."""
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            if name in value:
                _check_enumerations(value[name], member, f"{path}.{name}" if path else name)
    elif shape.type_name == "list":
        for index, item in enumerate(value):
            _check_enumerations(item, shape.member, f"{path}[{index}]")
    elif shape.type_name == "string" and shape.enum and value not in shape.enum:
        if shape.name == "AMITypes":  # the message of rules/eks.py names the nearest type instead of all forty
            return
        raise InvalidParameterException(f"{path}: {value!r} is not one of {', '.join(shape.enum)}")
