"""A cluster that is there already, with an S3-compatible server: no AWS at all, from a kubeconfig context."""

import base64
from collections.abc import Generator

import pytest

from sandbox.kubernetes.control_plane import ControlPlane
from tests.e2e.conftest import Platform
from tests.e2e.outside_cluster import existing, outside_cluster, set_object_store_keys

PASSWORD = "correct-horse-battery-staple"


@pytest.fixture(scope="module")
def cluster(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Generator[ControlPlane]:
    """A cluster that no stack owns."""
    with outside_cluster(platform, tmp_path_factory.mktemp("outside")) as plane:
        yield plane


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
    set_object_store_keys(platform, PASSWORD)
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
