"""Tags of EC2 resources, which all work the same way, and the look-up that tells a missing resource."""

from __future__ import annotations

from typing import Any

from sandbox.providers.aws.cloud import AwsCloud, Record, change_tags, gone_if, tag_list
from sandbox.providers.properties import Properties
from sandbox.providers.resource import ProviderError, ResourceGoneError


def tag_specifications(kind: str, inputs: Properties) -> list[Record]:
    """The TagSpecifications parameter of a Create call."""
    tags = tag_list(inputs.get("tagsAll"))
    return [{"ResourceType": kind, "Tags": tags}] if tags else []


def update_ec2_tags(
    cloud: AwsCloud, resource_id: str, state: Properties, inputs: Properties, changed: frozenset[str]
) -> None:
    ec2 = cloud.client("ec2")
    change_tags(
        state,
        inputs,
        changed,
        lambda tags: ec2.create_tags(Resources=[resource_id], Tags=tag_list(tags)),
        lambda keys: ec2.delete_tags(Resources=[resource_id], Tags=[{"Key": key} for key in keys]),
    )


def describe_one(cloud: AwsCloud, operation: str, key: str, missing: tuple[str, ...], **parameters: Any) -> Record:
    """The single result of a Describe call. Raises ResourceGoneError for the codes `missing` and for none."""
    with gone_if(*missing):
        found: list[Record] = getattr(cloud.client("ec2"), operation)(**parameters)[key]
    if not found:
        raise ResourceGoneError(f"{operation}: nothing found")
    return found[0]


def by_filter(name: str, *values: str) -> list[Record]:
    """The Filters parameter for one filter."""
    return [{"Name": name, "Values": list(values)}]


def refuse_dependents(cloud: AwsCloud, operation: str, key: str, filters: list[Record], what: str) -> None:
    """Raise DependencyViolation, as EC2 does and moto doesn't, if anything matches the filters."""
    found: list[Record] = getattr(cloud.client("ec2"), operation)(Filters=filters)[key]
    if found:
        raise ProviderError(
            f"DependencyViolation: The {what} has dependencies and cannot be deleted ({key}: {len(found)})."
        )
