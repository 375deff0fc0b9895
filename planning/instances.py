"""Graviton instance types: what a node has and what EKS leaves of it to pods.

Sources: Amazon EC2 Instance Types Guide (vCPUs, memory, network interfaces and addresses of each type); Amazon EKS User
Guide, "Choose an optimal Amazon EC2 node instance type" (pods by interfaces) and the bootstrap of AL2023 images
(kube-reserved 255 MiB + 11 MiB a pod, 100 MiB eviction threshold, CPU by share of cores).
"""

import re
from typing import NamedTuple

MIB_PER_GIB = 1024

# GiB of memory for each vCPU, by the family's first letter.
_GIB_PER_VCPU = {"c": 2, "m": 4, "r": 8}
_FAMILY = re.compile(r"([cmr])([678])g(?:d|n|dn)?\.(medium|large|\d*xlarge)")
# Sizes in multiples of xlarge; the eighth generation added the last two.
_MULTIPLES = (1, 2, 4, 8, 12, 16)
_LARGE_MULTIPLES = (24, 48)

# What Linux and the hypervisor keep of the nominal memory; Karpenter's default for the same purpose.
VM_OVERHEAD = 0.075
KUBE_RESERVED_MIB, KUBE_RESERVED_MIB_PER_POD, EVICTION_MIB = 255, 11, 100
# Managed node groups cap the number of pods by cores.
SMALL_NODE_VCPUS, SMALL_NODE_PODS, LARGE_NODE_PODS = 30, 110, 250

GRAVITON_TYPES_IN_WORDS = "a Graviton type of the families t4g, c6g to c8g, m6g to m8g, r6g to r8g, medium or larger"


class InstanceShape(NamedTuple):
    """What one instance type has."""

    vcpus: int
    memory_gib: int
    interfaces: int
    addresses_per_interface: int

    @property
    def address_pods(self) -> int:
        """How many pods the VPC CNI has addresses for, without prefix delegation."""
        return self.interfaces * (self.addresses_per_interface - 1) + 2

    @property
    def max_pods(self) -> int:
        """How many pods a managed node group lets the node run."""
        return min(self.address_pods, SMALL_NODE_PODS if self.vcpus < SMALL_NODE_VCPUS else LARGE_NODE_PODS)

    @property
    def allocatable_millicores(self) -> int:
        """CPU for pods: the kubelet reserves 6 % of the first core, 1 % of the second, then 0.5 % and 0.25 %."""
        shares = [60, 10, 5, 5] + [2.5] * max(0, self.vcpus - 4)
        return self.vcpus * 1000 - round(sum(shares[: self.vcpus]))

    @property
    def allocatable_mib(self) -> int:
        """Memory for pods."""
        usable = int(self.memory_gib * MIB_PER_GIB * (1 - VM_OVERHEAD))
        return usable - KUBE_RESERVED_MIB - KUBE_RESERVED_MIB_PER_POD * self.address_pods - EVICTION_MIB


_BURSTABLE = {
    "t4g.medium": InstanceShape(2, 4, 3, 6),
    "t4g.large": InstanceShape(2, 8, 3, 12),
    "t4g.xlarge": InstanceShape(4, 16, 4, 15),
    "t4g.2xlarge": InstanceShape(8, 32, 4, 15),
}


def is_burstable(instance_type: str) -> bool:
    """Whether a type has CPU credits."""
    return instance_type in _BURSTABLE


def instance_shape(instance_type: str) -> InstanceShape | None:
    """The shape of a Graviton type, or None for a type that is not one of the known families."""
    if instance_type in _BURSTABLE:
        return _BURSTABLE[instance_type]
    match = _FAMILY.fullmatch(instance_type)
    vcpus = _vcpus(match[3], generation=int(match[2])) if match else None
    if match is None or vcpus is None:
        return None
    return InstanceShape(vcpus, vcpus * _GIB_PER_VCPU[match[1]], *_network(vcpus))


def _vcpus(size: str, *, generation: int) -> int | None:
    if size in ("medium", "large"):
        return {"medium": 1, "large": 2}[size]
    multiple = int(size.removesuffix("xlarge") or 1)
    known = multiple in _MULTIPLES or (generation >= 8 and multiple in _LARGE_MULTIPLES)
    return 4 * multiple if known else None


def _network(vcpus: int) -> tuple[int, int]:
    """Network interfaces and IPv4 addresses on each."""
    for most_vcpus, interfaces, addresses in ((1, 2, 4), (2, 3, 10), (8, 4, 15), (48, 8, 30)):
        if vcpus <= most_vcpus:
            return interfaces, addresses
    return 15, 50
