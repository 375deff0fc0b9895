"""EKS operations on managed node groups. A group's desired size becomes that many nodes of the cluster's Kubernetes."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, Any, Literal

from sandbox.cloud import moto_state
from sandbox.cloud.eks.errors import (
    InvalidParameterException,
    InvalidRequestException,
    ResourceInUseException,
    refuse,
)
from sandbox.cloud.eks.requests import EksRequest
from sandbox.cloud.eks.state import Cluster, EksState, Record
from sandbox.providers.rules import eks as rules

if TYPE_CHECKING:
    from sandbox.kubernetes.nodes import NodeGroup

DEFAULT_INSTANCE_TYPE = "t3.medium"
KUBERNETES_EFFECTS: dict[str, Literal["NoSchedule", "NoExecute", "PreferNoSchedule"]] = {
    "NO_SCHEDULE": "NoSchedule",
    "NO_EXECUTE": "NoExecute",
    "PREFER_NO_SCHEDULE": "PreferNoSchedule",
}
KEPT_SETTINGS = ("diskSize", "remoteAccess", "nodeRepairConfig", "warmPoolConfig")


def create_nodegroup(state: EksState, request: EksRequest) -> Record:
    """CreateNodegroup: the nodes are there when it returns."""
    cluster = state.cluster(request.parameters["clusterName"])
    asked = request.parameters
    name = str(asked["nodegroupName"])
    if name in cluster.node_groups:
        raise ResourceInUseException(f"NodeGroup already exists with name {name} and cluster name {cluster.name}")
    template_data = _template_data(request, asked.get("launchTemplate", {}))
    refuse(rules.node_group_refusals(dict(asked), cluster.record["version"], _instance_type(template_data)))
    record = _record(request, cluster, name, _instance_type(template_data))
    cluster.control_plane.add_node_group(_kubernetes_group(cluster, record, request, template_data))
    cluster.node_groups[name] = record
    return {"nodegroup": record}


def _record(request: EksRequest, cluster: Cluster, name: str, template_type: str | None) -> Record:
    asked = request.parameters
    now = time.time()
    template: Record | None = asked.get("launchTemplate")
    types = list(asked.get("instanceTypes", [])) or ([] if template_type else [DEFAULT_INSTANCE_TYPE])
    first_type = types[0] if types else str(template_type)
    version = str(asked.get("version", cluster.record["version"]))
    record: Record = {
        "nodegroupName": name,
        "nodegroupArn": f"arn:aws:eks:{cluster.region}:{moto_state.ACCOUNT_ID}:nodegroup/{cluster.name}/{name}/"
        f"{uuid.uuid4()}",
        "clusterName": cluster.name,
        "version": version,
        "releaseVersion": asked.get("releaseVersion", f"{version}.0-20261101"),
        "createdAt": now,
        "modifiedAt": now,
        "status": "ACTIVE",
        "capacityType": asked.get("capacityType", "ON_DEMAND"),
        "scalingConfig": {"minSize": 1, "maxSize": 2, "desiredSize": 2, **asked.get("scalingConfig", {})},
        "instanceTypes": types,
        "subnets": list(asked["subnets"]),
        "amiType": asked.get("amiType", rules.default_ami_type(first_type)),
        "nodeRole": asked["nodeRole"],
        "labels": dict(asked.get("labels", {})),
        "taints": list(asked.get("taints", [])),
        "resources": {"autoScalingGroups": [{"name": f"eks-{name}-{uuid.uuid4()}"}]},
        "health": {"issues": []},
        "updateConfig": {"maxUnavailable": 1, "updateStrategy": "DEFAULT", **asked.get("updateConfig", {})},
        "tags": dict(asked.get("tags", {})),
    }
    if "maxUnavailablePercentage" in asked.get("updateConfig", {}):
        record["updateConfig"].pop("maxUnavailable")
    if template is not None:
        record["launchTemplate"] = _resolved_template(request, template)
    elif "diskSize" not in asked:
        record["diskSize"] = 20
    record.update({setting: asked[setting] for setting in KEPT_SETTINGS if setting in asked})
    return record


def _template(request: EksRequest, template: Record) -> Any:
    found = moto_state.find_launch_template(request.region, template.get("id"), template.get("name"))
    if found is None:
        raise InvalidParameterException(
            f"Launch template {template.get('id') or template.get('name')} does not exist in {request.region}"
        )
    return found


def _resolved_template(request: EksRequest, template: Record) -> Record:
    found = _template(request, template)
    return {"id": found.id, "name": found.name, "version": template.get("version", str(found.default_version))}


def _template_data(request: EksRequest, template: Record) -> Record:
    """The data of the launch template's version that the group names; empty without a template."""
    if not template:
        return {}
    found = _template(request, template)
    try:
        return found.data_of_version(str(template.get("version", found.default_version)))
    except KeyError:
        raise InvalidParameterException(
            f"Launch template {found.id} has no version {template.get('version')}"
        ) from None


def _instance_type(template_data: Record) -> str | None:
    """The instance type that the launch template sets, if it does: EKS uses it when the group names none."""
    kind = template_data.get("InstanceType")
    return None if kind is None else str(kind)


def _disk_size_gib(record: Record, template_data: Record) -> int:
    """The root volume of the nodes: the group's own size, or that of the template's first device."""
    for mapping in template_data.get("BlockDeviceMappings", []):
        size = mapping.get("Ebs", {}).get("VolumeSize")
        if size is not None:
            return int(size)
    return int(record.get("diskSize", 20))


def _zones(request: EksRequest, subnet_ids: list[str]) -> tuple[str, ...]:
    zones: list[str] = []
    for subnet_id in subnet_ids:
        subnet = moto_state.find_subnet(request.region, subnet_id)
        if subnet is None:
            raise InvalidParameterException(f"The subnet ID '{subnet_id}' does not exist")
        zones.append(subnet.zone)
    return tuple(dict.fromkeys(zones))


def _kubernetes_group(cluster: Cluster, record: Record, request: EksRequest, template_data: Record) -> NodeGroup:
    from sandbox.kubernetes.nodes import NodeGroup, Taint

    return NodeGroup(
        name=record["nodegroupName"],
        cluster=cluster.name,
        instance_type=record["instanceTypes"][0] if record["instanceTypes"] else str(_instance_type(template_data)),
        # Reserved capacity is bought like on-demand capacity as far as the node's labels go.
        capacity_type="SPOT" if record["capacityType"] == "SPOT" else "ON_DEMAND",
        count=int(record["scalingConfig"]["desiredSize"]),
        labels=record["labels"],
        taints=tuple(
            Taint(key=one["key"], value=one.get("value", ""), effect=KUBERNETES_EFFECTS[one["effect"]])
            for one in record["taints"]
        ),
        zones=_zones(request, record["subnets"]),
        kubernetes_version=record["version"],
        disk_size_gib=_disk_size_gib(record, template_data),
    )


def describe_nodegroup(state: EksState, request: EksRequest) -> Record:
    cluster = state.cluster(request.parameters["clusterName"])
    return {"nodegroup": cluster.node_group(request.parameters["nodegroupName"])}


def list_nodegroups(state: EksState, request: EksRequest) -> Record:
    return {"nodegroups": sorted(state.cluster(request.parameters["clusterName"]).node_groups)}


def delete_nodegroup(state: EksState, request: EksRequest) -> Record:
    cluster = state.cluster(request.parameters["clusterName"])
    record = cluster.node_group(request.parameters["nodegroupName"])
    cluster.control_plane.remove_node_group(record["nodegroupName"])
    del cluster.node_groups[record["nodegroupName"]]
    return {"nodegroup": {**record, "status": "DELETING"}}


def update_nodegroup_config(state: EksState, request: EksRequest) -> Record:
    """UpdateNodegroupConfig: size, labels, taints and update settings; the nodes follow at once."""
    cluster = state.cluster(request.parameters["clusterName"])
    record = cluster.node_group(request.parameters["nodegroupName"])
    asked = request.parameters
    changed: Record = {
        "scalingConfig": {**record["scalingConfig"], **asked.get("scalingConfig", {})},
        "labels": _changed_labels(record["labels"], asked.get("labels", {})),
        "taints": _changed_taints(record["taints"], asked.get("taints", {})),
    }
    refuse(rules.scaling_refusals(changed["scalingConfig"]))
    for setting in ("updateConfig", "nodeRepairConfig", "warmPoolConfig"):
        if setting in asked:
            changed[setting] = asked[setting]
    record.update(changed, modifiedAt=time.time())
    _change_nodes(cluster, record, request)
    return {"update": cluster.record_update("ConfigUpdate")}


def _changed_labels(labels: Record, asked: Record) -> Record:
    kept = {key: value for key, value in labels.items() if key not in asked.get("removeLabels", [])}
    return {**kept, **asked.get("addOrUpdateLabels", {})}


def _changed_taints(taints: list[Record], asked: Record) -> list[Record]:
    def identity(taint: Record) -> tuple[str, str]:
        return taint["key"], taint["effect"]

    gone = {identity(taint) for taint in asked.get("removeTaints", [])}
    changed = {identity(taint): taint for taint in taints if identity(taint) not in gone}
    changed.update({identity(taint): taint for taint in asked.get("addOrUpdateTaints", [])})
    return list(changed.values())


def update_nodegroup_version(state: EksState, request: EksRequest) -> Record:
    """UpdateNodegroupVersion: a newer Kubernetes version or another version of the same launch template."""
    cluster = state.cluster(request.parameters["clusterName"])
    record = cluster.node_group(request.parameters["nodegroupName"])
    asked = request.parameters
    if "launchTemplate" in asked:
        if "launchTemplate" not in record:
            raise InvalidRequestException("A node group without a launch template can't be given one: replace it.")
        resolved = _resolved_template(request, asked["launchTemplate"])
        if resolved["id"] != record["launchTemplate"]["id"]:
            raise InvalidParameterException("Only the version of a node group's launch template can be changed.")
        record["launchTemplate"] = resolved
    version = str(asked.get("version", record["version"] if "launchTemplate" in asked else cluster.record["version"]))
    refuse(rules.node_version_refusals(version, cluster.record["version"]))
    record["version"] = version
    record["releaseVersion"] = asked.get("releaseVersion", f"{version}.0-20261101")
    record["modifiedAt"] = time.time()
    _change_nodes(cluster, record, request)
    return {"update": cluster.record_update("VersionUpdate")}


def _change_nodes(cluster: Cluster, record: Record, request: EksRequest) -> None:
    """Bring the cluster's nodes to the record; adding a group of a known name changes that group."""
    group = _kubernetes_group(cluster, record, request, _template_data(request, record.get("launchTemplate", {})))
    cluster.control_plane.add_node_group(group)
