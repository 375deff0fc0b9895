"""CloudWatch Logs: log groups."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from sandbox.providers.aws.cloud import AwsCloud, AwsType, Record, change_tags, given, gone_if
from sandbox.providers.properties import Properties
from sandbox.providers.resource import ResourceGoneError
from sandbox.providers.rules import Refusal
from sandbox.providers.rules import logs as rules

NOT_FOUND = "ResourceNotFoundException"


class LogGroup(AwsType):
    token = "aws:cloudwatch/logGroup:LogGroup"
    name_property = "name"
    name_limit = 512
    tagged = True
    replace = frozenset({"name", "namePrefix", "logGroupClass"})
    computed_inputs = frozenset({"logGroupClass"})
    defaults: ClassVar[Mapping[str, Any]] = {"retentionInDays": 0, "skipDestroy": False, "logGroupClass": "STANDARD"}

    def check(self, inputs: Properties) -> Iterable[Refusal]:
        return rules.log_group_refusals(inputs)

    def create(self, cloud: AwsCloud, inputs: Properties) -> str:
        names = {"name": "logGroupName", "kmsKeyId": "kmsKeyId", "logGroupClass": "logGroupClass", "tagsAll": "tags"}
        cloud.client("logs").create_log_group(**given(inputs, names))
        self._set_retention(cloud, inputs["name"], inputs)
        return str(inputs["name"])

    def _set_retention(self, cloud: AwsCloud, name: str, inputs: Properties) -> None:
        days = inputs.get("retentionInDays", 0)
        if days:
            cloud.client("logs").put_retention_policy(logGroupName=name, retentionInDays=days)
        else:
            cloud.client("logs").delete_retention_policy(logGroupName=name)

    def read(self, cloud: AwsCloud, resource_id: str, known: Properties) -> Properties:
        logs = cloud.client("logs")
        groups: list[Record] = logs.describe_log_groups(logGroupNamePrefix=resource_id)["logGroups"]
        group = next((group for group in groups if group["logGroupName"] == resource_id), None)
        if group is None:
            raise ResourceGoneError(resource_id)
        arn = str(group["arn"]).removesuffix(":*")
        return {
            "arn": arn,
            "name": group["logGroupName"],
            "retentionInDays": group.get("retentionInDays", 0),
            "kmsKeyId": group.get("kmsKeyId") or None,
            "logGroupClass": group.get("logGroupClass") or known.get("logGroupClass", "STANDARD"),
            "tagsAll": logs.list_tags_for_resource(resourceArn=arn)["tags"],
        }

    def update(
        self, cloud: AwsCloud, resource_id: str, state: Properties, inputs: Properties, changed: frozenset[str]
    ) -> None:
        logs = cloud.client("logs")
        if "retentionInDays" in changed:
            self._set_retention(cloud, resource_id, inputs)
        if "kmsKeyId" in changed:
            if inputs.get("kmsKeyId"):
                logs.associate_kms_key(logGroupName=resource_id, kmsKeyId=inputs["kmsKeyId"])
            else:
                logs.disassociate_kms_key(logGroupName=resource_id)
        change_tags(
            state,
            inputs,
            changed,
            lambda tags: logs.tag_resource(resourceArn=state["arn"], tags=tags),
            lambda keys: logs.untag_resource(resourceArn=state["arn"], tagKeys=keys),
        )

    def delete(self, cloud: AwsCloud, resource_id: str, state: Properties) -> None:
        if state.get("skipDestroy"):
            return
        with gone_if(NOT_FOUND):
            cloud.client("logs").delete_log_group(logGroupName=resource_id)
