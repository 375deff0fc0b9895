"""EKS: add-ons, access entries with their policies, and pod identity associations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from sandbox.providers.aws.cloud import AwsCloud, AwsType, Record, given, gone_if
from sandbox.providers.aws.eks import NOT_FOUND, timestamp, update_eks_tags
from sandbox.providers.properties import Properties
from sandbox.providers.resource import ProviderError, ResourceGoneError
from sandbox.providers.rules import Refusal
from sandbox.providers.rules import eks as rules


class Addon(AwsType):
    token = "aws:eks/addon:Addon"
    tagged = True
    replace = frozenset({"addonName", "clusterName", "namespaceConfig"})
    documents = frozenset({"configurationValues"})
    sets = frozenset({"podIdentityAssociations"})
    computed_inputs = frozenset({"addonVersion", "configurationValues", "namespaceConfig"})
    delete_before_replace = True
    defaults: ClassVar[Mapping[str, Any]] = {"resolveConflictsOnCreate": "NONE", "resolveConflictsOnUpdate": "NONE"}

    def check(self, inputs: Properties) -> Iterable[Refusal]:
        return rules.addon_refusals(inputs.get("addonName"), inputs.get("addonVersion"), None)

    def create(self, cloud: AwsCloud, inputs: Properties) -> str:
        names = {
            "clusterName": "clusterName", "addonName": "addonName", "addonVersion": "addonVersion",
            "configurationValues": "configurationValues", "serviceAccountRoleArn": "serviceAccountRoleArn",
            "podIdentityAssociations": "podIdentityAssociations", "namespaceConfig": "namespaceConfig",
            "resolveConflictsOnCreate": "resolveConflicts", "tagsAll": "tags",
        }  # fmt: skip
        addon = cloud.client("eks").create_addon(**given(inputs, names))["addon"]
        return f"{addon['clusterName']}:{addon['addonName']}"

    def read(self, cloud: AwsCloud, resource_id: str, known: Properties) -> Properties:
        cluster_name, _, name = resource_id.partition(":")
        with gone_if(NOT_FOUND):
            addon: Record = cloud.client("eks").describe_addon(clusterName=cluster_name, addonName=name)["addon"]
        return {
            "arn": addon["addonArn"],
            "addonName": addon["addonName"],
            "clusterName": addon["clusterName"],
            "addonVersion": addon["addonVersion"],
            "configurationValues": addon.get("configurationValues"),
            "serviceAccountRoleArn": addon.get("serviceAccountRoleArn"),
            "namespaceConfig": addon.get("namespaceConfig"),
            "podIdentityAssociations": self._associations(cloud, cluster_name, addon),
            "createdAt": timestamp(addon["createdAt"]),
            "modifiedAt": timestamp(addon["modifiedAt"]),
            "tagsAll": addon["tags"],
        }

    def _associations(self, cloud: AwsCloud, cluster_name: str, addon: Record) -> list[Record] | None:
        found: list[Record] = []
        for arn in addon.get("podIdentityAssociations", []):
            association = cloud.client("eks").describe_pod_identity_association(
                clusterName=cluster_name, associationId=arn.rsplit("/", 1)[-1]
            )["association"]
            found.append({"serviceAccount": association["serviceAccount"], "roleArn": association["roleArn"]})
        return found or None

    def update(
        self, cloud: AwsCloud, resource_id: str, state: Properties, inputs: Properties, changed: frozenset[str]
    ) -> None:
        if changed & {"addonVersion", "configurationValues", "serviceAccountRoleArn", "podIdentityAssociations"}:
            names = {
                "addonVersion": "addonVersion",
                "configurationValues": "configurationValues",
                "serviceAccountRoleArn": "serviceAccountRoleArn",
                "resolveConflictsOnUpdate": "resolveConflicts",
            }
            parameters = given(inputs, names)
            if "podIdentityAssociations" in changed:
                parameters["podIdentityAssociations"] = inputs.get("podIdentityAssociations", [])
            cluster_name, _, name = resource_id.partition(":")
            cloud.client("eks").update_addon(clusterName=cluster_name, addonName=name, **parameters)
        update_eks_tags(cloud, state["arn"], state, inputs, changed)

    def delete(self, cloud: AwsCloud, resource_id: str, state: Properties) -> None:
        cluster_name, _, name = resource_id.partition(":")
        with gone_if(NOT_FOUND):
            cloud.client("eks").delete_addon(
                clusterName=cluster_name, addonName=name, preserve=bool(state.get("preserve", False))
            )


class AccessEntry(AwsType):
    token = "aws:eks/accessEntry:AccessEntry"
    tagged = True
    replace = frozenset({"clusterName", "principalArn", "type"})
    sets = frozenset({"kubernetesGroups"})
    computed_inputs = frozenset({"userName", "kubernetesGroups"})
    delete_before_replace = True
    defaults: ClassVar[Mapping[str, Any]] = {"type": "STANDARD"}

    def create(self, cloud: AwsCloud, inputs: Properties) -> str:
        names = {
            "clusterName": "clusterName", "principalArn": "principalArn", "kubernetesGroups": "kubernetesGroups",
            "userName": "username", "type": "type", "tagsAll": "tags",
        }  # fmt: skip
        entry = cloud.client("eks").create_access_entry(**given(inputs, names))["accessEntry"]
        return f"{entry['clusterName']}:{entry['principalArn']}"

    def read(self, cloud: AwsCloud, resource_id: str, known: Properties) -> Properties:
        cluster_name, _, principal = resource_id.partition(":")
        with gone_if(NOT_FOUND):
            entry: Record = cloud.client("eks").describe_access_entry(clusterName=cluster_name, principalArn=principal)[
                "accessEntry"
            ]
        return {
            "clusterName": entry["clusterName"],
            "principalArn": entry["principalArn"],
            "kubernetesGroups": entry["kubernetesGroups"],
            "userName": entry["username"],
            "type": entry["type"],
            "accessEntryArn": entry["accessEntryArn"],
            "createdAt": timestamp(entry["createdAt"]),
            "modifiedAt": timestamp(entry["modifiedAt"]),
            "tagsAll": entry["tags"],
        }

    def update(
        self, cloud: AwsCloud, resource_id: str, state: Properties, inputs: Properties, changed: frozenset[str]
    ) -> None:
        cluster_name, _, principal = resource_id.partition(":")
        if changed & {"kubernetesGroups", "userName"}:
            parameters = given(inputs, {"userName": "username"})
            cloud.client("eks").update_access_entry(
                clusterName=cluster_name,
                principalArn=principal,
                kubernetesGroups=inputs.get("kubernetesGroups", []),
                **parameters,
            )
        update_eks_tags(cloud, state["accessEntryArn"], state, inputs, changed)

    def delete(self, cloud: AwsCloud, resource_id: str, state: Properties) -> None:
        cluster_name, _, principal = resource_id.partition(":")
        with gone_if(NOT_FOUND):
            cloud.client("eks").delete_access_entry(clusterName=cluster_name, principalArn=principal)


class AccessPolicyAssociation(AwsType):
    token = "aws:eks/accessPolicyAssociation:AccessPolicyAssociation"
    replace = frozenset({"clusterName", "principalArn", "policyArn", "accessScope"})
    sets = frozenset({"accessScope.namespaces"})
    delete_before_replace = True

    def create(self, cloud: AwsCloud, inputs: Properties) -> str:
        cloud.client("eks").associate_access_policy(
            clusterName=inputs["clusterName"],
            principalArn=inputs["principalArn"],
            policyArn=inputs["policyArn"],
            accessScope=inputs["accessScope"],
        )
        return "#".join((inputs["clusterName"], inputs["principalArn"], inputs["policyArn"]))

    def _parts(self, resource_id: str) -> dict[str, str]:
        parts = resource_id.split("#")
        if len(parts) != 3:
            raise ProviderError(f"{resource_id!r} has not the form <cluster>#<principal ARN>#<policy ARN>")
        return dict(zip(("clusterName", "principalArn", "policyArn"), parts, strict=True))

    def read(self, cloud: AwsCloud, resource_id: str, known: Properties) -> Properties:
        parts = self._parts(resource_id)
        with gone_if(NOT_FOUND):
            policies: list[Record] = cloud.client("eks").list_associated_access_policies(
                clusterName=parts["clusterName"], principalArn=parts["principalArn"]
            )["associatedAccessPolicies"]
        for policy in policies:
            if policy["policyArn"] == parts["policyArn"]:
                return {
                    **parts,
                    "accessScope": policy["accessScope"],
                    "associatedAt": timestamp(policy["associatedAt"]),
                    "modifiedAt": timestamp(policy["modifiedAt"]),
                }
        raise ResourceGoneError(resource_id)

    def delete(self, cloud: AwsCloud, resource_id: str, state: Properties) -> None:
        with gone_if(NOT_FOUND):
            cloud.client("eks").disassociate_access_policy(**self._parts(resource_id))


class PodIdentityAssociation(AwsType):
    token = "aws:eks/podIdentityAssociation:PodIdentityAssociation"
    tagged = True
    replace = frozenset({"clusterName", "namespace", "serviceAccount"})
    documents = frozenset({"policy"})
    computed_inputs = frozenset({"disableSessionTags"})
    delete_before_replace = True

    def create(self, cloud: AwsCloud, inputs: Properties) -> str:
        names = (
            "clusterName",
            "namespace",
            "serviceAccount",
            "roleArn",
            "disableSessionTags",
            "targetRoleArn",
            "policy",
        )
        association = cloud.client("eks").create_pod_identity_association(
            **given(inputs, {**{name: name for name in names}, "tagsAll": "tags"})
        )["association"]
        return str(association["associationId"])

    def read(self, cloud: AwsCloud, resource_id: str, known: Properties) -> Properties:
        # An import names both: <cluster>,<association>; what is known has the cluster.
        cluster_name, _, association_id = resource_id.rpartition(",")
        with gone_if(NOT_FOUND):
            association: Record = cloud.client("eks").describe_pod_identity_association(
                clusterName=known.get("clusterName") or cluster_name, associationId=association_id
            )["association"]
        return {
            "clusterName": association["clusterName"],
            "namespace": association["namespace"],
            "serviceAccount": association["serviceAccount"],
            "roleArn": association["roleArn"],
            "associationArn": association["associationArn"],
            "associationId": association["associationId"],
            "disableSessionTags": association["disableSessionTags"],
            "targetRoleArn": association.get("targetRoleArn"),
            "externalId": association.get("externalId"),
            "policy": association.get("policy"),
            "tagsAll": association["tags"],
        }

    def update(
        self, cloud: AwsCloud, resource_id: str, state: Properties, inputs: Properties, changed: frozenset[str]
    ) -> None:
        if changed & {"roleArn", "disableSessionTags", "targetRoleArn", "policy"}:
            names = ("clusterName", "roleArn", "disableSessionTags", "targetRoleArn", "policy")
            cloud.client("eks").update_pod_identity_association(
                associationId=state["associationId"], **given(inputs, {name: name for name in names})
            )
        update_eks_tags(cloud, state["associationArn"], state, inputs, changed)

    def delete(self, cloud: AwsCloud, resource_id: str, state: Properties) -> None:
        with gone_if(NOT_FOUND):
            cloud.client("eks").delete_pod_identity_association(
                clusterName=state["clusterName"], associationId=state["associationId"]
            )
