"""Brings node groups into the cluster, changes them and drains them, through the Kubernetes API."""

from __future__ import annotations

from sandbox.kubernetes.api import ApiClient, JsonObject, entries
from sandbox.kubernetes.nodes import NODE_GROUP_LABEL, NodeGroup, csi_node, nodes_of

_NODES = "/api/v1/nodes"
_CSI_NODES = "/apis/storage.k8s.io/v1/csinodes"


class NodeGroups:
    """The node groups of one cluster; the Node objects in the API are its only state. Raises ApiError."""

    def __init__(self, client: ApiClient, kubelet_port: int) -> None:
        self._client = client
        self._kubelet = {"daemonEndpoints": {"kubeletEndpoint": {"Port": kubelet_port}}}

    def apply(self, group: NodeGroup) -> None:
        """Create the group's missing nodes, bring the others up to date, drain and remove the surplus."""
        wanted = {node["metadata"]["name"]: node for node in nodes_of(group)}
        present = {node["metadata"]["name"]: node for node in self._nodes(group.name)}
        # A node of another machine type is a new instance, so it is replaced rather than changed.
        stale = [name for name, node in present.items() if name not in wanted or _other_machine(node, wanted[name])]
        self._drain(stale)
        for name, node in wanted.items():
            if name in present and name not in stale:
                self._update(present[name], node)
            else:
                self._create(node)

    def remove(self, name: str) -> None:
        """Drain and remove the group's nodes."""
        self._drain([node["metadata"]["name"] for node in self._nodes(name)])

    def _nodes(self, group: str) -> list[JsonObject]:
        return self._client.list(_NODES, label_selector=f"{NODE_GROUP_LABEL}={group}")

    def _create(self, node: JsonObject) -> None:
        created = self._client.create(_NODES, {**node, "status": node["status"] | self._kubelet})
        self._client.create_if_absent(_CSI_NODES, csi_node(created))

    def _update(self, present: JsonObject, wanted: JsonObject) -> None:
        labels: JsonObject = dict(wanted["metadata"]["labels"])
        labels |= dict.fromkeys(present["metadata"]["labels"].keys() - labels.keys())
        path = f"{_NODES}/{wanted['metadata']['name']}"
        self._client.patch(path, {"metadata": {"labels": labels}, "spec": {"taints": wanted["spec"]["taints"]}})
        self._client.patch(
            f"{path}/status",
            {"status": self._kubelet | {key: wanted["status"][key] for key in ("capacity", "allocatable", "nodeInfo")}},
        )

    def _drain(self, names: list[str]) -> None:
        """Cordon, delete the pods that a controller will place elsewhere, remove the nodes, then whatever is left."""
        for name in names:
            self._client.patch(f"{_NODES}/{name}", {"spec": {"unschedulable": True}})
        for name in names:
            for pod in self._pods(name):
                # A DaemonSet would put its pod straight back onto the node.
                if not _belongs_to_daemon_set(pod):
                    self._delete(pod, grace_period_seconds=None)
        for name in names:
            self._client.delete(f"{_NODES}/{name}")
        for name in names:
            for pod in self._pods(name):
                self._delete(pod, grace_period_seconds=0)

    def _pods(self, node: str) -> list[JsonObject]:
        return self._client.list("/api/v1/pods", field_selector=f"spec.nodeName={node}")

    def _delete(self, pod: JsonObject, *, grace_period_seconds: int | None) -> None:
        metadata = pod["metadata"]
        path = f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}"
        self._client.delete(path, grace_period_seconds=grace_period_seconds)


def _other_machine(present: JsonObject, wanted: JsonObject) -> bool:
    labels = ("node.kubernetes.io/instance-type", "eks.amazonaws.com/capacityType", "topology.kubernetes.io/zone")
    return any(present["metadata"]["labels"].get(label) != wanted["metadata"]["labels"][label] for label in labels)


def _belongs_to_daemon_set(pod: JsonObject) -> bool:
    return any(owner["kind"] == "DaemonSet" for owner in entries(pod["metadata"], "ownerReferences"))
