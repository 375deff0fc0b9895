"""The pool that `ops node-pool` prints, in the hands of the real Karpenter: it grows to its limits and no further.

Karpenter runs with its own simulated cloud against a real API server and scheduler; the instance types are ours, at the
prices of our table. Its NodePool is the printed one, but for the class of its nodes and a shorter wait.
"""

from __future__ import annotations

import copy
import re
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from ops.setup import node_pool as command
from sandbox.chart_source import STAND_INS
from sandbox.kubernetes.control_plane import ControlPlane
from sandbox.module_charts import with_karpenter
from settings.models.platform import PlatformSettings
from settings.rules.sizing import least_pool_cores
from telemetry.alerting.rules.inventory import inventory_files
from telemetry.charts.karpenter import karpenter_values
from telemetry.cost.node_pool import PlannedPool
from telemetry.kubernetes.placement import STACK_LABEL
from tests.artefacts.karpenter_driver import NODE_CLASS, running_karpenter
from tests.artefacts.kubernetes_driver import apply, eventually, get, group, kubectl
from tests.stacks import stack_settings

BUDGET = 800


class Cluster(NamedTuple):
    control_plane: ControlPlane
    pool: PlannedPool
    metrics: str
    """Where Karpenter's metrics are."""


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
        with running_karpenter(control_plane, pool.types, folder / "karpenter") as metrics:
            apply(control_plane, manifest)
            yield Cluster(control_plane, pool, metrics)
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


def exposed(cluster: Cluster) -> dict[str, list[tuple[dict[str, str], float]]]:
    """Labels and value of Karpenter's own metrics, by name."""
    with urllib.request.urlopen(cluster.metrics, timeout=5) as answer:  # noqa: S310 (loopback)
        lines = answer.read().decode().splitlines()
    found: dict[str, list[tuple[dict[str, str], float]]] = {}
    for line in lines:
        if match := re.fullmatch(r"(karpenter_\w+)\{(.*)\} (\S+)", line):
            labels = dict(re.findall(r'(\w+)="([^"]*)"', match[2]))
            found.setdefault(match[1], []).append((labels, float(match[3])))
    return found


def left(cluster: Cluster) -> float:
    """Cores between what the pool has and its limit."""

    def cores(kind: str) -> float:
        found = exposed(cluster).get(f"karpenter_nodepools_{kind}", [])
        mine = {"nodepool": "staging", "resource_type": "cpu"}
        return max((value for labels, value in found if mine.items() <= labels.items()), default=0.0)

    return cores("limit") - cores("usage")


RINGS = ("ingesters", "store-gateways")


def rings(cluster: Cluster) -> None:
    """Two sets of three, as back ends are: one member may be away at a time, and no two share a node."""
    apart = {"labelSelector": {"matchLabels": {"part": "ring"}}, "topologyKey": "kubernetes.io/hostname"}
    container = {
        "name": "main",
        "image": "example.invalid/app:1",
        "resources": {"requests": {"cpu": "950m", "memory": "500Mi"}},
    }
    for name in RINGS:
        labels = {"app": name, "part": "ring"}
        pods = {
            "containers": [container],
            "nodeSelector": {STACK_LABEL: "staging"},
            "terminationGracePeriodSeconds": 1,
            "affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [apart]}},
        }
        spec = {
            "replicas": 3,
            "serviceName": name,
            "podManagementPolicy": "Parallel",
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": labels}, "spec": pods},
        }
        about = {"name": name, "namespace": "default"}
        apply(cluster.control_plane, {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": about, "spec": spec})
        budget = {"maxUnavailable": 1, "selector": {"matchLabels": {"app": name}}}
        apply(
            cluster.control_plane,
            {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": about, "spec": budget},
        )


def members(cluster: Cluster) -> dict[str, str]:
    """Node of each ready member."""
    return {
        pod["metadata"]["name"]: pod["spec"]["nodeName"]
        for pod in get(cluster.control_plane, "pods", "-l", "part=ring")["items"]
        if any(one["type"] == "Ready" and one["status"] == "True" for one in pod["status"].get("conditions", ()))
        and "deletionTimestamp" not in pod["metadata"]
    }


class Quorum:
    """The fewest ready members of a ring, looked at all the while."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster, self._over = cluster, threading.Event()
        self.least, self.looks = 3, 0
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Quorum:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.1):
            found = members(self._cluster)
            self.least = min(self.least, *(sum(name.startswith(ring) for name in found) for ring in RINGS))
            self.looks += 1


def test_spot_takes_a_third_of_the_nodes_and_no_ring_loses_its_quorum(cluster: Cluster) -> None:
    """What Karpenter does at EC2's warning is done here: it deletes the claim of the node, which drains it."""
    rings(cluster)
    before = eventually(lambda: len(found := members(cluster)) == 6 and found, seconds=120)
    # The worst third: two members of one ring.
    taken = {before["ingesters-0"], before["ingesters-1"]}
    claims = [
        claim["metadata"]["name"]
        for claim in get(cluster.control_plane, "nodeclaims")["items"]
        if claim["status"].get("nodeName") in taken
    ]
    assert (len(claims), len(pool_nodes(cluster))) == (2, 6)
    with Quorum(cluster) as quorum:
        kubectl(cluster.control_plane, "delete", "nodeclaims", *claims, "--wait=false")
        eventually(lambda: len(found := members(cluster)) == 6 and not taken & set(found.values()), seconds=300)
    assert quorum.looks > 0
    assert quorum.least >= 2
    for name in RINGS:
        kubectl(cluster.control_plane, "delete", f"statefulset/{name}", f"pdb/{name}")


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
        # The alert NodePoolAtLimit, on what Karpenter itself exposes.
        eventually(lambda: left(cluster) < least_pool_cores(stack_settings("staging")), seconds=60)
    assert watch.most_cores <= bounds.cpu_cores
    assert watch.most_usd <= bounds.usd_per_month
    assert cluster.pool.base_usd + watch.most_usd <= BUDGET
    for name, metric in inventory_files()["karpenter"].metrics.items():
        assert set(metric.labels) <= exposed(cluster)[name][0][0].keys(), name
    load(cluster, 0)
    eventually(lambda: pool_nodes(cluster) == [], seconds=180)
    assert kubectl(cluster.control_plane, "get", "nodes", "-o", "name").stdout.count("node/") == 1


def test_every_value_is_one_that_the_real_chart_has() -> None:
    known = yaml.safe_load((with_karpenter(STAND_INS) / "karpenter" / "values.yaml").read_text(encoding="utf-8"))

    def unknown(values: dict[str, Any], there: dict[str, Any], path: str = "") -> list[str]:
        missing = [f"{path}{key}" for key in values if key not in there]
        # An empty table of the chart is the user's to fill.
        inner = [key for key in values if isinstance(values[key], dict) and there.get(key)]
        return missing + [one for key in inner for one in unknown(values[key], there[key], f"{path}{key}.")]

    assert unknown(karpenter_values(stack_settings("staging"), "cluster", "queue"), known) == []
    assert unknown({"settings": {"clusterNam": "x"}}, known) == ["settings.clusterNam"]
