"""SQS: queues and their policies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from sandbox.providers.aws.cloud import AwsCloud, AwsType, Record, change_tags, gone_if
from sandbox.providers.aws.iam import document
from sandbox.providers.properties import Properties
from sandbox.providers.resource import ResourceGoneError

GONE = ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist")
# Attribute of the API by property, and how its text is read.
ATTRIBUTES: Mapping[str, tuple[str, Callable[[str], Any]]] = {
    "delaySeconds": ("DelaySeconds", int),
    "kmsMasterKeyId": ("KmsMasterKeyId", str),
    "messageRetentionSeconds": ("MessageRetentionPeriod", int),
    "receiveWaitTimeSeconds": ("ReceiveMessageWaitTimeSeconds", int),
    "sqsManagedSseEnabled": ("SqsManagedSseEnabled", lambda text: text.lower() == "true"),
    "visibilityTimeoutSeconds": ("VisibilityTimeout", int),
}


class Queue(AwsType):
    token = "aws:sqs/queue:Queue"
    name_property = "name"
    name_limit = 80
    tagged = True
    replace = frozenset({"name", "namePrefix", "fifoQueue"})
    defaults: ClassVar[Mapping[str, Any]] = {
        "delaySeconds": 0,
        "fifoQueue": False,
        "messageRetentionSeconds": 345600,
        "receiveWaitTimeSeconds": 0,
        "visibilityTimeoutSeconds": 30,
    }
    computed_inputs = frozenset({"sqsManagedSseEnabled"})

    def create(self, cloud: AwsCloud, inputs: Properties) -> str:
        answer: Record = cloud.client("sqs").create_queue(
            QueueName=inputs["name"], Attributes=_attributes(inputs), tags=inputs.get("tagsAll", {})
        )
        return str(answer["QueueUrl"])

    def read(self, cloud: AwsCloud, resource_id: str, known: Properties) -> Properties:
        sqs = cloud.client("sqs")
        with gone_if(*GONE):
            found: Record = sqs.get_queue_attributes(QueueUrl=resource_id, AttributeNames=["All"])["Attributes"]
        actual: Properties = {
            "arn": found["QueueArn"],
            "url": resource_id,
            "name": resource_id.rpartition("/")[2],
            "fifoQueue": False,
            "tagsAll": sqs.list_queue_tags(QueueUrl=resource_id).get("Tags", {}),
        }
        for name, (attribute, read) in ATTRIBUTES.items():
            actual[name] = read(found[attribute]) if found.get(attribute) else None
        return actual

    def update(
        self, cloud: AwsCloud, resource_id: str, state: Properties, inputs: Properties, changed: frozenset[str]
    ) -> None:
        sqs = cloud.client("sqs")
        if changed & set(ATTRIBUTES):
            sqs.set_queue_attributes(QueueUrl=resource_id, Attributes=_attributes(inputs))
        change_tags(
            state,
            inputs,
            changed,
            lambda tags: sqs.tag_queue(QueueUrl=resource_id, Tags=tags),
            lambda keys: sqs.untag_queue(QueueUrl=resource_id, TagKeys=keys),
        )

    def delete(self, cloud: AwsCloud, resource_id: str, state: Properties) -> None:
        with gone_if(*GONE):
            cloud.client("sqs").delete_queue(QueueUrl=resource_id)


class QueuePolicy(AwsType):
    token = "aws:sqs/queuePolicy:QueuePolicy"
    replace = frozenset({"queueUrl"})
    documents = frozenset({"policy"})
    delete_before_replace = True

    def create(self, cloud: AwsCloud, inputs: Properties) -> str:
        self._set(cloud, inputs["queueUrl"], inputs["policy"])
        return str(inputs["queueUrl"])

    def read(self, cloud: AwsCloud, resource_id: str, known: Properties) -> Properties:
        with gone_if(*GONE):
            answer: Record = cloud.client("sqs").get_queue_attributes(QueueUrl=resource_id, AttributeNames=["Policy"])
        policy = answer.get("Attributes", {}).get("Policy")
        if not policy:
            raise ResourceGoneError(f"{resource_id} has no policy")
        return {"queueUrl": resource_id, "policy": document(policy)}

    def update(
        self, cloud: AwsCloud, resource_id: str, state: Properties, inputs: Properties, changed: frozenset[str]
    ) -> None:
        self._set(cloud, resource_id, inputs["policy"])

    def delete(self, cloud: AwsCloud, resource_id: str, state: Properties) -> None:
        with gone_if(*GONE):
            self._set(cloud, resource_id, "")

    def _set(self, cloud: AwsCloud, url: str, policy: str) -> None:
        cloud.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})


def _attributes(inputs: Properties) -> dict[str, str]:
    return {
        attribute: str(inputs[name]).lower() if isinstance(inputs[name], bool) else str(inputs[name])
        for name, (attribute, _) in ATTRIBUTES.items()
        if inputs.get(name) is not None
    }
