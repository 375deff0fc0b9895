"""A cluster that is there already, with an S3-compatible server: no AWS at all, from a kubeconfig context."""

import base64
import json
from collections.abc import Generator
from pathlib import Path

import pytest
import yaml

from sandbox.kubernetes.control_plane import ControlPlane
from sandbox.kubernetes.nodes import NodeGroup
from tests.e2e.conftest import Platform
from tests.tool_path import tools_on_path

PASSWORD = "correct-horse-battery-staple"
STORAGE_CLASS = {
    "apiVersion": "storage.k8s.io/v1",
    "kind": "StorageClass",
    "metadata": {"name": "standard"},
    "provisioner": "ebs.csi.aws.com",
    "volumeBindingMode": "WaitForFirstConsumer",
}


@pytest.fixture(scope="module")
def cluster(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Generator[ControlPlane]:
    """A cluster that no stack owns: one large node and a StorageClass of its own."""
    with tools_on_path():
        plane = ControlPlane.start(
            name="outside", directory=tmp_path_factory.mktemp("outside"), authentication_webhook_url=None
        )
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


def test_a_context_that_is_missing_is_named_with_those_that_exist(platform: Platform, cluster: ControlPlane) -> None:
    platform.change_settings("dev", cluster=existing(cluster.admin_kubeconfig) | {"context": "nowhere"})
    result = platform.pulumi("preview", "--stack", "dev", code=None)
    text = result.stdout + result.stderr
    assert result.returncode != 0
    assert "nowhere" in text
    assert existing(cluster.admin_kubeconfig)["context"] in text
    assert "Traceback" not in text


def test_the_platform_comes_up_and_goes_without_touching_aws(platform: Platform, cluster: ControlPlane) -> None:
    platform.change_settings("dev", cluster=existing(cluster.admin_kubeconfig))
    for key, value in (("object_store_access_key_id", "seaweed"), ("object_store_secret_access_key", PASSWORD)):
        platform.pulumi("config", "set", "--secret", f"lgtm:{key}", value, "--stack", "dev")
    platform.pulumi("up", "--yes", "--skip-preview", "--stack", "dev")
    assert not [resource["type"] for resource in platform.state("dev") if resource["type"].startswith("aws:")]
    pods = platform.kubectl_json(cluster.admin_kubeconfig, "get", "pods", "-n", "monitoring-dev")
    assert {pod["status"]["phase"] for pod in pods} == {"Running"}
    loki = platform.kubectl(cluster.admin_kubeconfig, "get", "pod", "loki-0", "-n", "monitoring-dev", "-o", "json")
    assert "s3-credentials" in loki
    state = platform.pulumi("stack", "export", "--stack", "dev").stdout
    assert PASSWORD not in state
    assert base64.b64encode(PASSWORD.encode()).decode() not in state
    platform.pulumi("up", "--yes", "--skip-preview", "--stack", "dev", "--expect-no-changes")
    platform.pulumi("destroy", "--yes", "--skip-preview", "--stack", "dev")
    left = platform.kubectl(cluster.admin_kubeconfig, "get", "namespaces", "-o", "name")
    assert "monitoring" not in left
    assert platform.client("s3").list_buckets()["Buckets"] == []
