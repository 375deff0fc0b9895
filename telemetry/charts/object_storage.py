"""Where the back ends keep their objects: S3 on AWS, or an S3-compatible server."""

from collections.abc import Mapping

from planning.base import Frozen
from planning.buckets import BucketPurpose


class ObjectStorage(Frozen):
    """Addresses of the buckets as the back ends need them; no credentials."""

    buckets: Mapping[BucketPurpose, str]
    """Physical bucket name by purpose."""
    region: str
    """AWS region (any value for other servers)."""
    endpoint: str
    """host[:port] of the S3 API, without scheme."""
    insecure: bool = False
    """Plain HTTP; only for S3-compatible servers inside the cluster."""
    path_style: bool = False
    """Bucket in the path instead of the host name; S3-compatible servers need it."""
    credentials_secret: str | None = None
    """Kubernetes Secret with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; None on AWS, where pods have identities."""
