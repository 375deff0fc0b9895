"""What an EC2 instance type gives to Kubernetes, from the table of all types that moto ships."""

from __future__ import annotations

import gzip
import importlib.util
import json
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

# EKS's managed node groups set no higher pod limit than these, whatever the interfaces allow.
MAX_PODS_LIMIT = 110
LARGE_MAX_PODS_LIMIT = 250
LARGE_VCPU = 30


class InstanceType(NamedTuple):
    """vCPUs, memory as the price list has it, CPU architecture in Kubernetes's words, and EKS's pod limit."""

    vcpu: int
    memory_mib: int
    architecture: str
    max_pods: int


class UnknownInstanceTypeError(ValueError):
    """EC2 has no such instance type."""


@lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    """Read on first use (0.1 s), without importing moto itself (seconds)."""
    moto = importlib.util.find_spec("moto")
    if moto is None or not moto.submodule_search_locations:
        raise UnknownInstanceTypeError("the table of instance types is part of moto, which is not installed")
    path = Path(moto.submodule_search_locations[0]) / "ec2" / "resources" / "instance_types.json.gz"
    with gzip.open(path) as file:
        return json.load(file)


@lru_cache
def instance_type(name: str) -> InstanceType:
    """Look `name` up. Raises UnknownInstanceTypeError."""
    entry = _table().get(name)
    if entry is None:
        raise UnknownInstanceTypeError(f"EC2 has no instance type {name!r}")
    vcpu = int(entry["VCpuInfo"]["DefaultVCpus"])
    network = entry["NetworkInfo"]
    interfaces, addresses = int(network["MaximumNetworkInterfaces"]), int(network["Ipv4AddressesPerInterface"])
    arm = "arm64" in entry["ProcessorInfo"]["SupportedArchitectures"]
    return InstanceType(
        vcpu=vcpu,
        memory_mib=int(entry["MemoryInfo"]["SizeInMiB"]),
        architecture="arm64" if arm else "amd64",
        max_pods=max_pods(vcpu, interfaces, addresses),
    )


def max_pods(vcpu: int, interfaces: int, addresses_per_interface: int) -> int:
    """EKS's pod limit with the VPC CNI and no prefix delegation: every interface's first address is the node's own;
    aws-node and kube-proxy use the host network (the + 2)."""
    limit = MAX_PODS_LIMIT if vcpu < LARGE_VCPU else LARGE_MAX_PODS_LIMIT
    return min(interfaces * (addresses_per_interface - 1) + 2, limit)
