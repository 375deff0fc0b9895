"""Instance types of both architectures: what a node has and what EKS leaves of it to pods.

Sources: Amazon EC2 Instance Types Guide (vCPUs, memory, network interfaces and addresses of each type); Amazon EKS User
Guide, "Choose an optimal Amazon EC2 node instance type" (pods by interfaces) and the bootstrap of AL2023 images
(kube-reserved 255 MiB + 11 MiB a pod, 100 MiB eviction threshold, CPU by share of cores).
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

MIB_PER_GIB = 1024

# GiB of memory for each vCPU, by the family's first letter.
_GIB_PER_VCPU = {"c": 2, "m": 4, "r": 8}
_GRAVITON = re.compile(r"([cmr])([678])g(?:d|n|dn)?\.(medium|large|\d*xlarge)")
# Intel and AMD; of these only the seventh generation of AMD has a core to a vCPU and a size of one.
_X86 = re.compile(r"([cmr])([67])[ia]\.(medium|large|\d*xlarge)")
_X86_WITH_MEDIUM = re.compile(r"[cmr]7a\.")
# Sizes in multiples of xlarge; the eighth generation added the last two.
_MULTIPLES = (1, 2, 4, 8, 12, 16)
_LARGE_MULTIPLES = (24, 48)

# What Linux and the hypervisor keep of the nominal memory; Karpenter's default for the same purpose.
VM_OVERHEAD = 0.075
KUBE_RESERVED_MIB, KUBE_RESERVED_MIB_PER_POD, EVICTION_MIB = 255, 11, 100
# Managed node groups cap the number of pods by cores.
SMALL_NODE_VCPUS, SMALL_NODE_PODS, LARGE_NODE_PODS = 30, 110, 250


class Architecture(StrEnum):
    """What a node's processor understands."""

    ARM64 = "arm64"
    """Graviton."""
    X86_64 = "x86_64"
    """Intel and AMD."""

    @property
    def in_kubernetes(self) -> str:
        """Value of the label kubernetes.io/arch."""
        return {Architecture.ARM64: "arm64", Architecture.X86_64: "amd64"}[self]

    @property
    def maker(self) -> str:
        """What people call the types."""
        return {Architecture.ARM64: "Graviton", Architecture.X86_64: "x86"}[self]


FAMILIES_IN_WORDS: Mapping[Architecture, str] = {
    Architecture.ARM64: "t4g, c6g to c8g, m6g to m8g, r6g to r8g",
    Architecture.X86_64: "t3, t3a, c6i, c6a, c7i, c7a, m6i, m6a, m7i, m7a, r6i, r6a, r7i, r7a",
}
TYPES_IN_WORDS: Mapping[Architecture, str] = {
    one: f"{'a' if one is Architecture.ARM64 else 'an'} {one.maker} type of the families {FAMILIES_IN_WORDS[one]}, "
    "medium or larger"
    for one in Architecture
}
ANY_TYPE_IN_WORDS = (
    f"a type of the families {FAMILIES_IN_WORDS[Architecture.ARM64]} (Graviton), or "
    f"{FAMILIES_IN_WORDS[Architecture.X86_64]} (x86), medium or larger"
)
BURSTABLE_FAMILIES: Mapping[Architecture, tuple[str, ...]] = {
    Architecture.ARM64: ("t4g",),
    Architecture.X86_64: ("t3", "t3a"),
}


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


# Alike in all burstable families.
_BURSTABLE_SIZES = {
    "medium": InstanceShape(2, 4, 3, 6),
    "large": InstanceShape(2, 8, 3, 12),
    "xlarge": InstanceShape(4, 16, 4, 15),
    "2xlarge": InstanceShape(8, 32, 4, 15),
}
_BURSTABLE = {
    f"{family}.{size}": shape
    for families in BURSTABLE_FAMILIES.values()
    for family in families
    for size, shape in _BURSTABLE_SIZES.items()
}


def is_burstable(instance_type: str) -> bool:
    """Whether a type has CPU credits."""
    return instance_type in _BURSTABLE


def architecture_of(instance_type: str) -> Architecture:
    """By the family's letters: a g after the generation is Graviton's."""
    graviton = re.match(r"[a-z]+\d+g[a-z]*\.", instance_type)
    return Architecture.ARM64 if graviton else Architecture.X86_64


def instance_shape(instance_type: str) -> InstanceShape | None:
    """The shape of a type, or None for a type that is not one of the known families."""
    if instance_type in _BURSTABLE:
        return _BURSTABLE[instance_type]
    match = _GRAVITON.fullmatch(instance_type) or _X86.fullmatch(instance_type)
    if match is None:
        return None
    medium = architecture_of(instance_type) is Architecture.ARM64 or _X86_WITH_MEDIUM.match(instance_type)
    vcpus = _vcpus(match[3], generation=int(match[2]), medium=bool(medium))
    return InstanceShape(vcpus, vcpus * _GIB_PER_VCPU[match[1]], *_network(vcpus)) if vcpus else None


def _vcpus(size: str, *, generation: int, medium: bool) -> int | None:
    if size in ("medium", "large"):
        return {"medium": 1 if medium else None, "large": 2}[size]
    multiple = int(size.removesuffix("xlarge") or 1)
    known = multiple in _MULTIPLES or (generation >= 8 and multiple in _LARGE_MULTIPLES)
    return 4 * multiple if known else None


def _network(vcpus: int) -> tuple[int, int]:
    """Network interfaces and IPv4 addresses on each."""
    for most_vcpus, interfaces, addresses in ((1, 2, 4), (2, 3, 10), (8, 4, 15), (48, 8, 30)):
        if vcpus <= most_vcpus:
            return interfaces, addresses
    return 15, 50
