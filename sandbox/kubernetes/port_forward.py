"""`kubectl port-forward` to simulated pods: what a container listens on, told to kwok's kubelet.

A kubelet dials localhost inside the pod (containerd: tcp4, then tcp6), so a program that listens on its pod's own
address alone is refused; so is every port of a pod that nothing was said of.
"""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.kubernetes.api import ApiClient, JsonObject

KIND = "PortForward"
GROUP, VERSION, PLURAL = "kwok.x-k8s.io", "v1alpha1", "portforwards"
# Never a pod's address.
INSIDE_THE_POD = "127.0.0.1"


def definition() -> JsonObject:
    """kwok's own kind of objects; it checks what stands in them itself."""
    anything: JsonObject = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    schema = {"type": "object", "properties": {"spec": anything, "status": anything}}
    version: JsonObject = {
        "name": VERSION,
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": schema},
        "subresources": {"status": {}},
    }
    names = {"kind": KIND, "listKind": f"{KIND}List", "plural": PLURAL, "singular": KIND.lower()}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{PLURAL}.{GROUP}"},
        "spec": {"group": GROUP, "names": names, "scope": "Namespaced", "versions": [version]},
    }


def listen(client: ApiClient, namespace: str, pod: str, ports: Mapping[int, int]) -> None:
    """A pod's containers listen: `ports` are loopback ports of this machine by the pod's ports."""
    forwards = [{"ports": [port], "target": {"address": INSIDE_THE_POD, "port": here}} for port, here in ports.items()]
    body = {
        "apiVersion": f"{GROUP}/{VERSION}",
        "kind": KIND,
        "metadata": {"name": pod, "namespace": namespace},
        "spec": {"forwards": forwards},
    }
    client.create(f"/apis/{GROUP}/{VERSION}/namespaces/{namespace}/{PLURAL}", body)
