"""The object storage that a stack uses: its own buckets on AWS, or an S3-compatible server that is there already."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import pulumi

from components.aws_environment import AwsEnvironment
from components.tier_buckets import TierBuckets, TierBucketsArgs
from planning.buckets import BucketPurpose
from planning.tiers.lifecycle import TierPlan
from settings.models.cluster import ExistingCluster, ObjectStore
from settings.models.names import Names
from settings.models.platform import PlatformSettings
from telemetry.charts.object_storage import ObjectStorage


@dataclass(frozen=True)
class ObjectStorageAccess:
    """Where objects go, and what identities need to be let in."""

    storage: ObjectStorage
    """Plain addresses for the back ends."""
    bucket_arns: Mapping[BucketPurpose, pulumi.Output[str]]
    """Empty off AWS."""
    kms_key_arn: pulumi.Output[str] | None
    """Only with encryption sse_kms."""
    depends_on: tuple[pulumi.Resource, ...]
    """What must exist before a back end starts."""

    def exports(self) -> dict[str, dict[str, str]]:
        """Stack output: bucket name by purpose."""
        return {"buckets": {str(purpose): name for purpose, name in self.storage.buckets.items()}}


def object_storage_for(
    settings: PlatformSettings,
    names: Names,
    aws: AwsEnvironment | None,
    plans: Mapping[BucketPurpose, TierPlan],
) -> ObjectStorageAccess:
    """Buckets on AWS where the stack is on AWS; otherwise the address of the server in the settings, no resources."""
    if aws is not None:
        buckets = TierBuckets("storage", TierBucketsArgs(settings.storage, names, aws.location, plans), aws.options())
        return ObjectStorageAccess(buckets.storage, buckets.bucket_arns, buckets.kms_key_arn, (buckets,))
    match settings.cluster:
        case ExistingCluster(object_store=ObjectStore() as store):
            return ObjectStorageAccess(compatible_storage(store, settings.region, names, plans), {}, None, ())
        case _:
            raise pulumi.RunError("lgtm:platform.cluster.object_store: is needed where there is no AWS")


def compatible_storage(
    store: ObjectStore, region: str, names: Names, plans: Mapping[BucketPurpose, TierPlan]
) -> ObjectStorage:
    """An S3-compatible server; its buckets, named `<project>-<stack>-<purpose>`, are its owner's to make."""
    url = urlsplit(store.endpoint)
    return ObjectStorage(
        buckets={purpose: f"{names.prefix}-{purpose}" for purpose in plans},
        region=region,
        endpoint=url.netloc,
        insecure=url.scheme == "http",
        path_style=True,
        credentials_secret=store.credentials_secret,
    )
