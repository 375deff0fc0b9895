"""The drill of docs/backup-recovery.md: the cluster goes, data stays, `pulumi up` brings the platform back to it."""

import json
import sys
from pathlib import Path
from typing import Any

from tests.e2e.conftest import Platform

# Versions of the state are what it is about.
CHECKPOINTS = True
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


def cluster_made(platform: Platform) -> Any:
    """When the stack's cluster was made."""
    eks = platform.client("eks")
    (name,) = eks.list_clusters()["clusters"]
    return eks.describe_cluster(name=name)["cluster"]["createdAt"]


def run_drill(platform: Platform) -> dict[str, Any]:
    """`dr-test --run`, as an operator runs it; its report."""
    sandbox = platform.sandbox
    report = sandbox.directory / "drill.json"
    ran = sandbox.capture(
        sys.executable, "-m", "ops", "dr-test", "--run", "--yes", "--report", str(report), *STACK
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "every bucket kept its data; the platform was back" in ran.stdout
    return json.loads(report.read_text(encoding="utf-8"))


def test_a_lost_cluster_comes_back_to_its_data(platform: Platform) -> None:
    platform.pulumi("up", *NOW)
    s3, buckets = platform.client("s3"), platform.outputs("staging")["buckets"]
    for purpose, key in KEPT.items():
        s3.put_object(Bucket=buckets[purpose], Key=key, Body=f"history of {purpose}".encode())
    before, made = stored(platform), cluster_made(platform)

    drill = run_drill(platform)
    assert drill["passed"], drill
    assert [step["name"] for step in drill["steps"] if step["failure"]] == []
    assert len(drill["steps"]) == 7
    recorded = json.loads(Path(drill["state_file"]).read_text(encoding="utf-8"))
    assert len(recorded["deployment"]["resources"]) > len(KEPT)
    # A new cluster, not the old one: its identifier is the time of its making.
    assert cluster_made(platform) > made

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
