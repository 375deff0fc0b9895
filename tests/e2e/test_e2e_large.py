"""The shipped large stack on nodes of the simulated cloud by the real scheduler: Loki from one binary to its parts and
back, on the same buckets."""

import shutil
from collections import Counter
from typing import Any

import pytest

from planning.buckets import BucketPurpose
from tests.e2e.conftest import Platform
from tests.large_stack import FOLDER, STACK, large_settings

UP = ("up", "--yes", "--skip-preview", "--stack", STACK)
CHUNKS = f"large-lgtm-{STACK}-{BucketPurpose.LOKI_CHUNKS}-123456789012"
# Lines that were written before, an index that the compactor made, a deletion that it has still to do.
KEPT = ("fake/1a2b/chunk", "index/index_20500/fake/1.tsdb.gz", "deletion-markers/20500")
BINARY = {
    "replicas": 3,
    "cpu_request_millicores": 1000,
    "memory_request_mib": 2048,
    "memory_limit_mib": 4096,
    "volume_gib": 30,
}


def explicit() -> dict[str, Any]:
    """What the planner chose, written down, with Loki in one binary."""
    chosen = large_settings().model_dump(mode="json")
    loki = chosen["sizes"]["loki"] | {"monolithic": BINARY, "distributed": None}
    groups = {"node_groups": chosen["cluster"]["node_groups"]}
    return {"sizes": chosen["sizes"] | {"loki": loki}, "capacity": chosen["capacity"], "cluster": groups}


@pytest.fixture(scope="module")
def large(platform: Platform) -> dict[str, Any]:
    """The stack's document; the stack is up, with Loki Monolithic."""
    shutil.copy(FOLDER / f"Pulumi.{STACK}.yaml", platform.sandbox.project)
    platform.sandbox.ensure_stacks([STACK])
    document = platform.settings(STACK)
    monolithic(platform, document)
    s3 = platform.client("s3")
    for key in KEPT:
        s3.put_object(Bucket=CHUNKS, Key=key, Body=key.encode())
    return document


def monolithic(platform: Platform, document: dict[str, Any]) -> None:
    """Brings the stack up with Loki in one binary."""
    written = explicit()
    cluster = document["cluster"] | written.pop("cluster")
    platform.change_settings(STACK, **written, cluster=cluster, ingestion=large_ingestion())
    platform.pulumi(*UP)


def large_ingestion() -> dict[str, Any]:
    """The limits that the planner chose."""
    return large_settings().ingestion.model_dump(mode="json", exclude_none=True)


def pods(platform: Platform) -> list[dict[str, Any]]:
    return platform.kubectl_json(platform.kubeconfig(STACK), "get", "pods", "-n", "monitoring")


def components(found: list[dict[str, Any]]) -> Counter[str]:
    """Loki's pods by component."""
    labels = [one["metadata"]["labels"] for one in found]
    return Counter(
        one["app.kubernetes.io/component"] for one in labels if one.get("app.kubernetes.io/instance") == "loki"
    )


def kept(platform: Platform) -> None:
    """All that was in the bucket is there still."""
    s3 = platform.client("s3")
    for key in KEPT:
        assert s3.get_object(Bucket=CHUNKS, Key=key)["Body"].read() == key.encode()


def buckets(platform: Platform) -> dict[str, str]:
    """Physical name by logical name; each is protected."""
    found = [one for one in platform.state(STACK) if one["type"] == "aws:s3/bucket:Bucket"]
    assert all(one.get("protect") for one in found)
    return {one["urn"].rpartition("::")[2]: one["id"] for one in found}


def test_at_first_it_is_three_of_one_binary(platform: Platform, large: dict[str, Any]) -> None:
    del large
    assert components(pods(platform))["single-binary"] == 3


def test_distributed_every_pod_finds_a_node(platform: Platform, large: dict[str, Any]) -> None:
    before = buckets(platform)
    path = platform.sandbox.project / f"Pulumi.{STACK}.yaml"
    shutil.copy(FOLDER / path.name, path)
    platform.pulumi(*UP)
    del large
    found = pods(platform)
    assert [one["metadata"]["name"] for one in found if one["status"]["phase"] != "Running"] == []
    sizes = large_settings().sizes.loki.distributed
    assert sizes is not None
    by_component = components(found)
    assert "single-binary" not in by_component
    wanted = {
        "ingester": sizes.ingester.replicas,
        "distributor": sizes.distributor.replicas,
        "querier": sizes.querier.replicas,
        "compactor": 1,
        "gateway": sizes.gateway.replicas,
    }
    assert {name: by_component[name] for name in wanted} == wanted
    assert buckets(platform) == before
    kept(platform)


def test_ingesters_lie_over_zones_and_drain_one_by_one(platform: Platform, large: dict[str, Any]) -> None:
    del large
    kubeconfig = platform.kubeconfig(STACK)
    nodes = platform.kubectl_json(kubeconfig, "get", "nodes")
    zones = {one["metadata"]["name"]: one["metadata"]["labels"]["topology.kubernetes.io/zone"] for one in nodes}
    ingesters = [one for one in pods(platform) if one["metadata"]["name"].startswith("loki-ingester-")]
    over = Counter(zones[one["spec"]["nodeName"]] for one in ingesters)
    assert len(over) == 3
    assert max(over.values()) - min(over.values()) <= len(ingesters) // 3
    budgets = platform.kubectl_json(kubeconfig, "get", "pdb", "-n", "monitoring")
    (budget,) = [one for one in budgets if one["metadata"]["name"] == "loki-ingester"]
    assert budget["spec"]["maxUnavailable"] == 1
    quotas = platform.kubectl_json(kubeconfig, "get", "resourcequota", "-n", "monitoring")
    assert quotas


def test_a_second_up_changes_nothing(platform: Platform, large: dict[str, Any]) -> None:
    del large
    platform.pulumi(*UP, "--expect-no-changes")


def test_and_back_with_everything_in_its_bucket(platform: Platform, large: dict[str, Any]) -> None:
    before = buckets(platform)
    monolithic(platform, large)
    found = components(pods(platform))
    assert found["single-binary"] == 3
    assert found["ingester"] == found["distributor"] == found["gateway"] == 0
    assert buckets(platform) == before
    kept(platform)
