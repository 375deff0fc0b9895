"""The base of every model at a boundary: frozen, unknown keys refused, attribute docstrings become descriptions."""

import ast
import inspect
import sys
from functools import cache
from typing import Any

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError

BROKEN_RULE = "broken_rule"


class Frozen(BaseModel):
    """An immutable value whose unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Descriptions are read when a schema is asked for: pydantic's own way reads the source in every start."""
        schema = handler(core_schema)
        properties = handler.resolve_ref_schema(schema).get("properties", {})
        for base in reversed(cls.__mro__):
            if issubclass(base, BaseModel) and base.__module__ != BaseModel.__module__:
                for name, text in _attribute_docstrings(base.__module__).get(base.__name__, {}).items():
                    if name in properties:
                        properties[name].setdefault("description", text)
        return schema


def broken_rule(sentence: str, *keys: str) -> PydanticCustomError:
    """What a validator raises: the rule in words, and the keys of its own table that take part in it.

    A check of one value has no keys: pydantic knows where it is.
    """
    return PydanticCustomError(BROKEN_RULE, "{sentence}", {"sentence": sentence, "keys": keys})


@cache
def _attribute_docstrings(module: str) -> dict[str, dict[str, str]]:
    """The string below each annotated attribute, by class and attribute."""
    found: dict[str, dict[str, str]] = {}
    for node in ast.parse(inspect.getsource(sys.modules[module])).body:
        if isinstance(node, ast.ClassDef):
            found[node.name] = {
                field.target.id: inspect.cleandoc(text.value.value)
                for field, text in zip(node.body, node.body[1:], strict=False)
                if isinstance(field, ast.AnnAssign)
                and isinstance(field.target, ast.Name)
                and isinstance(text, ast.Expr)
                and isinstance(text.value, ast.Constant)
                and isinstance(text.value.value, str)
            }
    return found
