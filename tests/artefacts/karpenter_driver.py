"""A real Karpenter beside a simulated cluster: its own controllers, our instance types at our prices."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from planning.node_pool import PoolType
from sandbox.bootstrap.catalog import KARPENTER
from sandbox.bootstrap.install import ensure_tools
from sandbox.kubernetes.control_plane import ControlPlane
from sandbox.kubernetes.nodes import NodeGroup, allocatable
from sandbox.kubernetes.processes import free_ports
from tests.artefacts.kubernetes_driver import apply, kubectl

ZONES = ("us-west-2a", "us-west-2b")
HOURS = 730
# Spot at the share of on-demand that budgets count.
PRICE_SHARES = {"on-demand": 1.0, "spot": 0.55}
NODE_CLASS = {"group": "karpenter.kwok.sh", "kind": "KWOKNodeClass", "name": "kwok"}


def instance_types(types: Sequence[PoolType]) -> list[dict[str, Any]]:
    """What the simulated cloud offers, as its own file has it: each type on demand and spot in every zone."""
    return [
        {
            "name": one.name,
            "architecture": "arm64",
            "operatingSystems": ["linux"],
            "resources": {"cpu": str(one.vcpus), "memory": f"{one.memory_gib}Gi", "pods": _pods(one)},
            "offerings": [_offering(one, kind, zone) for kind in PRICE_SHARES for zone in ZONES],
        }
        for one in types
    ]


def _offering(one: PoolType, kind: str, zone: str) -> dict[str, Any]:
    return {
        "Price": one.usd_per_month / HOURS * PRICE_SHARES[kind],
        "Available": True,
        "Requirements": [_in("karpenter.sh/capacity-type", kind), _in("topology.kubernetes.io/zone", zone)],
    }


def _in(key: str, value: str) -> dict[str, Any]:
    return {"key": key, "operator": "In", "values": [value]}


def _pods(one: PoolType) -> str:
    nodes = NodeGroup(name="n", cluster="c", instance_type=one.name, count=1, zones=ZONES, kubernetes_version="1.36")
    return allocatable(nodes)["pods"]


@contextmanager
def running_karpenter(cluster: ControlPlane, types: Sequence[PoolType], directory: Path) -> Iterator[str]:
    """Karpenter with its definitions and node class, and the address of its metrics; ended by its own pid."""
    binary = ensure_tools((KARPENTER,))["karpenter"]
    for path in sorted((binary.parent / "crds").glob("*.yaml")):
        for body in yaml.safe_load_all(path.read_text(encoding="utf-8")):
            apply(cluster, body)
    kubectl(cluster, "wait", "--for=condition=Established", "crd", "--all", "--timeout=60s")
    apply(cluster, {"apiVersion": "karpenter.kwok.sh/v1alpha1", "kind": "KWOKNodeClass", "metadata": {"name": "kwok"}})
    directory.mkdir(parents=True, exist_ok=True)
    offered = directory / "instance-types.json"
    offered.write_text(json.dumps(instance_types(types)), encoding="utf-8")
    metrics, health = free_ports(2)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(directory),
        "KUBECONFIG": str(cluster.admin_kubeconfig),
        "INSTANCE_TYPES_FILE_PATH": str(offered),
        "DISABLE_LEADER_ELECTION": "true",
        "METRICS_PORT": str(metrics),
        "HEALTH_PROBE_PORT": str(health),
        "KARPENTER_SERVICE": "karpenter",
        "SYSTEM_NAMESPACE": "kube-system",
        "CLUSTER_NAME": "tested",
    }
    with (directory / "karpenter.log").open("w") as log:
        process = subprocess.Popen([str(binary)], env=environment, stdout=log, stderr=subprocess.STDOUT)
        try:
            yield f"http://127.0.0.1:{metrics}/metrics"
        finally:
            process.terminate()
            process.wait(timeout=30)
