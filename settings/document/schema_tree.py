"""The shape of the settings document: one tree of JSON Schema nodes, drawn from the models.

Messages, the exported schema and the configuration reference all read this tree, so that they can't tell different
stories. References are inlined, `T | None` becomes T with NULLABLE, a tagged union becomes VARIANTS by tag.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from planning.json_value import Json
from settings.document.defaults import SIZE_TABLE, defaults_for
from settings.models.environment import Environment
from settings.models.fields import ACCEPTED
from settings.models.platform import PlatformSettings
from settings.models.sizes import SINGLE_POD_WORKLOADS, STATEFUL_WORKLOADS, LokiDistributedSizes

Node = dict[str, Any]
Path = tuple[str | int, ...]

VARIANTS = "x-variants"
DISCRIMINATOR = "x-discriminator"
NULLABLE = "x-nullable"
NOTHING = "x-nothing"
"""Only null is accepted."""
ANY_NAME = "<name>"
DOCUMENT = "lgtm:platform"
WORKLOADS = (
    *(row.key for row in SIZE_TABLE),
    *(f"loki.distributed.{name}" for name in LokiDistributedSizes.model_fields),
)


@cache
def schema_tree() -> Node:
    """The tree of the whole document."""
    schema = PlatformSettings.model_json_schema()
    root = _inline(schema, schema["$defs"])
    for key in WORKLOADS:
        size = root["properties"]["sizes"]
        for part in key.split("."):
            size = size["properties"][part]
        _narrow(size["properties"], key)
    return root


def _narrow(size: Node, key: str) -> None:
    """Writes into a workload's node what the rules on sizes ask of it."""
    if key not in STATEFUL_WORKLOADS:
        size["volume_gib"] |= {ACCEPTED: "null: it keeps nothing on disk", NOTHING: True}
    if key in SINGLE_POD_WORKLOADS:
        size["replicas"] |= {"maximum": 1, "description": f"{SINGLE_POD_WORKLOADS[key]}."}


def _inline(node: Node, defs: Mapping[str, Node]) -> Node:
    if "$ref" in node:
        target = defs[node["$ref"].rpartition("/")[2]]
        return _inline({**target, **{key: value for key, value in node.items() if key != "$ref"}}, defs)
    if "discriminator" in node:
        tag_of = {ref: tag for tag, ref in node["discriminator"]["mapping"].items()}
        variants = {tag_of[option["$ref"]]: _inline(option, defs) for option in node["oneOf"]}
        return {
            "description": node.get("description", ""),
            DISCRIMINATOR: node["discriminator"]["propertyName"],
            VARIANTS: variants,
        }
    if "anyOf" in node:
        (inner,) = (option for option in node["anyOf"] if option.get("type") != "null")
        rest = {key: value for key, value in node.items() if key not in ("anyOf", "default")}
        return {**_inline({**inner, **rest}, defs), NULLABLE: True}
    result = {key: value for key, value in node.items() if key not in ("title", "$defs", "properties", "items")}
    if "properties" in node:
        result["properties"] = {key: _inline(child, defs) for key, child in node["properties"].items()}
    if "patternProperties" in node:
        result["patternProperties"] = {key: _inline(child, defs) for key, child in node["patternProperties"].items()}
        result["additionalProperties"] = False
    if "items" in node:
        result["items"] = _inline(node["items"], defs)
    return result


def child(node: Node, key: str | int) -> Node | None:
    """The node of a key, of a list item, or of a union's tag; None where there is none."""
    if isinstance(key, int):
        return node.get("items")
    if VARIANTS in node:
        return node[VARIANTS].get(key)
    if key in node.get("properties", {}):
        return node["properties"][key]
    return next(iter(node.get("patternProperties", {}).values()), None)


def keys_of(node: Node) -> list[str]:
    """The keys that a table has, of all variants if it is a union."""
    if VARIANTS in node:
        return list(dict.fromkeys(key for variant in node[VARIANTS].values() for key in keys_of(variant)))
    return list(node.get("properties", {}))


def accepted(node: Node) -> str:
    """What a node accepts, in words."""
    if ACCEPTED in node:
        return str(node[ACCEPTED])
    if VARIANTS in node:
        return f"a table whose {node[DISCRIMINATOR]} is {', '.join(node[VARIANTS])}"
    if "enum" in node:
        return ", ".join(map(str, node["enum"]))
    if "const" in node:
        return str(node["const"])
    kind = node.get("type")
    if kind in ("integer", "number"):
        return _number_in_words(node)
    if kind == "array":
        return _list_in_words(node)
    if kind == "object":
        keys = keys_of(node)
        return f"a table with the keys {', '.join(keys)}" if keys else _named_tables_in_words(node)
    return {"boolean": "true or false", "string": _text_in_words(node)}[str(kind)]


def _number_in_words(node: Node) -> str:
    noun = "a whole number" if node["type"] == "integer" else "a number"
    high = _plain(node["maximum"])
    if node.get("minimum") == node["maximum"]:
        return high
    if "exclusiveMinimum" in node:
        return f"{noun} above {_plain(node['exclusiveMinimum'])}, at most {high}"
    return f"{noun} from {_plain(node['minimum'])} to {high}"


def _plain(value: float) -> str:
    return str(int(value)) if value == int(value) else str(value)


def _named_tables_in_words(node: Node) -> str:
    (inner,) = node["patternProperties"].values()
    keys, names = ", ".join(keys_of(inner)), accepted(node["propertyNames"])
    return f"a table of tables with the keys {keys}, each under a name of {names}"


def _list_in_words(node: Node) -> str:
    item = node["items"]
    noun = f"tables with the keys {', '.join(keys_of(item))}" if keys_of(item) else f"items, each {accepted(item)}"
    if "enum" in item:
        noun = f"items from {accepted(item)}"
    least, most = node.get("minItems"), node.get("maxItems")
    count = f" ({least} to {most})" if least and most else f" (at least {least})" if least else ""
    return f"a list{count} of {noun}"


def _text_in_words(node: Node) -> str:
    if "maxLength" in node:
        return f"text of {node.get('minLength', 0)} to {node['maxLength']} characters"
    return "text"


def path_text(path: Sequence[str | int]) -> str:
    """`lgtm:platform.services[2].port`; keys that are no plain words are quoted, so that a line stays one line."""
    text = DOCUMENT
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif re.fullmatch(r"[A-Za-z0-9_<>-]+", part):
            text += f".{part}"
        else:
            text += f"[{json.dumps(part)}]"
    return text


def lookup(document: Json, path: Path) -> tuple[bool, Json]:
    """Whether the document holds the path, and what is there."""
    for part in path:
        if isinstance(document, list):
            if not isinstance(part, int) or part >= len(document):
                return False, None
            document = document[part]
        else:
            if not isinstance(document, dict) or part not in document:
                return False, None
            document = document[str(part)]
    return True, document


def default_of(path: Path, environment: Environment, mode: str | None = None) -> tuple[bool, Json]:
    """Whether a key has a default in an environment (in the given cluster mode, else the environment's own)."""
    return lookup(_defaults(environment, mode), path)


@cache
def _defaults(environment: Environment, mode: str | None) -> dict[str, Json]:
    """Built once for all keys; only looked up in."""
    return defaults_for(environment, mode)


def leaves(node: Node, path: Path = ()) -> Iterator[tuple[Path, Node]]:
    """Every key that holds no table of keys, with its node; the keys of all variants of a union."""
    for variant in node.get(VARIANTS, {}).values():
        yield from leaves(variant, path)
    for key, inner in node.get("properties", {}).items():
        yield from leaves(inner, (*path, key))
    for inner in node.get("patternProperties", {}).values():
        yield from leaves(inner, (*path, ANY_NAME))
    if not (VARIANTS in node or node.get("properties") or node.get("patternProperties")):
        yield path, node
