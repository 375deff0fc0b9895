"""KMS: keys and their aliases."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from sandbox.providers.aws.cloud import (
    ACCOUNT_ID,
    AwsCloud,
    AwsType,
    Record,
    change_tags,
    given,
    gone_if,
    tag_list,
    tag_map,
)
from sandbox.providers.properties import Properties
from sandbox.providers.resource import ResourceGoneError
from sandbox.providers.rules import Refusal
from sandbox.providers.rules import kms as rules

NOT_FOUND = "NotFoundException"
DEFAULT_POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Id": "key-default-1",
        "Statement": [
            {
                "Sid": "Enable IAM User Permissions",
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"},
                "Action": "kms:*",
                "Resource": "*",
            }
        ],
    }
)


class Key(AwsType):
    token = "aws:kms/key:Key"
    tagged = True
    replace = frozenset({"customerMasterKeySpec", "keyUsage", "multiRegion", "customKeyStoreId", "xksKeyId"})
    documents = frozenset({"policy"})
    computed_inputs = frozenset({"policy", "description", "multiRegion", "rotationPeriodInDays"})
    defaults: ClassVar[Mapping[str, Any]] = {
        "customerMasterKeySpec": "SYMMETRIC_DEFAULT",
        "keyUsage": "ENCRYPT_DECRYPT",
        "isEnabled": True,
        "enableKeyRotation": False,
        "bypassPolicyLockoutSafetyCheck": False,
    }

    def check(self, inputs: Properties) -> Iterable[Refusal]:
        return rules.key_refusals(inputs)

    def create(self, cloud: AwsCloud, inputs: Properties) -> str:
        kms = cloud.client("kms")
        names = {"description": "Description", "multiRegion": "MultiRegion"}
        answer = kms.create_key(
            KeySpec=inputs.get("customerMasterKeySpec", "SYMMETRIC_DEFAULT"),
            KeyUsage=inputs.get("keyUsage", "ENCRYPT_DECRYPT"),
            Policy=inputs.get("policy", DEFAULT_POLICY),
            Tags=tag_list(inputs.get("tagsAll"), "TagKey", "TagValue"),
            **given(inputs, names),
        )
        key_id = str(answer["KeyMetadata"]["KeyId"])
        self._set_switches(cloud, key_id, inputs)
        return key_id

    def _set_switches(self, cloud: AwsCloud, key_id: str, inputs: Properties) -> None:
        kms = cloud.client("kms")
        if inputs.get("enableKeyRotation"):
            kms.enable_key_rotation(KeyId=key_id, **given(inputs, {"rotationPeriodInDays": "RotationPeriodInDays"}))
        else:
            kms.disable_key_rotation(KeyId=key_id)
        if inputs.get("isEnabled", True):
            kms.enable_key(KeyId=key_id)
        else:
            kms.disable_key(KeyId=key_id)

    def read(self, cloud: AwsCloud, resource_id: str, known: Properties) -> Properties:
        kms = cloud.client("kms")
        with gone_if(NOT_FOUND):
            key: Record = kms.describe_key(KeyId=resource_id)["KeyMetadata"]
        if key["KeyState"] in ("PendingDeletion", "PendingReplicaDeletion"):
            raise ResourceGoneError(f"{resource_id} is pending deletion")
        rotation: Record = kms.get_key_rotation_status(KeyId=resource_id)
        tags: list[Record] = kms.list_resource_tags(KeyId=resource_id)["Tags"]
        return {
            "arn": key["Arn"],
            "keyId": key["KeyId"],
            "description": key.get("Description") or None,
            "customerMasterKeySpec": key.get("KeySpec", "SYMMETRIC_DEFAULT"),
            "keyUsage": key["KeyUsage"],
            "multiRegion": key.get("MultiRegion", False),
            "isEnabled": key["Enabled"],
            "enableKeyRotation": rotation["KeyRotationEnabled"],
            "rotationPeriodInDays": rotation.get("RotationPeriodInDays") if rotation["KeyRotationEnabled"] else None,
            "policy": kms.get_key_policy(KeyId=resource_id, PolicyName="default")["Policy"],
            "tagsAll": tag_map(tags, "TagKey", "TagValue"),
        }

    def update(
        self, cloud: AwsCloud, resource_id: str, state: Properties, inputs: Properties, changed: frozenset[str]
    ) -> None:
        kms = cloud.client("kms")
        if "policy" in changed:
            kms.put_key_policy(KeyId=resource_id, PolicyName="default", Policy=inputs.get("policy", DEFAULT_POLICY))
        if "description" in changed:
            kms.update_key_description(KeyId=resource_id, Description=inputs.get("description", ""))
        if changed & {"enableKeyRotation", "isEnabled", "rotationPeriodInDays"}:
            self._set_switches(cloud, resource_id, inputs)
        change_tags(
            state,
            inputs,
            changed,
            lambda tags: kms.tag_resource(KeyId=resource_id, Tags=tag_list(tags, "TagKey", "TagValue")),
            lambda keys: kms.untag_resource(KeyId=resource_id, TagKeys=keys),
        )

    def delete(self, cloud: AwsCloud, resource_id: str, state: Properties) -> None:
        self.read(cloud, resource_id, state)
        cloud.client("kms").schedule_key_deletion(
            KeyId=resource_id, PendingWindowInDays=int(state.get("deletionWindowInDays", 30))
        )


class Alias(AwsType):
    token = "aws:kms/alias:Alias"
    name_property = "name"
    replace = frozenset({"name", "namePrefix"})

    def check(self, inputs: Properties) -> Iterable[Refusal]:
        return rules.alias_refusals(inputs)

    def create(self, cloud: AwsCloud, inputs: Properties) -> str:
        cloud.client("kms").create_alias(AliasName=inputs["name"], TargetKeyId=inputs["targetKeyId"])
        return str(inputs["name"])

    def _find(self, cloud: AwsCloud, name: str) -> Record:
        for page in cloud.client("kms").get_paginator("list_aliases").paginate():
            for alias in page["Aliases"]:
                if alias["AliasName"] == name:
                    found: Record = alias
                    return found
        raise ResourceGoneError(name)

    def read(self, cloud: AwsCloud, resource_id: str, known: Properties) -> Properties:
        alias = self._find(cloud, resource_id)
        key: Record = cloud.client("kms").describe_key(KeyId=alias["TargetKeyId"])["KeyMetadata"]
        # The program may name the key by its ARN or by its id.
        by_arn = str(known.get("targetKeyId", "")).startswith("arn:")
        return {
            "name": alias["AliasName"],
            "arn": alias["AliasArn"],
            "targetKeyArn": key["Arn"],
            "targetKeyId": key["Arn"] if by_arn else key["KeyId"],
        }

    def update(
        self, cloud: AwsCloud, resource_id: str, state: Properties, inputs: Properties, changed: frozenset[str]
    ) -> None:
        cloud.client("kms").update_alias(AliasName=resource_id, TargetKeyId=inputs["targetKeyId"])

    def delete(self, cloud: AwsCloud, resource_id: str, state: Properties) -> None:
        with gone_if(NOT_FOUND):
            cloud.client("kms").delete_alias(AliasName=resource_id)
