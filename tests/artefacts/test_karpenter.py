"""The pool that `ops node-pool` prints, in the hands of the real Karpenter: it grows to its limits and no further.

Karpenter runs with its own simulated cloud against a real API server and scheduler; the instance types are ours, at the
prices of our table. Its NodePool is the printed one, but for the class of its nodes and a shorter wait.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from ops.setup import node_pool as command
from sandbox.kubernetes.control_plane import ControlPlane
from settings.models.platform import PlatformSettings
from telemetry.cost.node_pool import PlannedPool
from telemetry.kubernetes.placement import STACK_LABEL
from tests.artefacts.karpenter_driver import NODE_CLASS, running_karpenter
from tests.artefacts.kubernetes_driver import apply, eventually, get, group, kubectl
from tests.stacks import stack_settings

BUDGET = 800


class Cluster(NamedTuple):
    control_plane: ControlPlane
    pool: PlannedPool


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder: Path = tmp_path_factory.mktemp("karpenter")
    settings = stack_settings("staging", budget={"usd_per_month": BUDGET})
    patch = pytest.MonkeyPatch()

    def settings_of(stack: str) -> PlatformSettings:
        assert stack == "staging"
        return settings

    patch.setattr(command, "settings_of", settings_of)
    value: Any = command.karpenter_pool("staging", [], "both").value
    patch.undo()
    pool, manifest = value["pool"], copy.deepcopy(value["manifests"][1])
    manifest["spec"]["template"]["spec"]["nodeClassRef"] = NODE_CLASS
    manifest["spec"]["disruption"] |= {"consolidateAfter": "5s", "budgets": [{"nodes": "100%"}]}
    control_plane = ControlPlane.start(name="tested", directory=folder / "cluster", authentication_webhook_url=None)
    try:
        control_plane.add_node_group(group("base", count=1, instance_type="t4g.medium"))
        with running_karpenter(control_plane, pool.types, folder / "karpenter"):
            apply(control_plane, manifest)
            yield Cluster(control_plane, pool)
    finally:
        control_plane.stop()


def load(cluster: Cluster, replicas: int) -> None:
    """Pods for the pool's nodes, which they fill.

    The simulated cloud of Karpenter 1.12 takes what pods ask for as the capacity of their node, and counts that against
    the limits; EC2's counts the whole node.
    """
    labels = {"app": "load"}
    container = {
        "name": "main",
        "image": "example.invalid/app:1",
        "resources": {"requests": {"cpu": "950m", "memory": "500Mi"}},
    }
    template = {
        "metadata": {"labels": labels},
        "spec": {
            "containers": [container],
            "nodeSelector": {STACK_LABEL: "staging"},
            "terminationGracePeriodSeconds": 0,
        },
    }
    spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}
    metadata = {"name": "load", "namespace": "default"}
    apply(cluster.control_plane, {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec})


def pool_nodes(cluster: Cluster) -> list[str]:
    """Instance types of the pool's nodes."""
    nodes = get(cluster.control_plane, "nodes", "-l", "karpenter.sh/nodepool=staging")["items"]
    return [node["metadata"]["labels"]["node.kubernetes.io/instance-type"] for node in nodes]


def phases(cluster: Cluster) -> dict[str, int]:
    counted: dict[str, int] = {}
    for pod in get(cluster.control_plane, "pods", "-l", "app=load")["items"]:
        counted[pod["status"]["phase"]] = counted.get(pod["status"]["phase"], 0) + 1
    return counted


class Watch:
    """Cores and dollars of the pool, looked at all the while."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster, self._over = cluster, threading.Event()
        self.most_cores, self.most_usd, self.looks = 0, 0.0, 0
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        types = {one.name: one for one in self._cluster.pool.types}
        while not self._over.wait(0.5):
            names = pool_nodes(self._cluster)
            self.most_cores = max(self.most_cores, sum(types[name].vcpus for name in names))
            self.most_usd = max(self.most_usd, sum(types[name].usd_per_month for name in names))
            self.looks += 1


def test_four_times_the_load_is_placed_and_its_nodes_go_with_it(cluster: Cluster) -> None:
    load(cluster, 2)
    eventually(lambda: phases(cluster) == {"Running": 2})
    with Watch(cluster) as watch:
        load(cluster, 8)
        eventually(lambda: phases(cluster) == {"Running": 8}, seconds=120)
        at_most = len(pool_nodes(cluster))
        load(cluster, 0)
        eventually(lambda: pool_nodes(cluster) == [], seconds=180)
    assert at_most >= 1
    assert watch.looks > 0
    assert watch.most_usd <= cluster.pool.bounds.usd_per_month


def test_a_load_beyond_the_budget_waits_and_no_dollar_more_is_spent(cluster: Cluster) -> None:
    bounds = cluster.pool.bounds
    with Watch(cluster) as watch:
        load(cluster, 3 * bounds.cpu_cores)
        eventually(lambda: phases(cluster).get("Running", 0) >= bounds.cpu_cores // 2 - 1, seconds=120)
        # Whether it would go on is seen in what it says of the pods that wait.
        eventually(lambda: "limit" in kubectl(cluster.control_plane, "get", "events", "-A").stdout, seconds=120)
        assert phases(cluster)["Pending"] > 0
    assert watch.most_cores <= bounds.cpu_cores
    assert watch.most_usd <= bounds.usd_per_month
    assert cluster.pool.base_usd + watch.most_usd <= BUDGET
    load(cluster, 0)
    eventually(lambda: pool_nodes(cluster) == [], seconds=180)
    assert kubectl(cluster.control_plane, "get", "nodes", "-o", "name").stdout.count("node/") == 1
