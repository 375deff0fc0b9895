"""The one naming rule: project, stack, purpose."""

from planning.base import Frozen
from planning.tiers import BucketPurpose

# Amazon S3 User Guide, "Bucket naming rules"; IAM User Guide, "IAM and STS quotas".
MAX_BUCKET_NAME, MAX_ROLE_NAME = 63, 64
ACCOUNT_ID_LENGTH = 12


class Names(Frozen):
    """Physical names of one stack's resources."""

    project: str
    """First part of every name."""
    stack: str
    """Pulumi stack."""

    @property
    def prefix(self) -> str:
        """What every name starts with."""
        return f"{self.project}-{self.stack}"

    @property
    def cluster(self) -> str:
        """The EKS cluster."""
        return f"{self.prefix}-cluster"

    def bucket(self, purpose: BucketPurpose, account_id: str) -> str:
        """A bucket; the account id makes it unique in the world."""
        return f"{self.prefix}-{purpose}-{account_id}"

    def role(self, workload: str) -> str:
        """An IAM role."""
        return f"{self.prefix}-{workload}"

    @property
    def log_group(self) -> str:
        """The control plane's log group, whose name EKS prescribes."""
        return f"/aws/eks/{self.cluster}/cluster"
