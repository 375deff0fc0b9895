"""`up` and `destroy` killed at ten moments: `lgtm recover` and one more run bring the stack to where it was to be.

No claim of a volume and no object in a bucket is lost on the way.
"""

import json
import sys
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

from components.kubeconfig import eks_kubeconfig
from tests.e2e.conftest import Platform
from tests.e2e.lost_runs import hangs, kill, lose, release_becomes, start, wait_for

# What a run that ended early has written down is what counts here.
CHECKPOINTS = True
UP = ("up", "--stack", "staging")
DESTROY = ("destroy", "--stack", "staging")
NOW = ("--yes", "--skip-preview")
CLUSTER = "acme-monitoring-staging-cluster"
CHUNKS = "acme-monitoring-staging-loki-chunks-123456789012"


def recover(platform: Platform, *more: str, stack: str = "staging") -> CompletedProcess[str]:
    """`lgtm recover`, as an operator runs it."""
    return platform.sandbox.capture(sys.executable, "-m", "ops", "recover", "--stack", stack, *more)


def freed(platform: Platform, stack: str = "staging") -> dict[str, list[dict[str, Any]]]:
    """What `lgtm recover --apply` freed: locks, operations, releases."""
    ran = recover(platform, "--apply", "--yes", "--json", stack=stack)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return json.loads(ran.stdout)


def kubeconfig(platform: Platform) -> Path:
    """What the stack will export: one that never became whole has no outputs."""
    cluster = platform.client("eks").describe_cluster(name=CLUSTER)["cluster"]
    authority = cluster["certificateAuthority"]["data"]
    path = platform.sandbox.directory / "lost.kubeconfig"
    path.write_text(
        eks_kubeconfig(
            cluster_name=CLUSTER, region="us-west-2", endpoint=cluster["endpoint"], certificate_authority=authority
        ),
        encoding="utf-8",
    )
    return path


def claims(platform: Platform) -> dict[str, str]:
    """Uid of every volume claim."""
    found = platform.kubectl_json(kubeconfig(platform), "get", "pvc", "-n", "monitoring")
    return {one["metadata"]["name"]: one["metadata"]["uid"] for one in found}


def test_up_killed_while_aws_makes_what_it_was_asked_for(platform: Platform) -> None:
    run = start(platform, *UP, hang="aws:ec2/vpc:Vpc@create,aws:iam/role:Role@create")
    try:
        wait_for(run, hangs(platform), platform)
        refused = recover(platform, "--apply", "--yes", "--lost", "root")
        assert refused.returncode == 3
        assert "it is at work: let it end, or stop it with Ctrl-C" in refused.stderr
    finally:
        kill(run)
    shown = recover(platform)
    assert shown.returncode == 1
    assert "nothing was changed: --apply frees it" in shown.stdout
    assert "AWS account 123456789012 in us-west-2" in shown.stdout
    found = freed(platform)
    assert [one["life"] for one in found["locks"]] == ["ended"]
    assert [one["import_id"] for one in found["operations"] if one["import_id"]]

    lose(platform, hangs(platform), *UP, hang="aws:eks/cluster:Cluster@create")
    imported = [one["import_id"] for one in freed(platform)["operations"]]
    assert CLUSTER in imported
    lose(platform, hangs(platform), *UP, hang="aws:eks/nodeGroup:NodeGroup@create")
    imported = [one["import_id"] for one in freed(platform)["operations"] if "NodeGroup" in one["type"]]
    assert any(str(one).startswith(f"{CLUSTER}:staging-") for one in imported)


def test_up_killed_while_helm_installs(platform: Platform) -> None:
    platform.client("s3").put_object(Bucket=CHUNKS, Key="fake/chunk", Body=b"log lines")
    with release_becomes(platform, kubeconfig(platform), "loki", "pending-install") as half_installed:
        lose(platform, half_installed, *UP)
    before = claims(platform)
    found = freed(platform)
    assert ("loki", "pending-install", "forget") in [
        (one["name"], one["status"], one["cure"]) for one in found["releases"]
    ]
    assert claims(platform).items() >= before.items()

    platform.pulumi(*UP, *NOW)
    assert claims(platform).items() >= before.items()
    assert platform.client("s3").get_object(Bucket=CHUNKS, Key="fake/chunk")["Body"].read() == b"log lines"
    platform.pulumi("preview", "--stack", "staging", "--expect-no-changes")
    assert recover(platform).returncode == 0
    # Nothing was made twice: of the first network, its keys and its nodes.
    assert len([one for one in platform.client("ec2").describe_vpcs()["Vpcs"] if not one["IsDefault"]]) == 1
    assert len(platform.client("eks").list_nodegroups(clusterName=CLUSTER)["nodegroups"]) == 2


def test_a_tenant_stack_killed_beside_its_owner(platform: Platform) -> None:
    with release_becomes(platform, kubeconfig(platform), "tempo", "pending-install") as half_installed:
        lose(platform, half_installed, "up", "--stack", "dev")
    assert "tempo" in [one["name"] for one in freed(platform, "dev")["releases"]]
    platform.pulumi("up", *NOW, "--stack", "dev")
    platform.pulumi("preview", "--stack", "dev", "--expect-no-changes")
    platform.pulumi("preview", "--stack", "staging", "--expect-no-changes")
    platform.pulumi("destroy", *NOW, "--stack", "dev")


def test_an_upgrade_killed_in_its_middle(platform: Platform) -> None:
    before = claims(platform)
    platform.change_settings("staging", sizes={"loki": {"monolithic": {"memory_limit_mib": 1600}}})
    with release_becomes(platform, kubeconfig(platform), "loki", "pending-upgrade") as half_upgraded:
        lose(platform, half_upgraded, *UP)
    assert [one["status"] for one in freed(platform)["releases"]] == ["pending-upgrade"]
    platform.change_settings("staging", retention={"traces": {"delete_days": 15}})
    lose(platform, hangs(platform), *UP, hang="aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration@update")
    freed(platform)
    platform.pulumi(*UP, *NOW)
    platform.pulumi("preview", "--stack", "staging", "--expect-no-changes")
    assert claims(platform) == before


def test_destroy_killed_while_helm_removes_and_up_after_it(platform: Platform) -> None:
    before = claims(platform)
    with release_becomes(platform, kubeconfig(platform), "grafana", "uninstalling") as half_removed:
        lose(platform, half_removed, *DESTROY)
    assert ("grafana", "replace") in [(one["name"], one["cure"]) for one in freed(platform)["releases"]]
    platform.pulumi(*UP, *NOW)
    platform.pulumi("preview", "--stack", "staging", "--expect-no-changes")
    del before["grafana"]  # the chart's own, which the destroy was deleting
    assert claims(platform).items() >= before.items()
    platform.client("s3").delete_object(Bucket=CHUNKS, Key="fake/chunk")


def test_destroy_killed_and_destroy_again(platform: Platform) -> None:
    lose(platform, hangs(platform), *DESTROY, hang="aws:eks/nodeGroup:NodeGroup@delete")
    freed(platform)
    lose(platform, hangs(platform), *DESTROY, hang="aws:iam/role:Role@delete")
    freed(platform)
    platform.pulumi(*DESTROY, *NOW)
    assert platform.state("staging") == []
    assert platform.client("s3").list_buckets()["Buckets"] == []
    assert platform.client("eks").list_clusters()["clusters"] == []
    assert [one for one in platform.client("ec2").describe_vpcs()["Vpcs"] if not one["IsDefault"]] == []
