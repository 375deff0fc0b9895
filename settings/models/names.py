"""The one naming rule: project, stack, purpose."""

import re

from planning.base import Frozen
from planning.buckets import BucketPurpose

# Amazon S3 User Guide, "Bucket naming rules"; IAM User Guide, "IAM and STS quotas"; Kubernetes, "Labels and Selectors".
MAX_BUCKET_NAME, MAX_ROLE_NAME, MAX_LABEL_VALUE = 63, 64, 63
ACCOUNT_ID_LENGTH = 12
# Room that a role's name leaves for what the role is for, such as `ebs-csi-driver`.
MAX_ROLE_PURPOSE = 24


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

    def bucket(self, purpose: str, account_id: str) -> str:
        """A bucket; the account id makes it unique in the world."""
        return f"{self.prefix}-{purpose}-{account_id}"

    def role(self, workload: str) -> str:
        """An IAM role."""
        return f"{self.prefix}-{workload}"

    @property
    def log_group(self) -> str:
        """The control plane's log group, whose name EKS prescribes."""
        return f"/aws/eks/{self.cluster}/cluster"


def stack_name_problems(stack: str) -> list[str]:
    """What is wrong with a stack's name by itself: it becomes part of bucket names and the value of a label."""
    if re.fullmatch(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", stack):
        return []
    return [
        f"stack name: got {stack!r}; it becomes part of S3 bucket names and a Kubernetes label; "
        "accepted: lower-case letters, digits and inner hyphens"
    ]


def length_problems(names: Names) -> list[str]:
    """One line for the longest name that AWS or Kubernetes would refuse, saying what to shorten and by how much."""
    bucket = max((names.bucket(purpose, "0" * ACCOUNT_ID_LENGTH) for purpose in BucketPurpose), key=len)
    role = names.role("x" * MAX_ROLE_PURPOSE)
    excess = max(
        (len(bucket) - MAX_BUCKET_NAME, f"the bucket name {bucket[:-ACCOUNT_ID_LENGTH]}<account id>", MAX_BUCKET_NAME),
        (len(role) - MAX_ROLE_NAME, f"an IAM role name such as {names.role('ebs-csi-driver')}", MAX_ROLE_NAME),
        (len(names.stack) - MAX_LABEL_VALUE, "the label value of the stack", MAX_LABEL_VALUE),
    )
    characters, what, limit = excess
    if characters <= 0:
        return []
    shorten = "the stack name" if len(names.stack) >= len(names.project) else "lgtm:platform.project"
    return [
        f"stack name: got {names.stack!r}; with project {names.project!r}, {what} would have {limit + characters} "
        f"characters; accepted: {limit}; shorten {shorten} by {characters}"
    ]
