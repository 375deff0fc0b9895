"""IAM: roles, their inline policies and attachments."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar
from urllib.parse import unquote

from sandbox.providers.aws.cloud import AwsCloud, AwsType, Record, change_tags, given, gone_if, tag_list, tag_map
from sandbox.providers.properties import Properties
from sandbox.providers.resource import ProviderError, ResourceGoneError
from sandbox.providers.rules import Refusal
from sandbox.providers.rules import policies as rules

NO_ENTITY = "NoSuchEntity"


def document(value: Any) -> str:
    """A policy document as text: boto3 hands out parsed ones, moto quoted ones."""
    return unquote(value) if isinstance(value, str) else json.dumps(value)


class Role(AwsType):
    token = "aws:iam/role:Role"
    name_property = "name"
    name_limit = 64
    tagged = True
    replace = frozenset({"name", "namePrefix", "path"})
    documents = frozenset({"assumeRolePolicy"})
    sets = frozenset({"managedPolicyArns", "inlinePolicies"})
    computed_inputs = frozenset({"managedPolicyArns", "inlinePolicies"})
    defaults: ClassVar[Mapping[str, Any]] = {"path": "/", "maxSessionDuration": 3600, "forceDetachPolicies": False}

    def check(self, inputs: Properties) -> Iterable[Refusal]:
        return rules.trust_policy_refusals("assumeRolePolicy", inputs.get("assumeRolePolicy"))

    def create(self, cloud: AwsCloud, inputs: Properties) -> str:
        names = {
            "name": "RoleName", "assumeRolePolicy": "AssumeRolePolicyDocument", "path": "Path",
            "description": "Description", "maxSessionDuration": "MaxSessionDuration",
            "permissionsBoundary": "PermissionsBoundary",
        }  # fmt: skip
        cloud.client("iam").create_role(**given(inputs, names), Tags=tag_list(inputs.get("tagsAll")))
        for arn in inputs.get("managedPolicyArns", []):
            cloud.client("iam").attach_role_policy(RoleName=inputs["name"], PolicyArn=arn)
        for policy in inputs.get("inlinePolicies", []):
            cloud.client("iam").put_role_policy(
                RoleName=inputs["name"], PolicyName=policy["name"], PolicyDocument=policy["policy"]
            )
        return str(inputs["name"])

    def read(self, cloud: AwsCloud, resource_id: str, known: Properties) -> Properties:
        with gone_if(NO_ENTITY):
            role: Record = cloud.client("iam").get_role(RoleName=resource_id)["Role"]
        boundary: Record | None = role.get("PermissionsBoundary")
        actual: Properties = {
            "arn": role["Arn"],
            "name": role["RoleName"],
            "path": role["Path"],
            "uniqueId": role["RoleId"],
            "createDate": role["CreateDate"].isoformat(),
            "description": role.get("Description") or None,
            "maxSessionDuration": role.get("MaxSessionDuration", 3600),
            "assumeRolePolicy": document(role["AssumeRolePolicyDocument"]),
            "permissionsBoundary": boundary["PermissionsBoundaryArn"] if boundary else None,
            "tagsAll": tag_map(role.get("Tags")),
        }
        # Attachments that are resources of their own must not show up here as a change of the role.
        if known.get("managedPolicyArns"):
            actual["managedPolicyArns"] = attached_policies(cloud, resource_id)
        return actual

    def update(
        self, cloud: AwsCloud, resource_id: str, state: Properties, inputs: Properties, changed: frozenset[str]
    ) -> None:
        iam = cloud.client("iam")
        if "assumeRolePolicy" in changed:
            iam.update_assume_role_policy(RoleName=resource_id, PolicyDocument=inputs["assumeRolePolicy"])
        if changed & {"description", "maxSessionDuration"}:
            iam.update_role(
                RoleName=resource_id,
                Description=inputs.get("description", ""),
                MaxSessionDuration=inputs.get("maxSessionDuration", 3600),
            )
        if "managedPolicyArns" in changed:
            before, after = set(state.get("managedPolicyArns", [])), set(inputs.get("managedPolicyArns", []))
            for arn in sorted(after - before):
                iam.attach_role_policy(RoleName=resource_id, PolicyArn=arn)
            for arn in sorted(before - after):
                iam.detach_role_policy(RoleName=resource_id, PolicyArn=arn)
        if "permissionsBoundary" in changed:
            if inputs.get("permissionsBoundary"):
                iam.put_role_permissions_boundary(
                    RoleName=resource_id, PermissionsBoundary=inputs["permissionsBoundary"]
                )
            else:
                iam.delete_role_permissions_boundary(RoleName=resource_id)
        change_tags(
            state,
            inputs,
            changed,
            lambda tags: iam.tag_role(RoleName=resource_id, Tags=tag_list(tags)),
            lambda keys: iam.untag_role(RoleName=resource_id, TagKeys=keys),
        )

    def delete(self, cloud: AwsCloud, resource_id: str, state: Properties) -> None:
        iam = cloud.client("iam")
        with gone_if(NO_ENTITY):
            inline: list[str] = iam.list_role_policies(RoleName=resource_id)["PolicyNames"]
            attached = attached_policies(cloud, resource_id)
            profiles: list[Record] = iam.list_instance_profiles_for_role(RoleName=resource_id)["InstanceProfiles"]
        force = bool(state.get("forceDetachPolicies"))
        if (inline and not (force or state.get("inlinePolicies"))) or (
            attached and not (force or state.get("managedPolicyArns"))
        ):
            raise ProviderError(
                "DeleteConflict: Cannot delete entity, must delete policies first "
                f"(role {resource_id}: {', '.join([*inline, *attached])})."
            )
        if profiles:
            raise ProviderError(
                "DeleteConflict: Cannot delete entity, must remove roles from instance profile first "
                f"(role {resource_id}: {', '.join(str(profile['InstanceProfileName']) for profile in profiles)})."
            )
        for name in inline:
            iam.delete_role_policy(RoleName=resource_id, PolicyName=name)
        for arn in attached:
            iam.detach_role_policy(RoleName=resource_id, PolicyArn=arn)
        with gone_if(NO_ENTITY):
            iam.delete_role(RoleName=resource_id)


def attached_policies(cloud: AwsCloud, role: str) -> list[str]:
    """ARNs of the managed policies attached to a role."""
    attached = cloud.client("iam").list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    return [str(policy["PolicyArn"]) for policy in attached]


class RolePolicy(AwsType):
    """An inline policy of a role."""

    token = "aws:iam/rolePolicy:RolePolicy"
    name_property = "name"
    name_limit = 128
    replace = frozenset({"name", "namePrefix", "role"})
    documents = frozenset({"policy"})

    def check(self, inputs: Properties) -> Iterable[Refusal]:
        return rules.identity_policy_refusals("policy", inputs.get("policy"))

    def create(self, cloud: AwsCloud, inputs: Properties) -> str:
        self._put(cloud, inputs)
        return f"{inputs['role']}:{inputs['name']}"

    def _put(self, cloud: AwsCloud, inputs: Properties) -> None:
        cloud.client("iam").put_role_policy(
            RoleName=inputs["role"], PolicyName=inputs["name"], PolicyDocument=inputs["policy"]
        )

    def read(self, cloud: AwsCloud, resource_id: str, known: Properties) -> Properties:
        role, _, name = resource_id.partition(":")
        with gone_if(NO_ENTITY):
            policy: Record = cloud.client("iam").get_role_policy(RoleName=role, PolicyName=name)
        return {"role": role, "name": name, "policy": document(policy["PolicyDocument"])}

    def update(
        self, cloud: AwsCloud, resource_id: str, state: Properties, inputs: Properties, changed: frozenset[str]
    ) -> None:
        self._put(cloud, inputs)

    def delete(self, cloud: AwsCloud, resource_id: str, state: Properties) -> None:
        role, _, name = resource_id.partition(":")
        with gone_if(NO_ENTITY):
            cloud.client("iam").delete_role_policy(RoleName=role, PolicyName=name)


class RolePolicyAttachment(AwsType):
    token = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
    replace = frozenset({"role", "policyArn"})
    delete_before_replace = True

    def create(self, cloud: AwsCloud, inputs: Properties) -> str:
        cloud.client("iam").attach_role_policy(RoleName=inputs["role"], PolicyArn=inputs["policyArn"])
        return f"{inputs['role']}/{inputs['policyArn']}"

    def read(self, cloud: AwsCloud, resource_id: str, known: Properties) -> Properties:
        role, _, arn = resource_id.partition("/")
        with gone_if(NO_ENTITY):
            attached = attached_policies(cloud, role)
        if arn not in attached:
            raise ResourceGoneError(resource_id)
        return {"role": role, "policyArn": arn}

    def delete(self, cloud: AwsCloud, resource_id: str, state: Properties) -> None:
        role, _, arn = resource_id.partition("/")
        with gone_if(NO_ENTITY):
            cloud.client("iam").detach_role_policy(RoleName=role, PolicyArn=arn)
