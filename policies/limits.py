"""What a rule can be told: its limits and its exceptions, as models whose JSON Schema the engine checks."""

from collections.abc import Mapping
from datetime import date
from fnmatch import fnmatchcase
from typing import Annotated, Any, cast

from pydantic import Field

from planning.base import Frozen

MIN_REASON_LENGTH = 10


class PolicyException(Frozen):
    """A resource that a rule passes over, for a reason and for a time."""

    resource: Annotated[str, Field(min_length=1)]
    """Logical name or URN of the resource; * and ? stand for any characters."""
    reason: Annotated[str, Field(min_length=MIN_REASON_LENGTH)]
    """Why it is right for now, and what will end it."""
    until: date
    """Last day on which it counts, YYYY-MM-DD; later it is a violation itself."""

    def covers(self, name: str, urn: str) -> bool:
        """Whether it names a resource."""
        return fnmatchcase(name, self.resource) or fnmatchcase(urn, self.resource)

    def expired(self, today: date) -> bool:
        """Whether its last day is over."""
        return today > self.until


class Limits(Frozen):
    """What every rule can be told."""

    exceptions: tuple[PolicyException, ...] = ()
    """Resources that the rule passes over."""


def config_schema(limits: type[Limits]) -> dict[str, dict[str, Any]]:
    """JSON Schema of each property, in the form that the engine checks configuration files with.

    Defaults are left out: the engine would fill them in, and a value of the stack's own file would never count.
    """
    schema = limits.model_json_schema()
    definitions = schema.get("$defs", {})
    return {name: _inlined(node, definitions) for name, node in schema["properties"].items()}


def _inlined(node: Any, definitions: Mapping[str, Any]) -> Any:
    """The engine takes each property's schema by itself, so references into the whole would lead nowhere."""
    if isinstance(node, list):
        return [_inlined(item, definitions) for item in node]  # pyright: ignore[reportUnknownVariableType]
    if not isinstance(node, dict):
        return node
    table = cast(dict[str, Any], node)
    if "$ref" in table:
        rest = {key: value for key, value in table.items() if key != "$ref"}
        return _inlined(definitions[table["$ref"].rsplit("/", 1)[-1]] | rest, definitions)
    return {key: _inlined(value, definitions) for key, value in table.items() if key not in ("default", "title")}
