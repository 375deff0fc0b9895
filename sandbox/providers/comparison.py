"""When two property values mean the same to AWS.

The given value is compared with the actual one by the type's schema: a closed object may name fewer keys than AWS
returns, a map (tags, labels) must be the same to the key, some lists are sets, and policies are compared as JSON.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.providers.narrow import is_list, is_object
from sandbox.providers.properties import UNKNOWN, contains_unknown
from sandbox.providers.schema import TypeSpec

ANY = TypeSpec(kind="any")
ABSENT_VALUES: tuple[Any, ...] = (None, "", [], {})


@dataclass(frozen=True)
class Meaning:
    """How a resource type's properties are compared. Paths have dots and no list indexes: `vpcConfig.subnetIds`."""

    inputs: TypeSpec
    sets: frozenset[str] = frozenset()
    documents: frozenset[str] = frozenset()
    defaults: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def spec(self, name: str) -> TypeSpec:
        """The type of a top-level property."""
        return self.inputs.properties.get(name, ANY)

    def same(self, given: Any, actual: Any, spec: TypeSpec, path: str) -> bool:
        """Whether `actual` is what `given` asks for. Nothing unknown is the same as anything."""
        if given is UNKNOWN or actual is UNKNOWN:
            return False
        if path in self.documents:
            return _same_document(given, actual)
        if is_object(given) and is_object(actual):
            return self._same_mapping(given, actual, spec, path)
        if is_list(given) and is_list(actual):
            return self._same_list(given, actual, spec, path)
        if given in ABSENT_VALUES and actual in ABSENT_VALUES:
            return True
        return _scalar(given) == _scalar(actual)

    def _same_mapping(self, given: dict[str, Any], actual: dict[str, Any], spec: TypeSpec, path: str) -> bool:
        if spec.kind != "object":
            element = spec.element or ANY
            return given.keys() == actual.keys() and all(
                self.same(value, actual[key], element, f"{path}.{key}") for key, value in given.items()
            )
        for key, value in given.items():
            below = f"{path}.{key}"
            if not self.same(value, actual.get(key), spec.properties.get(key, ANY), below):
                return False
        return not any(self.drifted_default(f"{path}.{key}", actual[key]) for key in actual.keys() - given.keys())

    def drifted_default(self, path: str, actual: Any) -> bool:
        """Whether a value that the program doesn't give has left the default that AWS would set."""
        if path not in self.defaults or actual is UNKNOWN:
            return False
        return not self.same(self.defaults[path], actual, ANY, path)

    def _same_list(self, given: list[Any], actual: list[Any], spec: TypeSpec, path: str) -> bool:
        if len(given) != len(actual):
            return False
        element = spec.element or ANY
        if path not in self.sets:
            return all(self.same(one, other, element, path) for one, other in zip(given, actual, strict=True))
        unmatched = list(actual)
        for one in given:
            match = next((other for other in unmatched if self.same(one, other, element, path)), None)
            if match is None:
                return False
            unmatched.remove(match)
        return True

    def keep_spelling(self, known: Any, actual: Any, spec: TypeSpec, path: str) -> Any:
        """The actual value, written as the known one where both mean the same (order of sets, form of documents)."""
        if not self.same(known, actual, spec, path):
            return actual
        if is_object(known) and is_object(actual) and path not in self.documents:
            merged: dict[str, Any] = dict(actual)
            for key, value in known.items():
                below = f"{path}.{key}"
                element = (spec.element if spec.kind == "map" else spec.properties.get(str(key))) or ANY
                merged[str(key)] = self.keep_spelling(value, actual.get(key), element, below)
            return merged
        if is_list(known) and path not in self.sets:
            element = spec.element or ANY
            pairs: list[tuple[Any, Any]] = list(zip(known, actual, strict=True))
            return [self.keep_spelling(one, other, element, path) for one, other in pairs]
        return known


def _scalar(value: Any) -> Any:
    """Scalars by meaning: providers give numbers and booleans as strings here and there."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float, str)):
        return str(value)
    return value


def _same_document(given: Any, actual: Any) -> bool:
    if given in ABSENT_VALUES or actual in ABSENT_VALUES:
        return given in ABSENT_VALUES and actual in ABSENT_VALUES
    try:
        return _normal(json.loads(given)) == _normal(json.loads(actual))
    except (TypeError, ValueError):
        return bool(given == actual)


def _normal(value: Any) -> Any:
    """A policy document with its lists of strings in order; one string and a list of that string are the same."""
    if is_object(value):
        return {key: _normal(item) for key, item in value.items()}
    if is_list(value):
        items: list[Any] = [_normal(item) for item in value]
        if len(items) == 1:
            return items[0]
        return sorted(items, key=lambda item: json.dumps(item, sort_keys=True))
    return value


def project(actual: Any, given: Any, spec: TypeSpec) -> Any:
    """The part of the actual value that an input of the given shape can express: the input after a refresh."""
    if spec.kind == "map" or contains_unknown(given):
        return actual
    if is_object(actual) and is_object(given):
        return {
            key: project(actual[key], given[key], spec.properties.get(str(key), ANY))
            for key in given
            if actual.get(key) is not None
        }
    if is_list(actual) and is_list(given) and len(actual) == len(given):
        element = spec.element or ANY
        pairs: list[tuple[Any, Any]] = list(zip(actual, given, strict=True))
        return [project(one, other, element) for one, other in pairs]
    return actual
