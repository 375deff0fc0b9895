"""IAM: managed policies, OpenID Connect providers and instance profiles."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from sandbox.providers.aws.cloud import AwsCloud, AwsType, Record, change_tags, given, gone_if, tag_list, tag_map
from sandbox.providers.aws.iam import NO_ENTITY, document
from sandbox.providers.properties import Properties
from sandbox.providers.resource import ProviderError
from sandbox.providers.rules import Refusal
from sandbox.providers.rules import policies as rules


class Policy(AwsType):
    """A managed policy; a change makes a new default version, and AWS keeps five at most."""

    token = "aws:iam/policy:Policy"
    name_property = "name"
    name_limit = 128
    tagged = True
    replace = frozenset({"name", "namePrefix", "path", "description"})
    documents = frozenset({"policy"})
    computed_on_update = frozenset()
    defaults: ClassVar[Mapping[str, Any]] = {"path": "/"}

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
    defaults: ClassVar[Mapping[str, Any]] = {"path": "/"}

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
