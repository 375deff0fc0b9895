"""A cluster that no stack owns, as a company has one: a large node and a StorageClass of its own."""

import json
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import yaml

from sandbox.kubernetes.control_plane import ControlPlane
from sandbox.kubernetes.nodes import NodeGroup
from tests.e2e.conftest import Platform
from tests.tool_path import tools_on_path

STORAGE_CLASS = {
    "apiVersion": "storage.k8s.io/v1",
    "kind": "StorageClass",
    "metadata": {"name": "standard"},
    "provisioner": "ebs.csi.aws.com",
    "volumeBindingMode": "WaitForFirstConsumer",
}


@contextmanager
def outside_cluster(platform: Platform, directory: Path) -> Generator[ControlPlane]:
    """The cluster, for the length of the block."""
    with tools_on_path():
        plane = ControlPlane.start(name="outside", directory=directory, authentication_webhook_url=None)
        try:
            plane.add_node_group(
                NodeGroup(
                    name="nodes", cluster="outside", instance_type="t4g.2xlarge", count=1, zones=("us-west-2a",),
                    kubernetes_version="1.37",
                )
            )  # fmt: skip
            path = platform.sandbox.directory / "storage-class.json"
            path.write_text(json.dumps(STORAGE_CLASS), encoding="utf-8")
            platform.kubectl(plane.admin_kubeconfig, "apply", "-f", str(path))
            yield plane
        finally:
            plane.stop()


def existing(kubeconfig: Path) -> dict[str, object]:
    """The cluster settings of a stack on that cluster."""
    context = yaml.safe_load(kubeconfig.read_text(encoding="utf-8"))["current-context"]
    return {
        "mode": "existing",
        "context": context,
        "kubeconfig": str(kubeconfig),
        "storage_class": "standard",
        "object_store": {"endpoint": "http://seaweedfs.storage.svc:8333", "credentials_secret": "s3-credentials"},
    }


def set_object_store_keys(platform: Platform, password: str) -> None:
    """The keys of its S3-compatible server, as secrets of stack dev."""
    for key, value in (("object_store_access_key_id", "seaweed"), ("object_store_secret_access_key", password)):
        platform.pulumi("config", "set", "--secret", f"lgtm:{key}", value, "--stack", "dev")
