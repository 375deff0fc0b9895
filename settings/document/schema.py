"""JSON Schema of a stack file, so that editors complete and check it: `python -m settings.document.schema [--check]`.

It is looser than the models in one direction only: rules between values (sums, orders, sizes that must fit) are left to
`pulumi preview`; every document that the models accept is accepted here too.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from planning.json_value import Json
from settings.document.automatic import AUTO
from settings.document.defaults import default_mode
from settings.document.generated import ROOT, write_or_check
from settings.document.schema_tree import (
    ANY_NAME,
    DISCRIMINATOR,
    DOCUMENT,
    NOTHING,
    NULLABLE,
    VARIANTS,
    Node,
    Path,
    default_of,
    schema_tree,
)
from settings.models.environment import Environment
from settings.models.fields import ACCEPTED

SCHEMA_FILE = ROOT / "settings" / "stack.schema.json"
DIALECT = "http://json-schema.org/draft-07/schema#"
# Modes' own default rows; a key outside `cluster` and `network` is the same in all of them.
MODES = ("eks", "shared", "existing")


def stack_schema() -> dict[str, Any]:
    """The schema of `Pulumi.<stack>.yaml`."""
    return {
        "$schema": DIALECT,
        "title": "Stack file of the LGTM platform",
        "description": "Generated from the models in settings/ by `python -m settings.document.schema`.",
        "type": "object",
        "required": ["config"],
        "additionalProperties": False,
        "properties": {
            "config": {
                "type": "object",
                "required": [DOCUMENT],
                "additionalProperties": False,
                "properties": {DOCUMENT: _document_schema()},
                # Other providers' keys are theirs to check; a misspelt key of this project is caught.
                "patternProperties": {"^(?!lgtm:)[A-Za-z0-9_-]+:.+$": {}},
            },
            "environment": {"description": "Pulumi ESC environments.", "type": ["array", "object", "string"]},
            "encryptionsalt": {"description": "Written by Pulumi's passphrase provider.", "type": "string"},
            "encryptedkey": {"description": "Written by Pulumi's cloud secrets providers.", "type": "string"},
            "secretsprovider": {"description": "Where Pulumi's secrets key is, such as awskms://...", "type": "string"},
        },
    }


def _document_schema() -> Node:
    root = schema_tree()
    cluster = root["properties"]["cluster"]
    result = _export(root, (), None)
    result["properties"]["cluster"] = {
        "description": cluster["description"],
        "type": "object",
        "properties": {
            cluster[DISCRIMINATOR]: {
                "description": "Who owns the cluster: this stack, another one, or nobody here. "
                + _defaults_text(("cluster", "mode"), None),
                "enum": list(cluster[VARIANTS]),
            }
        },
    }
    sizes = result["properties"]["sizes"]
    result["properties"]["sizes"] = {
        "description": sizes.pop("description"),
        "anyOf": [{"const": AUTO}, sizes],
    }
    result["allOf"] = [_mode_schema(mode, variant) for mode, variant in cluster[VARIANTS].items()]
    return result


def _mode_schema(mode: str, variant: Node) -> Node:
    """What holds when a document asks for a cluster mode, or its environment has it by default."""
    exported = _export(variant, ("cluster",), mode)
    consequence: Node = {"properties": {"cluster": exported}}
    if exported.get("required"):
        consequence["required"] = ["cluster"]
    if mode != "eks":
        consequence["properties"]["network"] = {"type": "null"}
    return {"if": {"anyOf": [_asks_for(mode), *_leaves_open(mode)]}, "then": consequence}


def _asks_for(mode: str) -> Node:
    asked = {"required": ["mode"], "properties": {"mode": {"const": mode}}}
    return {"required": ["cluster"], "properties": {"cluster": asked}}


def _leaves_open(mode: str) -> list[Node]:
    environments = [environment.value for environment in Environment if default_mode(environment) == mode]
    if not environments:
        return []
    open_cluster = {"not": {"type": "object", "required": ["mode"]}}
    return [
        {
            "required": ["environment"],
            "properties": {"environment": {"enum": environments}, "cluster": open_cluster},
        }
    ]


def _export(node: Node, path: Path, mode: str | None) -> Node:
    """A node as editors want it: optional where there is a default, with the defaults in its description."""
    if node.get(NOTHING):
        return {"description": "Keeps nothing on disk.", "type": "null"}
    hidden = ("required", "properties", "patternProperties", "propertyNames", "items")
    result = _visible(node, *hidden)
    result["description"] = " ".join(part for part in (node.get("description", ""), _defaults_text(path, mode)) if part)
    result.pop("default", None)
    if "items" in node:
        result["items"] = _export_strict(node["items"])
    if "properties" in node:
        result["properties"] = {
            key: _export(inner, (*path, key), mode)
            for key, inner in node["properties"].items()
            if VARIANTS not in inner
        }
        required = _required(node, path, mode)
        if required:
            result["required"] = required
    if "patternProperties" in node:
        result["patternProperties"] = {
            pattern: _export(inner, (*path, ANY_NAME), mode) for pattern, inner in node["patternProperties"].items()
        }
        result.pop("minProperties", None)  # the groups of the defaults count too
    named = path[-1:] == (ANY_NAME,)
    return _nullable(result) if named or node.get(NULLABLE) or _default_can_go(node, path, mode) else result


def _export_strict(node: Node) -> Node:
    """An item of a list: nothing is merged into it, so that all that the model requires is required."""
    result = _visible(node)
    if "properties" in node:
        result["properties"] = {key: _export_strict(inner) for key, inner in node["properties"].items()}
    return _nullable(result) if node.get(NULLABLE) else result


def _visible(node: Node, *hidden: str) -> Node:
    """A node's own keys, with what a pattern accepts in words."""
    result = {key: value for key, value in node.items() if key not in (ACCEPTED, NULLABLE, "format", *hidden)}
    if ACCEPTED in node and "pattern" in node:
        result["patternErrorMessage"] = f"accepted: {node[ACCEPTED]}"
    return result


def _required(node: Node, path: Path, mode: str | None) -> list[str]:
    """Keys without a default in any environment; entries of named tables may have some, so that they require none."""
    if ANY_NAME in path:
        return []
    return [key for key in node.get("required", []) if key != "mode" and not _has_default((*path, key), mode)]


def _default_can_go(node: Node, path: Path, mode: str | None) -> bool:
    """Whether null is a value: the model has a default of its own behind the environments'."""
    return "default" in node and _has_default(path, mode)


def _has_default(path: Path, mode: str | None) -> bool:
    modes = (mode,) if mode else MODES
    return any(default_of(path, environment, one)[0] for environment in Environment for one in modes)


def _nullable(node: Node) -> Node:
    if "type" in node:
        node = {**node, "type": [node["type"], "null"]}
    if "enum" in node:
        node = {**node, "enum": [*node["enum"], None]}
    return node


def _defaults_text(path: Path, mode: str | None) -> str:
    """`Default: 5.` or `Default: dev 1, staging 2, prod 3.`, for keys that hold no table."""
    found = environment_defaults(path, mode)
    if not found or any(isinstance(value, dict) for value in found.values()):
        return ""
    texts = {environment: yaml_text(value) for environment, value in found.items()}
    if len(set(texts.values())) == 1 and len(texts) == len(Environment):
        return f"Default: {next(iter(texts.values()))}."
    return f"Default: {', '.join(f'{environment} {text}' for environment, text in texts.items())}."


def environment_defaults(path: Path, mode: str | None) -> Mapping[Environment, Json]:
    """The default of a key in each environment that has one; without a mode, each environment's own counts."""
    found = {environment: default_of(path, environment, mode) for environment in Environment}
    return {environment: value for environment, (there, value) in found.items() if there and value is not None}


def yaml_text(value: Json) -> str:
    """A default as it would be written in a stack file."""
    return value if isinstance(value, str) else json.dumps(value)


def main(arguments: Sequence[str]) -> int:
    """The command line. Returns its exit status."""
    text = json.dumps(stack_schema(), indent=2, ensure_ascii=False) + "\n"
    return write_or_check("settings.document.schema", {SCHEMA_FILE: text}, arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
