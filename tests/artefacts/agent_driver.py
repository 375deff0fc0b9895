"""Runs agents' configurations on the real collector against a real Kubernetes API server, with their own rights there.

Substituted beside what `collector_driver` names: the service account's token comes in a kubeconfig, because its usual
path is a pod's; pods' logs and the host's root are folders of the test. Simulated nodes have no kubelet, so its metrics
are asked for and not had, unless the test serves some.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from sandbox.kubernetes.control_plane import ControlPlane
from telemetry.charts.collector import agent_values
from telemetry.collector.agent import HOST_FOLDERS, agent_config
from telemetry.kubernetes.endpoints import COLLECTOR_AGENT_RELEASE, Endpoints
from telemetry.kubernetes.placement import placement_for
from tests.artefacts.collector_driver import POD_ENVIRONMENT, Document, Ports, on_loopback
from tests.artefacts.kubernetes_driver import apply, get, group, kubectl, workload
from tests.stacks import NAMES, stack_settings

# So that tests don't wait for a lease as long as an agent may hold it after its end.
HASTY_ELECTION = {"lease_duration": "3s", "renew_deadline": "2s", "retry_period": "500ms"}
NO_KUBELET = "http://127.0.0.1:1"


class Cluster(NamedTuple):
    """A control plane with one node and a deployment's pod on it."""

    control_plane: ControlPlane
    node: str
    pod: dict[str, Any]
    kubeconfigs: dict[str, Path]
    """What each stack's agents may do, by stack."""


@contextmanager
def running_cluster(directory: Path) -> Iterator[Cluster]:
    """A cluster with the agents' service accounts of every stack."""
    control_plane = ControlPlane.start(name="tested", directory=directory, authentication_webhook_url=None)
    try:
        control_plane.add_node_group(group("general", count=1))
        kubectl(control_plane, "create", "namespace", "shop")
        apply(control_plane, workload("Deployment", "checkout", "shop"))
        kubectl(control_plane, "-n", "shop", "rollout", "status", "deployment/checkout", "--timeout=60s")
        # Nothing scales here: the autoscaler's numbers are what its object says.
        kubectl(control_plane, "-n", "shop", "autoscale", "deployment/checkout", "--min=1", "--max=2", "--cpu=80%")
        (pod,) = get(control_plane, "-n", "shop", "pods")["items"]
        kubeconfigs = {stack: _kubeconfig(control_plane, directory, stack) for stack in NAMES}
        yield Cluster(control_plane, pod["spec"]["nodeName"], pod, kubeconfigs)
    finally:
        control_plane.stop()


def _kubeconfig(control_plane: ControlPlane, directory: Path, stack: str) -> Path:
    """The service account of a stack's agents with what the chart's values give it, and nothing else."""
    settings = stack_settings(stack)
    values = agent_values(settings, placement_for(settings, stack), stack)
    namespace = Endpoints.of(settings).agent_namespace
    account = f"{namespace}:{COLLECTOR_AGENT_RELEASE}"
    for name in (settings.namespace, namespace):
        # Stacks of different clusters may have the same namespaces.
        kubectl(control_plane, "create", "namespace", name, check=False)
    kubectl(control_plane, "-n", namespace, "create", "serviceaccount", COLLECTOR_AGENT_RELEASE, check=False)
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": f"agent-{stack}"}}
    apply(control_plane, {**role, "rules": values.cluster_role.rules})
    kubectl(
        control_plane, "create", "clusterrolebinding", f"agent-{stack}",
        f"--clusterrole=agent-{stack}", f"--serviceaccount={account}",
    )  # fmt: skip
    for manifest in values.extra_manifests or []:
        apply(control_plane, manifest)
    token = kubectl(control_plane, "-n", namespace, "create", "token", COLLECTOR_AGENT_RELEASE).stdout.strip()
    server = {
        "server": control_plane.endpoint,
        "certificate-authority": str(control_plane.directory / "pki" / "ca.crt"),
    }
    path = directory / f"agent-{stack}.kubeconfig.json"
    path.write_text(
        json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": "tested",
                "contexts": [{"name": "tested", "context": {"cluster": "tested", "user": "tested"}}],
                "clusters": [{"name": "tested", "cluster": server}],
                "users": [{"name": "tested", "user": {"token": token}}],
            }
        )
    )
    return path


class Agent(NamedTuple):
    """An agent's configuration for this machine."""

    document: Document
    ports: Ports
    environment: dict[str, str]
    logs: Path


def agent_for(stack: str, cluster: Cluster, directory: Path, gateway: str) -> Agent:
    """The agent of a stack, sending to a gateway at `host:port`."""
    (directory / "state").mkdir(parents=True)
    (directory / "pods").mkdir()
    ports = Ports.free()
    rendered = agent_config(stack_settings(stack)).document()
    document = on_loopback(rendered, ports, directory / "state", {"otlp_grpc": gateway})
    receivers = document["receivers"]
    receivers["kubeletstats"] |= {"auth_type": "none", "endpoint": NO_KUBELET}
    for part in (receivers["k8s_cluster"], document["processors"]["k8s_attributes"]):
        part["auth_type"] = "kubeConfig"
    document["extensions"]["k8s_leader_elector"] |= {"auth_type": "kubeConfig", **HASTY_ELECTION}
    for job in receivers["prometheus"]["config"]["scrape_configs"]:
        job["kubernetes_sd_configs"] = [
            {**discovery, "kubeconfig_file": str(cluster.kubeconfigs[stack])}
            for discovery in job["kubernetes_sd_configs"]
        ]
    for part in ("include", "exclude"):
        receivers["file_log"][part] = [
            path.replace("/var/log/pods", str(directory / "pods")) for path in receivers["file_log"][part]
        ]
    receivers["hostmetrics"]["root_path"] = str(_host_folders(directory))
    environment = {
        **POD_ENVIRONMENT,
        "KUBECONFIG": str(cluster.kubeconfigs[stack]),
        "OTEL_K8S_NODE_NAME": cluster.node,
        "OTEL_RESOURCE_ATTRIBUTES": f"k8s.cluster.name=tested,k8s.node.name={cluster.node},"
        f"deployment.environment.name={stack}",
    }
    return Agent(document, ports, environment, directory / "pods")


def _host_folders(directory: Path) -> Path:
    """What of the host an agent's pod sees, and nothing else of it."""
    root = directory / "host"
    root.mkdir()
    for folder in HOST_FOLDERS:
        (root / folder).symlink_to(f"/{folder}")
    return root
