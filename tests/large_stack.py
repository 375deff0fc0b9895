"""The shipped example of a large stack (docs/examples), and what the program gives its release of Loki."""

from functools import cache
from pathlib import Path
from typing import Any

from planning.buckets import BucketPurpose
from settings.document.stack_files import stack_settings
from settings.models.platform import PlatformSettings
from telemetry.charts.loki import loki_values
from telemetry.charts.object_storage import ObjectStorage
from telemetry.kubernetes.placement import placement_for

STACK = "large"
FOLDER = Path(__file__).parents[1] / "docs" / "examples"


@cache
def large_settings() -> PlatformSettings:
    """Its settings."""
    return stack_settings(STACK, FOLDER)


def large_loki_values() -> dict[str, Any]:
    """Values of its Loki, which is Distributed."""
    settings = large_settings()
    storage = ObjectStorage(
        buckets={purpose: f"bucket-{purpose.value}" for purpose in BucketPurpose},
        region="us-west-2",
        endpoint="s3.us-west-2.amazonaws.com",
    )
    return loki_values(settings, storage, placement_for(settings, STACK), "gp3").to_values()
