"""EKS: managed node groups."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from sandbox.providers.aws.cloud import AwsCloud, AwsType, Record, given, gone_if
from sandbox.providers.aws.eks import NOT_FOUND, update_eks_tags
from sandbox.providers.properties import Properties
from sandbox.providers.rules import Refusal
from sandbox.providers.rules import eks as rules


class NodeGroup(AwsType):
    token = "aws:eks/nodeGroup:NodeGroup"
    name_property = "nodeGroupName"
    name_prefix_property = "nodeGroupNamePrefix"
    name_limit = 63
    tagged = True
    replace = frozenset(
        {
            "clusterName",
            "nodeGroupName",
            "nodeGroupNamePrefix",
            "nodeRoleArn",
            "subnetIds",
            "amiType",
            "capacityType",
            "diskSize",
            "instanceTypes",
            "remoteAccess",
            "launchTemplate.id",
            "launchTemplate.name",
        }
    )
    sets = frozenset({"subnetIds", "taints"})
    computed_inputs = frozenset(
        {"amiType", "capacityType", "diskSize", "instanceTypes", "releaseVersion", "version", "updateConfig"}
    )
    computed_on_update = frozenset()
    defaults: ClassVar[Mapping[str, Any]] = {"labels": {}, "taints": []}

    def check(self, inputs: Properties) -> Iterable[Refusal]:
        return rules.node_group_refusals(inputs, None)

    def create(self, cloud: AwsCloud, inputs: Properties) -> str:
        names = {
            "clusterName": "clusterName", "nodeGroupName": "nodegroupName", "nodeRoleArn": "nodeRole",
            "subnetIds": "subnets", "scalingConfig": "scalingConfig", "amiType": "amiType",
            "capacityType": "capacityType",
            "diskSize": "diskSize", "instanceTypes": "instanceTypes", "labels": "labels", "taints": "taints",
            "remoteAccess": "remoteAccess", "updateConfig": "updateConfig", "version": "version",
            "releaseVersion": "releaseVersion", "nodeRepairConfig": "nodeRepairConfig", "tagsAll": "tags",
        }  # fmt: skip
        parameters = given(inputs, names)
        if inputs.get("launchTemplate"):
            parameters["launchTemplate"] = _template(inputs["launchTemplate"])
        group = cloud.client("eks").create_nodegroup(**parameters)["nodegroup"]
        return f"{group['clusterName']}:{group['nodegroupName']}"

    def read(self, cloud: AwsCloud, resource_id: str, known: Properties) -> Properties:
        cluster_name, _, name = resource_id.partition(":")
        with gone_if(NOT_FOUND):
            group: Record = cloud.client("eks").describe_nodegroup(clusterName=cluster_name, nodegroupName=name)[
                "nodegroup"
            ]
        template: Record | None = group.get("launchTemplate")
        return {
            "arn": group["nodegroupArn"],
            "clusterName": group["clusterName"],
            "nodeGroupName": group["nodegroupName"],
            "nodeRoleArn": group["nodeRole"],
            "subnetIds": group["subnets"],
            "scalingConfig": group["scalingConfig"],
            "status": group["status"],
            "version": group["version"],
            "releaseVersion": group["releaseVersion"],
            "amiType": group["amiType"],
            "capacityType": group["capacityType"],
            "diskSize": group.get("diskSize"),
            "instanceTypes": group["instanceTypes"] or None,
            "labels": group["labels"] or None,
            "taints": group["taints"] or None,
            "updateConfig": group["updateConfig"],
            "launchTemplate": template,
            "nodeRepairConfig": group.get("nodeRepairConfig"),
            "remoteAccess": group.get("remoteAccess"),
            "resources": [{"autoscalingGroups": group["resources"]["autoScalingGroups"]}],
            "tagsAll": group["tags"],
        }

    def update(
        self, cloud: AwsCloud, resource_id: str, state: Properties, inputs: Properties, changed: frozenset[str]
    ) -> None:
        cluster_name, _, name = resource_id.partition(":")
        of_group = {"clusterName": cluster_name, "nodegroupName": name}
        eks = cloud.client("eks")
        if changed & {"version", "releaseVersion", "launchTemplate"}:
            version: Record = given(inputs, {"version": "version", "releaseVersion": "releaseVersion"})
            if "launchTemplate" in changed and inputs.get("launchTemplate"):
                template = _template(inputs["launchTemplate"])
                # EKS wants the id or the name, not both.
                version["launchTemplate"] = {key: value for key, value in template.items() if value}
            eks.update_nodegroup_version(**of_group, **version)
        config: Record = {}
        for setting in ("scalingConfig", "updateConfig", "nodeRepairConfig"):
            if setting in changed and inputs.get(setting):
                config[setting] = inputs[setting]
        if "labels" in changed:
            config["labels"] = _changed_labels(state.get("labels", {}), inputs.get("labels", {}))
        if "taints" in changed:
            config["taints"] = _changed_taints(state.get("taints", []), inputs.get("taints", []))
        if config:
            eks.update_nodegroup_config(**of_group, **config)
        update_eks_tags(cloud, state["arn"], state, inputs, changed)

    def delete(self, cloud: AwsCloud, resource_id: str, state: Properties) -> None:
        cluster_name, _, name = resource_id.partition(":")
        with gone_if(NOT_FOUND):
            cloud.client("eks").delete_nodegroup(clusterName=cluster_name, nodegroupName=name)


def _template(template: Properties) -> Record:
    names = ("id", "version") if template.get("id") else ("name", "version")
    return {name: str(template[name]) for name in names if template.get(name) is not None}


def _changed_labels(before: dict[str, str], after: dict[str, str]) -> Record:
    removed = sorted(before.keys() - after.keys())
    changed = {key: value for key, value in after.items() if before.get(key) != value}
    return {"addOrUpdateLabels": changed, "removeLabels": removed}


def _changed_taints(before: list[Record], after: list[Record]) -> Record:
    kept = {(taint["key"], taint["effect"]) for taint in after}
    removed = [taint for taint in before if (taint["key"], taint["effect"]) not in kept]
    return {"addOrUpdateTaints": after, "removeTaints": removed}
