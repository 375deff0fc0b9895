"""Data Lifecycle Manager: schedules of EBS snapshots."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from sandbox.providers.aws.cloud import AwsCloud, AwsType, Record, change_tags, gone_if, tag_list, tag_map
from sandbox.providers.narrow import as_list, as_object, is_list, is_object
from sandbox.providers.properties import Properties
from sandbox.providers.rules import Refusal
from sandbox.providers.rules import dlm as rules

NOT_FOUND = "ResourceNotFoundException"
# Maps of tags here, lists of keys and values there.
TAG_MAPS = ("targetTags", "tagsToAdd")


class LifecyclePolicy(AwsType):
    """The simulated service keeps policies; it makes no snapshots."""

    token = "aws:dlm/lifecyclePolicy:LifecyclePolicy"
    tagged = True
    sets = frozenset({"policyDetails.resourceTypes"})
    defaults: ClassVar[Mapping[str, Any]] = {"state": "ENABLED", "policyDetails.policyType": "EBS_SNAPSHOT_MANAGEMENT"}

    def check(self, inputs: Properties) -> Iterable[Refusal]:
        return rules.policy_refusals(inputs)

    def create(self, cloud: AwsCloud, inputs: Properties) -> str:
        answer: Record = cloud.client("dlm").create_lifecycle_policy(**_request(inputs), Tags=inputs.get("tagsAll", {}))
        return str(answer["PolicyId"])

    def read(self, cloud: AwsCloud, resource_id: str, known: Properties) -> Properties:
        with gone_if(NOT_FOUND):
            policy: Record = cloud.client("dlm").get_lifecycle_policy(PolicyId=resource_id)["Policy"]
        return {
            "arn": policy["PolicyArn"],
            "description": policy["Description"],
            "executionRoleArn": policy["ExecutionRoleArn"],
            "state": policy["State"],
            "policyDetails": _from_api(policy["PolicyDetails"]),
            "tagsAll": policy.get("Tags", {}),
        }

    def update(
        self, cloud: AwsCloud, resource_id: str, state: Properties, inputs: Properties, changed: frozenset[str]
    ) -> None:
        dlm = cloud.client("dlm")
        if changed - {"tags", "tagsAll"}:
            dlm.update_lifecycle_policy(PolicyId=resource_id, **_request(inputs))
        arn = state["arn"]
        change_tags(
            state,
            inputs,
            changed,
            lambda tags: dlm.tag_resource(ResourceArn=arn, Tags=tags),
            lambda keys: dlm.untag_resource(ResourceArn=arn, TagKeys=keys),
        )

    def delete(self, cloud: AwsCloud, resource_id: str, state: Properties) -> None:
        with gone_if(NOT_FOUND):
            cloud.client("dlm").delete_lifecycle_policy(PolicyId=resource_id)


def _request(inputs: Properties) -> Record:
    return {
        "Description": inputs["description"],
        "ExecutionRoleArn": inputs["executionRoleArn"],
        "State": inputs.get("state", "ENABLED"),
        "PolicyDetails": _to_api(inputs["policyDetails"]),
    }


def _to_api(value: Properties) -> Record:
    """The provider's names begin with a small letter, the API's with a large one."""
    converted: Record = {}
    for name, one in value.items():
        api = name[0].upper() + name[1:]
        if name in TAG_MAPS:
            converted[api] = tag_list(one)
        elif name == "times":
            converted[api] = [one]
        elif is_object(one):
            converted[api] = _to_api(one)
        elif is_list(one):
            converted[api] = [_to_api(as_object(item)) if is_object(item) else item for item in one]
        else:
            converted[api] = one
    return converted


def _from_api(value: Record) -> Properties:
    converted: Properties = {}
    for api, one in value.items():
        name = api[0].lower() + api[1:]
        if name in TAG_MAPS:
            converted[name] = tag_map(one)
        elif name == "times":
            converted[name] = as_list(one)[0]
        elif is_object(one):
            converted[name] = _from_api(one)
        elif is_list(one):
            converted[name] = [_from_api(as_object(item)) if is_object(item) else item for item in one]
        else:
            converted[name] = one
    return converted
