"""What an update would change: the inputs of the program against the state AWS is in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from sandbox.providers.comparison import ABSENT_VALUES, ANY, Meaning
from sandbox.providers.narrow import is_list, is_object
from sandbox.providers.properties import UNKNOWN, Properties
from sandbox.providers.schema import TypeSpec


class Kind(Enum):
    """As the engine's PropertyDiff names them."""

    ADD = "ADD"
    DELETE = "DELETE"
    UPDATE = "UPDATE"


@dataclass(frozen=True)
class Change:
    """One changed property. `path` is the engine's (`rules[0].status`), `plain_path` has no list indexes."""

    path: str
    plain_path: str
    kind: Kind
    replaces: bool

    @property
    def property(self) -> str:
        """The top-level property the change is in."""
        return self.plain_path.split(".")[0]


@dataclass(frozen=True)
class Differ:
    """Compares for one resource type. `replace` and `sticky` hold plain paths.

    Replace: AWS can't change it in place. Sticky: AWS keeps what it has when the program no longer says anything.
    """

    meaning: Meaning
    replace: frozenset[str] = frozenset()
    sticky: frozenset[str] = frozenset()

    def changes(
        self,
        old_inputs: Properties,
        old_state: Properties,
        new_inputs: Properties,
        ignore: Iterable[str] = (),
    ) -> list[Change]:
        """All changes, in the order of the property names. An empty list means that nothing needs to be done."""
        ignored = set(ignore)
        found: list[Change] = []
        for name in sorted({*old_inputs, *new_inputs, *_top_level(self.meaning.defaults)}):
            if name.startswith("__") or name in ignored:
                continue
            if name in new_inputs:
                found += self._given(name, old_inputs, old_state, new_inputs[name])
            else:
                found += self._absent(name, old_inputs, old_state)
        return [change for change in found if change.path not in ignored]

    def _given(self, name: str, old_inputs: Properties, old_state: Properties, new: Any) -> list[Change]:
        spec = self.meaning.spec(name)
        actual = old_state.get(name, old_inputs.get(name))
        found = self._differences(new, actual, spec, name, name)
        return found + self._removed_keys(new, old_inputs.get(name), actual, spec, name)

    def _absent(self, name: str, old_inputs: Properties, old_state: Properties) -> list[Change]:
        actual = old_state.get(name)
        if name in self.meaning.defaults:
            if self.meaning.drifted_default(name, actual) and actual is not None:
                return [self._change(name, name, Kind.DELETE)]
            return []
        if name in old_inputs and name not in self.sticky and old_inputs[name] not in ABSENT_VALUES:
            return [self._change(name, name, Kind.DELETE)]
        return []

    def _differences(self, new: Any, actual: Any, spec: TypeSpec, path: str, plain_path: str) -> list[Change]:
        if self.meaning.same(new, actual, spec, plain_path):
            return []
        descend = new is not UNKNOWN and plain_path not in self.meaning.documents
        if descend and is_object(new) and is_object(actual):
            return self._within_mapping(new, actual, spec, path, plain_path)
        in_order = plain_path not in self.meaning.sets and is_list(new) and is_list(actual)
        if descend and in_order and len(new) == len(actual):
            element = spec.element or ANY
            pairs: list[tuple[Any, Any]] = list(zip(new, actual, strict=True))
            return [
                change
                for index, (one, other) in enumerate(pairs)
                for change in self._differences(one, other, element, f"{path}[{index}]", plain_path)
            ]
        kind = Kind.ADD if actual is None else Kind.DELETE if new is None else Kind.UPDATE
        return [self._change(path, plain_path, kind)]

    def _within_mapping(
        self, new: Mapping[str, Any], actual: Mapping[str, Any], spec: TypeSpec, path: str, plain_path: str
    ) -> list[Change]:
        found: list[Change] = []
        for key in sorted({*new, *actual}):
            below, plain_below = _join(path, key), f"{plain_path}.{key}"
            element = (spec.element if spec.kind == "map" else spec.properties.get(key)) or ANY
            if key in new:
                found += self._differences(new[key], actual.get(key), element, below, plain_below)
            elif spec.kind != "object" or self.meaning.drifted_default(plain_below, actual[key]):
                found.append(self._change(below, plain_below, Kind.DELETE))
        return found

    def _removed_keys(self, new: Any, old: Any, actual: Any, spec: TypeSpec, path: str) -> list[Change]:
        """Keys of an object that the program used to give and no longer does."""
        if spec.kind != "object" or not is_object(new) or not is_object(old):
            return []
        gone: set[str] = {str(key) for key in old} - {str(key) for key in new}
        found: list[Change] = []
        for key in sorted(gone):
            below = f"{path}.{key}"
            value: Any = actual.get(key) if is_object(actual) else None
            if below in self.sticky or below in self.meaning.defaults or value in ABSENT_VALUES:
                continue
            found.append(self._change(below, below, Kind.DELETE))
        return found

    def _change(self, path: str, plain_path: str, kind: Kind) -> Change:
        steps = plain_path.split(".")
        prefixes = {".".join(steps[:length]) for length in range(1, len(steps) + 1)}
        return Change(path, plain_path, kind, replaces=bool(prefixes & self.replace))


def _top_level(paths: Iterable[str]) -> set[str]:
    return {path for path in paths if "." not in path}


def _join(path: str, key: str) -> str:
    """A property path as the engine parses it: keys with other than word characters are quoted."""
    return f"{path}.{key}" if key.replace("_", "").isalnum() else f'{path}["{key}"]'
