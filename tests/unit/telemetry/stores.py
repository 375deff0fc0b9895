"""Object stores for tests."""

from planning.buckets import BucketPurpose
from settings.models.cluster import ExistingCluster
from settings.models.platform import PlatformSettings
from telemetry.charts.object_storage import ObjectStorage

BUCKETS = {purpose: f"acme-{purpose}" for purpose in BucketPurpose}
S3 = ObjectStorage(buckets=BUCKETS, region="us-west-2", endpoint="s3.us-west-2.amazonaws.com")


def server_for(settings: PlatformSettings) -> ObjectStorage:
    """The S3-compatible server of an on-premises stack."""
    assert isinstance(settings.cluster, ExistingCluster)
    assert settings.cluster.object_store is not None
    return ObjectStorage(
        buckets=BUCKETS,
        region="us-west-2",
        endpoint=settings.cluster.object_store.endpoint.removeprefix("http://"),
        insecure=True,
        path_style=True,
        credentials_secret=settings.cluster.object_store.credentials_secret,
    )
