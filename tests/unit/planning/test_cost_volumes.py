"""The volumes that charts and Kubernetes objects claim."""

from typing import Any

import pytest

from planning.registered import UNKNOWN, Resource
from tests.unit.planning.cost_cases import amounts, priced, release, resource

ON_AWS = resource("aws:ec2/vpc:Vpc")
STORAGE_CLASS = "kubernetes:storage.k8s.io/v1:StorageClass"


def _gib(chart: str, values: Any, *others: Resource) -> dict[str, float]:
    """GiB of each volume that a release claims."""
    report = priced(ON_AWS, *others, release(chart, values))
    assert not report.unpriced, report.unpriced
    return {line.item.partition(", ")[2]: line.quantity for line in report.lines if "volume" in line.item}


@pytest.mark.parametrize(
    ("chart", "values", "expected"),
    [
        (
            "loki",
            {"deploymentMode": "Monolithic", "singleBinary": {"replicas": 3, "persistence": {"size": "30Gi"}}},
            {"singleBinary": 90},
        ),
        ("loki", {"deploymentMode": "SingleBinary", "singleBinary": {"replicas": 1}}, {"singleBinary": 10}),
        ("loki", {"deploymentMode": "SingleBinary"}, {}),
        (
            "loki",
            {
                "deploymentMode": "Monolithic",
                "singleBinary": {"replicas": 1, "persistence": {"enabled": False}},
                "chunksCache": {"persistence": {"enabled": True, "storageSize": "20Gi"}},
                "minio": {"enabled": True},
            },
            {"chunksCache": 20, "minio": 5},
        ),
        (
            "loki",
            {
                "deploymentMode": "Distributed",
                "ingester": {"replicas": 9, "persistence": {"enabled": True, "claims": [{"size": "20Gi"}]}},
                "indexGateway": {"replicas": 2, "persistence": {"enabled": True, "size": "15Gi"}},
                "compactor": {"replicas": 1, "persistence": {"enabled": False, "claims": [{"size": "50Gi"}]}},
            },
            {"ingester": 180, "indexGateway": 30},
        ),
        ("loki", {}, {"write": 30, "backend": 30}),
        ("loki", {"write": {"replicas": 1, "persistence": {"volumeClaimsEnabled": False}}}, {"backend": 30}),
        ("tempo", {"persistence": {"enabled": True, "size": "50Gi"}}, {"tempo": 50}),
        ("tempo", {"persistence": {"enabled": True}}, {"tempo": 10}),
        ("tempo", {"persistence": {"size": "50Gi"}}, {}),
        (
            "mimir-distributed",
            {
                "ingester": {"replicas": 3, "persistentVolume": {"size": "30Gi"}},
                "store_gateway": {"persistentVolume": {"size": "20Gi"}},
                "compactor": {"persistentVolume": {"enabled": False}},
                "alertmanager": {"enabled": False},
                "kafka": {"enabled": False},
                "minio": {"enabled": False},
            },
            {"ingester": 90, "store_gateway": 20},
        ),
        (
            "mimir-distributed",
            {},
            {"ingester": 6, "store_gateway": 2, "compactor": 2, "alertmanager": 1, "kafka": 5, "minio": 5},
        ),
        ("grafana", {"persistence": {"enabled": True, "size": "10Gi"}, "replicas": 2}, {"grafana": 10}),
        ("grafana", {"persistence": {"enabled": True, "type": "statefulset"}, "replicas": 2}, {"grafana": 20}),
        ("grafana", {}, {}),
        ("opentelemetry-collector", {"mode": "daemonset"}, {}),
    ],
)
def test_charts_claim_what_their_templates_say(chart: str, values: Any, expected: dict[str, float]) -> None:
    assert _gib(chart, values) == expected


@pytest.mark.parametrize(
    "reference",
    ["tempo", "oci://ghcr.io/grafana-community/helm-charts/tempo", "./charts/tempo-2.2.4.tgz", "/mirror/tempo/"],
)
def test_a_chart_is_known_by_name_path_archive_and_registry(reference: str) -> None:
    found = priced(ON_AWS, release("tempo", {"persistence": {"enabled": True}}, reference))
    assert amounts(found) == {("tempo", "gp3 volume, tempo"): 0.80}


@pytest.mark.parametrize(
    ("chart", "values", "reason"),
    [
        ("wordpress", {}, "nothing is known of the volumes of chart wordpress"),
        ("tempo", UNKNOWN, "values aren't known yet"),
        ("tempo", {"persistence": {"enabled": True, "size": UNKNOWN}}, "the size of its volume tempo isn't known"),
        ("loki", {"deploymentMode": "Other"}, "the size of its volume deployment mode Other"),
        ("tempo", {"persistence": {"enabled": True, "size": "many"}}, "the size of its volume tempo isn't known"),
    ],
)
def test_what_is_not_known_is_named(chart: str, values: Any, reason: str) -> None:
    report = priced(ON_AWS, release(chart, values))
    assert reason in report.unpriced[0].reason
    assert report.usd_per_month == 0


def test_values_from_files_are_named_beside_what_is_priced() -> None:
    found = resource(
        "kubernetes:helm.sh/v3:Release", chart="tempo", values={"persistence": {"enabled": True}}, valueYamlFiles=["x"]
    )
    report = priced(ON_AWS, found)
    assert "values from files" in report.unpriced[0].reason
    assert report.usd_per_month == pytest.approx(0.80)


def test_a_storage_class_decides_type_and_performance() -> None:
    fast = resource(
        STORAGE_CLASS, metadata={"name": "fast"}, parameters={"type": "gp3", "iops": "4000", "throughput": "225"}
    )
    claim = resource(
        "kubernetes:core/v1:PersistentVolumeClaim", "claim",
        spec={"storageClassName": "fast", "resources": {"requests": {"storage": "10Gi"}}},
    )  # fmt: skip
    assert amounts(priced(ON_AWS, fast, claim)) == {
        ("claim", "gp3 volume, claim"): 0.80,
        ("claim", "gp3 IOPS"): 5.00,
        ("claim", "gp3 throughput"): 4.00,
    }


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"type": "gp2"}, {"gp2 volume, claim": 1.00}),
        ({"type": "io2", "iops": "1000"}, {"io2 volume, claim": 1.25, "io2 IOPS": 65.00}),
        ({"iops": "4000"}, {"gp3 volume, claim": 0.80, "gp3 IOPS": 5.00}),
        ({}, {"gp3 volume, claim": 0.80}),
    ],
)
def test_a_storage_class_s_type_is_priced_and_gp3_where_it_says_none(
    parameters: dict[str, str], expected: dict[str, float]
) -> None:
    spec = {"storageClassName": "own", "resources": {"requests": {"storage": "10Gi"}}}
    claim = resource("kubernetes:core/v1:PersistentVolumeClaim", "claim", spec=spec)
    own = resource(STORAGE_CLASS, metadata={"name": "own"}, parameters=parameters)
    assert amounts(priced(ON_AWS, own, claim)) == {("claim", item): usd for item, usd in expected.items()}


def test_each_replica_pays_for_its_own_performance() -> None:
    fast = resource(
        STORAGE_CLASS, metadata={"name": "fast"}, parameters={"type": "gp3", "iops": "4000", "throughput": "225"}
    )
    spec = {"storageClassName": "fast", "resources": {"requests": {"storage": "10Gi"}}}
    template = {"metadata": {"name": "data"}, "spec": spec}
    stateful = resource("kubernetes:apps/v1:StatefulSet", spec={"replicas": 3, "volumeClaimTemplates": [template]})
    assert amounts(priced(ON_AWS, fast, stateful)) == {
        ("it", "gp3 volume, data"): 2.40,
        ("it", "gp3 IOPS"): 15.00,
        ("it", "gp3 throughput"): 12.00,
    }


def test_a_stateful_set_claims_for_each_replica() -> None:
    template = {"metadata": {"name": "data"}, "spec": {"resources": {"requests": {"storage": "10Gi"}}}}
    stateful = resource("kubernetes:apps/v1:StatefulSet", spec={"replicas": 2, "volumeClaimTemplates": [template]})
    assert amounts(priced(ON_AWS, stateful)) == {("it", "gp3 volume, data"): 1.60}


def test_volumes_of_a_cluster_that_is_not_on_aws_are_nobodys_bill_here() -> None:
    report = priced(release("tempo", {"persistence": {"enabled": True}}))
    assert report.usd_per_month == 0


@pytest.mark.parametrize(
    ("rule", "every_hours", "snapshots"),
    [
        ({"count": 5}, 24, 5),
        ({"interval": 2, "intervalUnit": "WEEKS"}, 24, 14),
        ({"interval": 3, "intervalUnit": "DAYS"}, 12, 6),
        ({"interval": 1, "intervalUnit": "DAYS"}, 48, 1),
    ],
)
def test_snapshots_are_counted_by_number_or_by_age(rule: dict[str, Any], every_hours: int, snapshots: int) -> None:
    schedule = {"retainRule": rule, "createRule": {"interval": every_hours, "intervalUnit": "HOURS"}}
    policy = resource("aws:dlm/lifecyclePolicy:LifecyclePolicy", policyDetails={"schedules": [schedule]})
    loki = release("loki", {"deploymentMode": "SingleBinary", "singleBinary": {"replicas": 1}})
    (line,) = [line for line in priced(ON_AWS, loki, policy).lines if line.item == "volume snapshots"]
    # Of 10 GiB three tenths are in use, and all of that is counted as changed until the next one.
    assert line.quantity == pytest.approx(10 * 0.3 * snapshots)
    assert line.note.startswith(f"{snapshots} snapshots each of 10 GiB")
