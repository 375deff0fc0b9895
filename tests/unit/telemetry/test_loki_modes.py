"""Loki in one binary and in parts: what keeps its data is the same in both modes, so that a change keeps it."""

from typing import Any

from planning.aws.types import BUCKET, LIFECYCLE, VERSIONING
from planning.buckets import BucketPurpose
from settings.models.platform import PlatformSettings
from settings.models.sizes import WorkloadSize
from telemetry.charts.loki import loki_values
from telemetry.charts.object_storage import ObjectStorage
from telemetry.cost.expected_resources import expected_resources
from telemetry.kubernetes.placement import placement_for
from tests.large_stack import STACK, large_loki_values, large_settings

BINARY = WorkloadSize(
    replicas=3, cpu_request_millicores=1000, memory_request_mib=2048, memory_limit_mib=4096, volume_gib=30
)
# Where Loki finds what it wrote, how it reads it, whose it is, and what it has still to delete.
DATA = ("schemaConfig", "storage", "compactor", "auth_enabled", "limits_config", "commonConfig")


def monolithic() -> PlatformSettings:
    """The large stack with Loki in one binary, three times."""
    settings = large_settings()
    loki = settings.sizes.loki.model_copy(update={"monolithic": BINARY, "distributed": None})
    return settings.model_copy(update={"sizes": settings.sizes.model_copy(update={"loki": loki})})


def values(settings: PlatformSettings) -> dict[str, Any]:
    storage = ObjectStorage(
        buckets={purpose: f"bucket-{purpose.value}" for purpose in BucketPurpose},
        region="us-west-2",
        endpoint="s3.us-west-2.amazonaws.com",
    )
    return loki_values(settings, storage, placement_for(settings, STACK), "gp3").to_values()


def test_data_is_found_read_and_deleted_alike_in_both_modes() -> None:
    one, parts = values(monolithic()), large_loki_values()
    assert (one["deploymentMode"], parts["deploymentMode"]) == ("Monolithic", "Distributed")
    for section in DATA:
        assert one["loki"][section] == parts["loki"][section], section
    assert parts["loki"]["compactor"]["deletion_marker_object_store_prefix"]


def test_no_bucket_differs_between_the_modes() -> None:
    def kept(settings: PlatformSettings) -> list[Any]:
        found = expected_resources(settings, STACK, None)
        return [one for one in found if one.type in (BUCKET, LIFECYCLE, VERSIONING)]

    assert kept(monolithic()) == kept(large_settings())
    assert len(kept(large_settings())) >= 2 * len(BucketPurpose) - 2


def test_only_one_of_the_modes_has_pods() -> None:
    one, parts = values(monolithic()), large_loki_values()
    assert one["singleBinary"]["replicas"] == 3
    assert "ingester" not in one
    assert one["gateway"] == {"enabled": False}
    assert parts["singleBinary"] == {"replicas": 0}
    assert parts["ingester"]["replicas"] % 3 == 0
