"""Node groups of a simulated EKS cluster and the Node objects that EKS would register for them."""

from __future__ import annotations

import hashlib
import math
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from sandbox.kubernetes.api import JsonObject
from sandbox.kubernetes.instance_types import InstanceType, UnknownInstanceTypeError, instance_type

# Kernel and hypervisor keep a part of the nominal memory: 5 to 7.5 %; the most, which Karpenter assumes too, is safe.
VISIBLE_MEMORY_SHARE = 0.925
# EKS's node bootstrap (nodeadm): memory kept for the kubelet and the container runtime, and the eviction threshold.
KUBE_RESERVED_BASE_MIB = 255
KUBE_RESERVED_PER_POD_MIB = 11
EVICTION_THRESHOLD_MIB = 100
# CPU kept, in millicores: first core 6 %, second 1 %, third and fourth 0.5 % each, the rest 0.25 %.
KUBE_RESERVED_CORE_MILLICORES = (60.0, 10.0, 5.0, 5.0)
KUBE_RESERVED_FURTHER_CORE_MILLICORES = 2.5
# Of the root volume: 1 GiB for the system, 10 % eviction threshold.
KUBE_RESERVED_DISK_GIB = 1
EVICTION_DISK_SHARE = 0.10
# Nitro instances attach 28 devices together; the node's own interface and root volume are two of them.
KUBELET_ADDRESS_TYPE = "ExternalDNS"
ATTACHABLE_VOLUMES = 26
EBS_CSI_DRIVER = "ebs.csi.aws.com"
NODE_GROUP_LABEL = "eks.amazonaws.com/nodegroup"


class Taint(BaseModel):
    """A node taint, in Kubernetes's words."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str = Field(min_length=1, description="taint key")
    value: str = Field(default="", description="taint value")
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] = Field(description="what the taint does")


class NodeGroup(BaseModel):
    """One managed node group as the scheduler sees it: `count` equal nodes spread over `zones`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=63, description="node group name")
    cluster: str = Field(min_length=1, description="EKS cluster name")
    instance_type: str = Field(description="EC2 instance type of every node")
    capacity_type: Literal["ON_DEMAND", "SPOT"] = Field(default="ON_DEMAND", description="how the nodes are bought")
    count: int = Field(ge=0, le=200, description="number of nodes")
    labels: dict[str, str] = Field(default_factory=dict, description="Kubernetes labels set by the group")
    taints: tuple[Taint, ...] = Field(default=(), description="taints set by the group")
    zones: tuple[str, ...] = Field(min_length=1, description="availability zones, filled in turn")
    kubernetes_version: str = Field(pattern=r"^\d+\.\d+(\.\d+)?$", description="version that the kubelet reports")
    disk_size_gib: int = Field(default=20, ge=1, description="root volume size in GiB")
    max_pods: int | None = Field(default=None, ge=1, description="pod limit; default: EKS's for the type")

    @field_validator("instance_type")
    @classmethod
    def _is_known(cls, name: str) -> str:
        try:
            instance_type(name)
        except UnknownInstanceTypeError as error:
            raise ValueError(str(error)) from error
        return name


def reserved_cpu_millicores(vcpu: int) -> int:
    """CPU that EKS keeps from pods on a node with `vcpu` cores, in millicores."""
    first = sum(KUBE_RESERVED_CORE_MILLICORES[:vcpu])
    further = max(0, vcpu - len(KUBE_RESERVED_CORE_MILLICORES)) * KUBE_RESERVED_FURTHER_CORE_MILLICORES
    return math.floor(first + further)


def capacity(group: NodeGroup) -> JsonObject:
    """What a node of the group has, as Kubernetes quantities."""
    machine = instance_type(group.instance_type)
    return {
        "cpu": str(machine.vcpu),
        "memory": f"{math.floor(machine.memory_mib * VISIBLE_MEMORY_SHARE)}Mi",
        "ephemeral-storage": f"{group.disk_size_gib}Gi",
        "pods": str(_pod_limit(group, machine)),
    }


def allocatable(group: NodeGroup) -> JsonObject:
    """What pods may request of it: capacity without what EKS reserves and the eviction thresholds."""
    machine = instance_type(group.instance_type)
    reserved_mib = KUBE_RESERVED_BASE_MIB + KUBE_RESERVED_PER_POD_MIB * _pod_limit(group, machine)
    memory_mib = math.floor(machine.memory_mib * VISIBLE_MEMORY_SHARE) - reserved_mib - EVICTION_THRESHOLD_MIB
    disk_mib = math.floor(group.disk_size_gib * 1024 * (1 - EVICTION_DISK_SHARE)) - KUBE_RESERVED_DISK_GIB * 1024
    return {
        "cpu": f"{machine.vcpu * 1000 - reserved_cpu_millicores(machine.vcpu)}m",
        "memory": f"{max(0, memory_mib)}Mi",
        "ephemeral-storage": f"{max(0, disk_mib)}Mi",
        "pods": str(_pod_limit(group, machine)),
    }


def nodes_of(group: NodeGroup) -> list[JsonObject]:
    """The group's Node objects, Ready from the start. The same group always has the same nodes."""
    return [_node(group, index) for index in range(group.count)]


def csi_node(node: JsonObject) -> JsonObject:
    """What the EBS CSI driver registers for `node` (an object that the API server has answered): the volume limit."""
    name = node["metadata"]["name"]
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "CSINode",
        "metadata": {
            "name": name,
            "ownerReferences": [{"apiVersion": "v1", "kind": "Node", "name": name, "uid": node["metadata"]["uid"]}],
        },
        "spec": {
            "drivers": [
                {
                    "name": EBS_CSI_DRIVER,
                    "nodeID": node["spec"]["providerID"].rsplit("/", 1)[1],
                    "topologyKeys": ["topology.kubernetes.io/zone"],
                    "allocatable": {"count": ATTACHABLE_VOLUMES},
                }
            ]
        },
    }


def _pod_limit(group: NodeGroup, machine: InstanceType) -> int:
    return machine.max_pods if group.max_pods is None else group.max_pods


def _node(group: NodeGroup, index: int) -> JsonObject:
    zone = group.zones[index % len(group.zones)]
    digest = hashlib.sha256(f"{group.cluster}/{group.name}/{index}".encode()).hexdigest()
    # The zone's subnet gives the third byte; the rest only has to be the same every time and rarely collide.
    address = f"10.0.{32 * (index % len(group.zones)) + int(digest[:2], 16) % 32}.{4 + int(digest[2:4], 16) % 250}"
    name = _private_dns_name(address, zone[:-1])
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": _labels(group, name, zone)},
        "spec": {
            "providerID": f"aws:///{zone}/i-{digest[:17]}",
            "taints": [taint.model_dump() for taint in group.taints],
        },
        "status": _status(group, name, address),
    }


def _private_dns_name(address: str, region: str) -> str:
    """EC2's IP-based private DNS name, which EKS gives its nodes."""
    domain = "ec2.internal" if region == "us-east-1" else f"{region}.compute.internal"
    return f"ip-{address.replace('.', '-')}.{domain}"


def _labels(group: NodeGroup, name: str, zone: str) -> dict[str, str]:
    return {
        **group.labels,
        "kubernetes.io/arch": instance_type(group.instance_type).architecture,
        "kubernetes.io/os": "linux",
        "kubernetes.io/hostname": name,
        "node.kubernetes.io/instance-type": group.instance_type,
        "topology.kubernetes.io/region": zone[:-1],
        "topology.kubernetes.io/zone": zone,
        "topology.ebs.csi.aws.com/zone": zone,
        NODE_GROUP_LABEL: group.name,
        "eks.amazonaws.com/capacityType": group.capacity_type,
    }


def _status(group: NodeGroup, name: str, address: str) -> JsonObject:
    healthy = {
        "Ready": ("True", "KubeletReady"),
        "MemoryPressure": ("False", "KubeletHasSufficientMemory"),
        "DiskPressure": ("False", "KubeletHasNoDiskPressure"),
        "PIDPressure": ("False", "KubeletHasSufficientPID"),
    }
    version = f"v{group.kubernetes_version}" + (".0" if group.kubernetes_version.count(".") == 1 else "")
    return {
        "capacity": capacity(group),
        "allocatable": allocatable(group),
        "addresses": [
            {"type": "InternalIP", "address": address},
            {"type": "Hostname", "address": name},
            # Nodes in private subnets have none: here it leads the API server to their kubelets.
            {"type": KUBELET_ADDRESS_TYPE, "address": "localhost"},
        ],
        "conditions": [
            {"type": kind, "status": status, "reason": reason} for kind, (status, reason) in healthy.items()
        ],
        "nodeInfo": {
            "architecture": instance_type(group.instance_type).architecture,
            "operatingSystem": "linux",
            "osImage": "Amazon Linux 2023 (simulated)",
            "kernelVersion": "6.12 (simulated)",
            "containerRuntimeVersion": "containerd://2.1 (simulated)",
            "kubeletVersion": f"{version}-eks-simulated",
            "kubeProxyVersion": f"{version}-eks-simulated",
            "machineID": "",
            "systemUUID": "",
            "bootID": "",
        },
    }
