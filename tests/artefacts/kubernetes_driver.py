"""What the tests of simulated clusters share: kubectl, small manifests, patience."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sandbox.kubernetes.control_plane import ControlPlane
from sandbox.kubernetes.nodes import NodeGroup

PATIENCE_SECONDS = 60

GP3 = {
    "apiVersion": "storage.k8s.io/v1",
    "kind": "StorageClass",
    "metadata": {"name": "gp3"},
    "provisioner": "ebs.csi.aws.com",
    "volumeBindingMode": "WaitForFirstConsumer",
    "allowVolumeExpansion": True,
    "parameters": {"type": "gp3", "encrypted": "true"},
}


def group(name: str, *, count: int, **changes: Any) -> NodeGroup:
    settings: dict[str, Any] = {
        "name": name,
        "cluster": "tested",
        "instance_type": "t4g.large",
        "capacity_type": "ON_DEMAND",
        "count": count,
        "zones": ("us-west-2a", "us-west-2b", "us-west-2c"),
        "kubernetes_version": "1.35",
    }
    return NodeGroup(**{**settings, **changes})


def kubectl(
    cluster: ControlPlane, *arguments: str, given: object = None, check: bool = True
) -> subprocess.CompletedProcess[str]:
    binary = shutil.which("kubectl", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    assert binary is not None, "kubectl is not on PATH"
    text = None if given is None else json.dumps(given)
    command = [binary, f"--kubeconfig={cluster.admin_kubeconfig}", *arguments]
    result = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    assert not check or result.returncode == 0, result.stderr
    return result


def apply(cluster: ControlPlane, body: dict[str, Any]) -> None:
    kubectl(cluster, "apply", "-f", "-", given=body)


def get(cluster: ControlPlane, *what: str) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(kubectl(cluster, "get", *what, "-o", "json").stdout)
    return result


def eventually(condition: Callable[[], Any], seconds: float = PATIENCE_SECONDS) -> Any:
    """The first true result of `condition`; fails when there is none for long."""
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < deadline, f"never came true: {condition}"
        time.sleep(0.2)
    return result


def pod(name: str, namespace: str, **spec: Any) -> dict[str, Any]:
    container = {"name": "main", "image": "example.invalid/app:1", **spec.pop("container", {})}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"containers": [container], **spec},
    }


def template(**spec: Any) -> dict[str, Any]:
    return {
        "metadata": {"labels": {"app": "a"}},
        "spec": {"containers": [{"name": "main", "image": "example.invalid/app:1"}], **spec},
    }


def workload(kind: str, name: str, namespace: str, **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"selector": {"matchLabels": {"app": "a"}}, "template": template(), **spec},
    }


def claim(storage: str, access_mode: str = "ReadWriteOnce") -> dict[str, Any]:
    return {
        "accessModes": [access_mode],
        "storageClassName": "gp3",
        "resources": {"requests": {"storage": storage}},
    }


def exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
