"""A cluster that somebody deleted outside Pulumi: refresh takes what is gone out of the state, `up` makes it anew."""

from subprocess import CompletedProcess

from tests.e2e.conftest import Platform

STACK = ("--stack", "staging")
NOW = ("--yes", "--skip-preview", *STACK)


def delete_cluster_by_hand(platform: Platform) -> None:
    """As a person would with the AWS console or command line."""
    eks = platform.client("eks")
    (name,) = eks.list_clusters()["clusters"]
    for group in eks.list_nodegroups(clusterName=name)["nodegroups"]:
        eks.delete_nodegroup(clusterName=name, nodegroupName=group)
        eks.get_waiter("nodegroup_deleted").wait(clusterName=name, nodegroupName=group)
    eks.delete_cluster(name=name)
    eks.get_waiter("cluster_deleted").wait(name=name)


def refresh_without_a_cluster(platform: Platform) -> CompletedProcess[str]:
    """Objects of a cluster that can't be reached leave the state."""
    return platform.sandbox.capture(
        "env", "PULUMI_K8S_DELETE_UNREACHABLE=true", "pulumi", "refresh", *NOW, "--non-interactive"
    )  # fmt: skip


def test_a_cluster_deleted_outside_pulumi_comes_back_to_its_data(platform: Platform) -> None:
    platform.pulumi("up", *NOW)
    s3, buckets = platform.client("s3"), platform.outputs("staging")["buckets"]
    s3.put_object(Bucket=buckets["loki-chunks"], Key="fake/chunk", Body=b"history")
    delete_cluster_by_hand(platform)

    refreshed = refresh_without_a_cluster(platform)
    assert refreshed.returncode == 0, refreshed.stdout + refreshed.stderr
    kinds = {resource["type"] for resource in platform.state("staging")}
    assert "aws:eks/cluster:Cluster" not in kinds
    assert "kubernetes:helm.sh/v3:Release" not in kinds
    assert "aws:s3/bucket:Bucket" in kinds

    platform.pulumi("up", *NOW)
    assert s3.get_object(Bucket=buckets["loki-chunks"], Key="fake/chunk")["Body"].read() == b"history"
    pods = platform.kubectl_json(platform.kubeconfig("staging"), "get", "pods", "-n", "monitoring")
    assert {pod["status"]["phase"] for pod in pods} == {"Running"}
    platform.pulumi("up", *NOW, "--expect-no-changes")
