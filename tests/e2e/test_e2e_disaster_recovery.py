"""The drill of docs/backup-recovery.md: the cluster goes, data stays, `pulumi up` brings the platform back to it."""

import json

from tests.e2e.conftest import Platform

STACK = ("--stack", "staging")
NOW = ("--yes", "--skip-preview", *STACK)
# One object that Loki, Tempo and Mimir would have written.
KEPT = {
    "loki-chunks": "fake/chunk",
    "tempo-traces": "single-tenant/block/data.parquet",
    "mimir-blocks": "blocks/anonymous/index",
}


def stored(platform: Platform) -> dict[str, str]:
    """Content of each kept object, by bucket."""
    s3, buckets = platform.client("s3"), platform.outputs("staging")["buckets"]
    return {
        buckets[purpose]: s3.get_object(Bucket=buckets[purpose], Key=key)["Body"].read().decode()
        for purpose, key in KEPT.items()
    }


def test_a_lost_cluster_comes_back_to_its_data(platform: Platform) -> None:
    platform.pulumi("up", *NOW)
    s3, buckets = platform.client("s3"), platform.outputs("staging")["buckets"]
    for purpose, key in KEPT.items():
        s3.put_object(Bucket=buckets[purpose], Key=key, Body=f"history of {purpose}".encode())
    before = stored(platform)

    platform.pulumi("destroy", "--target", "**EksCluster**", "--target-dependents", *NOW)
    assert platform.client("eks").list_clusters()["clusters"] == []
    kinds = {resource["type"] for resource in platform.state("staging")}
    assert "aws:s3/bucket:Bucket" in kinds
    assert "kubernetes:helm.sh/v3:Release" not in kinds

    platform.pulumi("up", *NOW)
    assert stored(platform) == before
    pods = platform.kubectl_json(platform.kubeconfig("staging"), "get", "pods", "-n", "monitoring")
    assert {pod["status"]["phase"] for pod in pods} == {"Running"}
    loki = next(
        one for one in platform.state("staging")
        if one["type"] == "kubernetes:helm.sh/v3:Release" and one["urn"].endswith("::loki")
    )  # fmt: skip
    assert loki["inputs"]["values"]["loki"]["storage"]["bucketNames"]["chunks"] == buckets["loki-chunks"]
    platform.pulumi("up", *NOW, "--expect-no-changes")


def test_a_lost_state_comes_back_from_its_last_version(platform: Platform) -> None:
    saved = platform.pulumi("stack", "export", *STACK).stdout
    exported = json.loads(saved)
    file = platform.sandbox.directory / "version.json"
    file.write_text(saved, encoding="utf-8")
    empty = platform.sandbox.directory / "empty.json"
    # What is left after the state object was overwritten.
    exported["deployment"]["resources"] = []
    exported["deployment"].pop("pending_operations", None)
    empty.write_text(json.dumps(exported), encoding="utf-8")

    platform.pulumi("stack", "import", "--file", str(empty), *STACK)
    assert platform.state("staging") == []
    platform.pulumi("stack", "import", "--file", str(file), *STACK)
    platform.pulumi("up", *NOW, "--expect-no-changes")
    platform.pulumi("destroy", *NOW)
    assert platform.client("s3").list_buckets()["Buckets"] == []
