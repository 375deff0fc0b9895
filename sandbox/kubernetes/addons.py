"""What community add-ons of EKS leave in a cluster that others build on: a namespace, and cert-manager's kinds.

Their pods are not made: nothing here asks them. cert-manager's work is done by `sandbox.kubernetes.cert_manager`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import yaml

from sandbox.kubernetes.api import ApiClient, ApiError, JsonObject, child, entries

CERT_MANAGER = "cert-manager"
CERT_MANAGER_CRDS = Path(__file__).with_name("cert_manager_crds.yaml")
_CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_NAMESPACES = "/api/v1/namespaces"
_SYSTEM = "kube-system"
WAIT_SECONDS = 30.0
POLL_SECONDS = 0.1


def install_addon(client: ApiClient, addon: str, namespace: str) -> None:
    """Namespace and kinds of an add-on; returns when objects of these kinds are accepted. Raises ApiError."""
    if namespace != _SYSTEM:
        client.create_if_absent(_NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
    kinds = _kinds(addon)
    for kind in kinds:
        client.create_if_absent(_CRDS, kind)
    _wait(lambda: all(_established(client, kind) for kind in kinds), f"the kinds of {addon} were not established")


def remove_addon(client: ApiClient, addon: str, namespace: str) -> None:
    """Take away what `install_addon` made, with all objects of its kinds, until it is gone. Raises ApiError."""
    paths = [f"{_CRDS}/{kind['metadata']['name']}" for kind in _kinds(addon)]
    if namespace != _SYSTEM:
        paths.append(f"{_NAMESPACES}/{namespace}")
    for path in paths:
        client.delete(path)
    _wait(lambda: all(client.get(path) is None for path in paths), f"objects of {addon} were not removed")


def _kinds(addon: str) -> list[JsonObject]:
    return list(yaml.safe_load_all(CERT_MANAGER_CRDS.read_text("utf-8"))) if addon == CERT_MANAGER else []


def _established(client: ApiClient, kind: JsonObject) -> bool:
    found = client.get(f"{_CRDS}/{kind['metadata']['name']}") or {}
    conditions = entries(child(found, "status"), "conditions")
    established = any(one["type"] == "Established" and one["status"] == "True" for one in conditions)
    # The API server serves a kind a moment after it calls it established.
    spec = kind["spec"]
    path = f"/apis/{spec['group']}/{spec['versions'][0]['name']}/{spec['names']['plural']}"
    return established and client.get(path) is not None


def _wait(condition: Callable[[], bool], message: str) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise ApiError(0, "Timeout", f"{message} within {WAIT_SECONDS:.0f} s")
        time.sleep(POLL_SECONDS)
