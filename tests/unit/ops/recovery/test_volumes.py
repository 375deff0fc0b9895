"""`volumes grow` without a cluster: which sizes it knows, and an interrupted run; the API server's part is in e2e."""

import json
from functools import reduce
from pathlib import Path
from typing import Any

import pytest

from ops.backends.pulumi import Deployment
from ops.errors import CommandError
from ops.recovery.cluster import cluster_of
from ops.recovery.volumes import VOLUMES, Growth, _found, _grow, _Kept  # pyright: ignore[reportPrivateUsage]
from planning.backends import backends_of
from planning.buckets import BucketPurpose
from planning.cost.charts import claims_of
from settings.models.platform import PlatformSettings
from telemetry.backends import values_of
from telemetry.charts.object_storage import ObjectStorage
from telemetry.kubernetes.placement import placement_for
from tests.stacks import NAMES, settings_of, stack_settings, with_profiles


class Cluster:
    """A cluster that holds Loki, and writes down what it is asked."""

    def __init__(self, *, template: str | None = "20Gi", claim: str = "20Gi", expands: bool = True) -> None:
        self.template, self.claim, self.expands = template, claim, expands
        self.asked: list[str] = []

    def read(self, kind: Any, path: str, wrong: str) -> Any:
        spec = {"storageClassName": "gp3", "resources": {"requests": {"storage": self.template}}}
        loki: dict[str, Any] = {
            "metadata": {"name": "loki", "uid": "u", "resourceVersion": "1", "labels": {"a": "b"}},
            "spec": {"replicas": 1, "volumeClaimTemplates": [{"metadata": {"name": "storage"}, "spec": spec}]},
            "status": {"replicas": 1},
        }
        claimed = spec | {"resources": {"requests": {"storage": self.claim}}}
        claim = {"metadata": {"name": "storage-loki-0"}, "spec": claimed}
        if path.endswith("/statefulsets/loki"):
            return loki
        if "storageclasses" in path:
            return kind.model_validate({"allowVolumeExpansion": self.expands})
        if path.endswith("/statefulsets"):
            return kind.model_validate({"items": [loki] if self.template else []})
        assert path.endswith("/persistentvolumeclaims"), wrong
        return kind.model_validate({"items": [claim]})

    def patch(self, namespace: str, resource: str, merge: str) -> None:
        self.asked.append(f"patch {resource} {merge}")

    def replace_without_its_pods(self, namespace: str, manifest: str) -> None:
        self.asked.append("replace")
        self.made = json.loads(manifest)


def staging(volume_gib: int) -> PlatformSettings:
    return stack_settings("staging", sizes={"loki": {"monolithic": {"volume_gib": volume_gib}}})


def growths(cluster: Cluster, settings: PlatformSettings, folder: Path) -> tuple[Growth, ...]:
    found = _found("staging", settings, (cluster, "https://cluster"), _Kept(folder, "staging"))  # type: ignore[arg-type]
    return found.growths


@pytest.mark.parametrize("stack", NAMES)
def test_every_claim_of_every_chart_has_its_place_below_sizes(stack: str) -> None:
    settings = with_profiles(settings_of(stack))
    storage = ObjectStorage(buckets={one: one.value for one in BucketPurpose}, region="us-west-2", endpoint="s3")
    found: dict[str, object] = {}
    for backend in backends_of(settings.retention):
        values = values_of(backend, settings, storage, placement_for(settings, stack), "gp3").to_values()
        for claim in claims_of(backend.chart, values) or ():
            alone = claim.workload in ("singleBinary", backend.name)
            found[backend.name if alone else f"{backend.name}-{claim.workload.replace('_', '-')}"] = claim.size
    sizes = {name: f"{reduce(getattr, VOLUMES[name], settings.sizes).volume_gib}Gi" for name in found}
    assert found == sizes


def test_nothing_grows_where_everything_fits(tmp_path: Path) -> None:
    assert growths(Cluster(), staging(20), tmp_path) == ()


def test_claims_grow_first_and_the_stateful_set_comes_without_what_is_the_servers(tmp_path: Path) -> None:
    cluster = Cluster()
    (growth,) = growths(cluster, staging(30), tmp_path)
    _grow(growth, cluster, "monitoring", _Kept(tmp_path, "staging"))  # type: ignore[arg-type]
    assert cluster.asked == [
        'patch persistentvolumeclaim/storage-loki-0 {"spec": {"resources": {"requests": {"storage": "30Gi"}}}}',
        "replace",
    ]
    assert cluster.made["metadata"] == {"name": "loki", "labels": {"a": "b"}}
    assert "status" not in cluster.made
    (template,) = cluster.made["spec"]["volumeClaimTemplates"]
    assert template["spec"]["resources"] == {"requests": {"storage": "30Gi"}}
    assert list(tmp_path.iterdir()) == [], "kept only meanwhile"


def test_a_run_lost_between_deletion_and_creation_is_ended_by_the_next(tmp_path: Path) -> None:
    kept = _Kept(tmp_path, "staging")
    kept.write("loki", json.dumps({"metadata": {"name": "loki"}}))
    cluster = Cluster(template=None, claim="30Gi")
    (growth,) = growths(cluster, staging(30), tmp_path)
    assert (growth.template_gib, growth.claims) == (None, {})
    _grow(growth, cluster, "monitoring", kept)  # type: ignore[arg-type]
    assert cluster.asked == ["replace"]
    assert growths(Cluster(template="30Gi", claim="30Gi"), staging(30), tmp_path) == ()


def test_no_volume_shrinks(tmp_path: Path) -> None:
    with pytest.raises(CommandError) as caught:
        growths(Cluster(), staging(10), tmp_path)
    assert str(caught.value) == (
        "sizes.loki.monolithic.volume_gib: 10; a volume of loki has 20 GiB, and none can shrink; accepted: 20 or more"
    )


def test_a_storage_class_that_cannot_grow_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="StorageClass gp3: allowVolumeExpansion isn't true, so none of its volumes"):
        growths(Cluster(expands=False), staging(30), tmp_path)


def test_a_stack_that_never_came_up_has_no_cluster() -> None:
    with cluster_of(Deployment()) as cluster:
        assert cluster is None
