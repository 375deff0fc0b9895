"""Registered AWS resources in the words of a Terraform plan, for programs that judge those."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tests.unit.recording import Graph, Registered

# Free keys: everything else that is an object is a block, of which a plan has a list.
MAPS = frozenset({"tags", "tags_all", "target_tags", "tags_to_add"})
# Pulumi's SDK names lists of blocks in the plural, which Terraform does not.
SINGULAR = {
    "rules": "rule",
    "transitions": "transition",
    "noncurrent_version_transitions": "noncurrent_version_transition",
    "taints": "taint",
    "schedules": "schedule",
}
PROVIDER = "registry.terraform.io/hashicorp/aws"


def terraform_plan(graph: Graph) -> dict[str, Any]:
    """The plan that would create the graph's AWS resources (`terraform show -json`, format 1.2)."""
    resources = [one for one in graph.resources if re.match(r"aws:\w+/", one.type)]
    addresses = {one.urn: _address(one) for one in resources}
    planned = [_planned(one) for one in resources]
    changes = [
        {**one, "change": {"actions": ["create"], "before": None, "after": one["values"], "after_unknown": {}}}
        for one in planned
    ]
    by_urn = {one.urn: one for one in resources}
    configured = [
        {
            **_head(one),
            "provider_config_key": "aws",
            "expressions": {
                key: {"references": references}
                for key, value in one.inputs.items()
                if (references := list(_references(value, one, by_urn, addresses)))
                for key in (_snake(key),)
            },
        }
        for one in resources
    ]
    return {
        "format_version": "1.2",
        "terraform_version": "1.9.0",
        "planned_values": {"root_module": {"resources": planned}},
        "resource_changes": changes,
        "configuration": {"root_module": {"resources": configured}},
    }


def _references(
    value: Any, one: Registered, by_urn: Mapping[str, Registered], addresses: Mapping[str, str]
) -> Iterator[str]:
    """The resources that a value names, among those that the engine knows it depends on."""
    texts = set(_texts(value))
    for urn in one.dependencies & by_urn.keys():
        found = by_urn[urn]
        if any(text == found.id or text.endswith(f"/{found.name}") or text == found.inputs.get("bucket")
               for text in texts):  # fmt: skip
            yield f"{addresses[urn]}.id"
            yield addresses[urn]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)


def _head(one: Registered) -> dict[str, Any]:
    token, name = _address(one).split(".")
    return {"address": _address(one), "mode": "managed", "type": token, "name": name, "provider_name": PROVIDER}


def _planned(one: Registered) -> dict[str, Any]:
    return {**_head(one), "schema_version": 0, "values": _block(one.inputs)}


def _address(one: Registered) -> str:
    service, kind = one.type.split(":")[1].split("/")
    own = "" if service in ("ec2", "vpc") else f"{service}_"
    return f"aws_{own}{_snake(kind)}.{re.sub(r'[^A-Za-z0-9_]', '_', one.name)}"


def _block(table: Mapping[str, Any]) -> dict[str, Any]:
    return {SINGULAR.get(name, name): _value(name, value) for key, value in table.items() for name in (_snake(key),)}


def _value(name: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value) if name in MAPS else [_block(value)]
    if isinstance(value, list | tuple):
        return [_block(item) if isinstance(item, Mapping) else item for item in value]
    return value


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()
