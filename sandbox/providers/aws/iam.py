"""IAM: roles and their policies, policies, OpenID Connect providers and instance profiles."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable
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
    defaults: ClassVar[dict[str, Any]] = {"path": "/", "maxSessionDuration": 3600, "forceDetachPolicies": False}

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
        actual: Properties = {
            "arn": role["Arn"],
            "name": role["RoleName"],
            "path": role["Path"],
            "uniqueId": role["RoleId"],
            "createDate": role["CreateDate"].isoformat(),
            "description": role.get("Description") or None,
            "maxSessionDuration": role.get("MaxSessionDuration", 3600),
            "assumeRolePolicy": document(role["AssumeRolePolicyDocument"]),
            "permissionsBoundary": (role.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn"),
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


class Policy(AwsType):
    """A managed policy; a change makes a new default version, and AWS keeps five at most."""

    token = "aws:iam/policy:Policy"
    name_property = "name"
    name_limit = 128
    tagged = True
    replace = frozenset({"name", "namePrefix", "path", "description"})
    documents = frozenset({"policy"})
    computed_on_update = frozenset()
    defaults: ClassVar[dict[str, Any]] = {"path": "/"}

    def check(self, inputs: Properties) -> Iterable[Refusal]:
        return rules.identity_policy_refusals("policy", inputs.get("policy"))

    def create(self, cloud: AwsCloud, inputs: Properties) -> str:
        names = {"name": "PolicyName", "policy": "PolicyDocument", "path": "Path", "description": "Description"}
        answer = cloud.client("iam").create_policy(**given(inputs, names), Tags=tag_list(inputs.get("tagsAll")))
        return str(answer["Policy"]["Arn"])

    def read(self, cloud: AwsCloud, resource_id: str, known: Properties) -> Properties:
        iam = cloud.client("iam")
        with gone_if(NO_ENTITY):
            policy: Record = iam.get_policy(PolicyArn=resource_id)["Policy"]
            version: Record = iam.get_policy_version(PolicyArn=resource_id, VersionId=policy["DefaultVersionId"])
        return {
            "arn": policy["Arn"],
            "name": policy["PolicyName"],
            "path": policy["Path"],
            "policyId": policy["PolicyId"],
            "description": policy.get("Description") or None,
            "policy": document(version["PolicyVersion"]["Document"]),
            "tagsAll": tag_map(policy.get("Tags")),
        }

    def update(
        self, cloud: AwsCloud, resource_id: str, state: Properties, inputs: Properties, changed: frozenset[str]
    ) -> None:
        iam = cloud.client("iam")
        if "policy" in changed:
            versions: list[Record] = iam.list_policy_versions(PolicyArn=resource_id)["Versions"]
            spare = [str(version["VersionId"]) for version in versions if not version["IsDefaultVersion"]]
            if len(versions) >= 5:
                oldest = min(spare, key=lambda version: int(version[1:]))
                iam.delete_policy_version(PolicyArn=resource_id, VersionId=oldest)
            iam.create_policy_version(PolicyArn=resource_id, PolicyDocument=inputs["policy"], SetAsDefault=True)
        change_tags(
            state,
            inputs,
            changed,
            lambda tags: iam.tag_policy(PolicyArn=resource_id, Tags=tag_list(tags)),
            lambda keys: iam.untag_policy(PolicyArn=resource_id, TagKeys=keys),
        )

    def delete(self, cloud: AwsCloud, resource_id: str, state: Properties) -> None:
        iam = cloud.client("iam")
        with gone_if(NO_ENTITY):
            users = iam.list_entities_for_policy(PolicyArn=resource_id)
            if users["PolicyRoles"] or users["PolicyUsers"] or users["PolicyGroups"]:
                raise ProviderError("DeleteConflict: Cannot delete a policy attached to entities.")
            for version in iam.list_policy_versions(PolicyArn=resource_id)["Versions"]:
                if not version["IsDefaultVersion"]:
                    iam.delete_policy_version(PolicyArn=resource_id, VersionId=version["VersionId"])
            iam.delete_policy(PolicyArn=resource_id)


class OpenIdConnectProvider(AwsType):
    token = "aws:iam/openIdConnectProvider:OpenIdConnectProvider"
    tagged = True
    replace = frozenset({"url"})
    sets = frozenset({"clientIdLists", "thumbprintLists"})
    computed_inputs = frozenset({"thumbprintLists"})
    delete_before_replace = True

    def check(self, inputs: Properties) -> Iterable[Refusal]:
        return rules.open_id_connect_refusals(inputs)

    def create(self, cloud: AwsCloud, inputs: Properties) -> str:
        # AWS fetches the thumbprint itself when none is given; the simulated issuer has no certificate to look at.
        url = str(inputs["url"])
        thumbprints = inputs.get("thumbprintLists") or [f"{zlib.crc32(url.encode()):08x}" * 5]
        answer = cloud.client("iam").create_open_id_connect_provider(
            Url=url if url.startswith("https://") else f"https://{url}",
            ClientIDList=inputs.get("clientIdLists", []),
            ThumbprintList=thumbprints,
            Tags=tag_list(inputs.get("tagsAll")),
        )
        return str(answer["OpenIDConnectProviderArn"])

    def read(self, cloud: AwsCloud, resource_id: str, known: Properties) -> Properties:
        with gone_if(NO_ENTITY):
            provider: Record = cloud.client("iam").get_open_id_connect_provider(OpenIDConnectProviderArn=resource_id)
        bare = str(provider["Url"]).removeprefix("https://")
        same = str(known.get("url", "")).removeprefix("https://") == bare
        return {
            "arn": resource_id,
            "url": known["url"] if same else bare,
            "clientIdLists": provider["ClientIDList"],
            "thumbprintLists": provider["ThumbprintList"],
            "tagsAll": tag_map(provider.get("Tags")),
        }

    def update(
        self, cloud: AwsCloud, resource_id: str, state: Properties, inputs: Properties, changed: frozenset[str]
    ) -> None:
        iam = cloud.client("iam")
        if "clientIdLists" in changed:
            # moto can't add or remove a client id; made anew, the provider has the same ARN.
            iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=resource_id)
            self.create(cloud, {**inputs, "thumbprintLists": state["thumbprintLists"]})
            state = {**state, "tagsAll": inputs.get("tagsAll", {})}
        if "thumbprintLists" in changed:
            iam.update_open_id_connect_provider_thumbprint(
                OpenIDConnectProviderArn=resource_id, ThumbprintList=inputs["thumbprintLists"]
            )
        change_tags(
            state,
            inputs,
            changed,
            lambda tags: iam.tag_open_id_connect_provider(OpenIDConnectProviderArn=resource_id, Tags=tag_list(tags)),
            lambda keys: iam.untag_open_id_connect_provider(OpenIDConnectProviderArn=resource_id, TagKeys=keys),
        )

    def delete(self, cloud: AwsCloud, resource_id: str, state: Properties) -> None:
        with gone_if(NO_ENTITY):
            cloud.client("iam").delete_open_id_connect_provider(OpenIDConnectProviderArn=resource_id)


class InstanceProfile(AwsType):
    token = "aws:iam/instanceProfile:InstanceProfile"
    name_property = "name"
    name_limit = 128
    tagged = True
    replace = frozenset({"name", "namePrefix", "path"})
    defaults: ClassVar[dict[str, Any]] = {"path": "/"}

    def create(self, cloud: AwsCloud, inputs: Properties) -> str:
        iam = cloud.client("iam")
        names = {"name": "InstanceProfileName", "path": "Path"}
        iam.create_instance_profile(**given(inputs, names), Tags=tag_list(inputs.get("tagsAll")))
        if inputs.get("role"):
            iam.add_role_to_instance_profile(InstanceProfileName=inputs["name"], RoleName=inputs["role"])
        return str(inputs["name"])

    def read(self, cloud: AwsCloud, resource_id: str, known: Properties) -> Properties:
        with gone_if(NO_ENTITY):
            profile: Record = cloud.client("iam").get_instance_profile(InstanceProfileName=resource_id)[
                "InstanceProfile"
            ]
        roles: list[Record] = profile["Roles"]
        return {
            "arn": profile["Arn"],
            "name": profile["InstanceProfileName"],
            "path": profile["Path"],
            "uniqueId": profile["InstanceProfileId"],
            "createDate": profile["CreateDate"].isoformat(),
            "role": roles[0]["RoleName"] if roles else None,
            "tagsAll": tag_map(profile.get("Tags")),
        }

    def update(
        self, cloud: AwsCloud, resource_id: str, state: Properties, inputs: Properties, changed: frozenset[str]
    ) -> None:
        iam = cloud.client("iam")
        if "role" in changed:
            if state.get("role"):
                iam.remove_role_from_instance_profile(InstanceProfileName=resource_id, RoleName=state["role"])
            if inputs.get("role"):
                iam.add_role_to_instance_profile(InstanceProfileName=resource_id, RoleName=inputs["role"])
        change_tags(
            state,
            inputs,
            changed,
            lambda tags: iam.tag_instance_profile(InstanceProfileName=resource_id, Tags=tag_list(tags)),
            lambda keys: iam.untag_instance_profile(InstanceProfileName=resource_id, TagKeys=keys),
        )

    def delete(self, cloud: AwsCloud, resource_id: str, state: Properties) -> None:
        iam = cloud.client("iam")
        role = self.read(cloud, resource_id, state).get("role")
        if role:
            iam.remove_role_from_instance_profile(InstanceProfileName=resource_id, RoleName=role)
        with gone_if(NO_ENTITY):
            iam.delete_instance_profile(InstanceProfileName=resource_id)
