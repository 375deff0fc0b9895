"""Which workload runs under which service account and may touch which buckets."""

from planning.base import Frozen
from planning.tiers import BucketPurpose


class BucketGrant(Frozen):
    """Read, write and delete of the objects below one prefix of one bucket."""

    purpose: BucketPurpose
    """The bucket."""
    prefix: str = ""
    """Key prefix; empty means the whole bucket."""


class Workload(Frozen):
    """One identity: a Kubernetes service account and the buckets it owns."""

    name: str
    """Short name: the release's and the role's last part."""
    service_account: str
    """Kubernetes service account in the platform's namespace."""
    grants: tuple[BucketGrant, ...]
    """What it may touch in S3."""
    object_tagging: bool = False
    """Whether it also reads and writes object tags (Tempo does)."""


LOKI = Workload(
    name="loki",
    service_account="loki",
    grants=(BucketGrant(purpose=BucketPurpose.LOKI_CHUNKS), BucketGrant(purpose=BucketPurpose.LOKI_RULER)),
)
TEMPO = Workload(
    name="tempo",
    service_account="tempo",
    grants=(BucketGrant(purpose=BucketPurpose.TEMPO_TRACES),),
    object_tagging=True,
)
MIMIR = Workload(
    name="mimir",
    service_account="mimir",
    grants=(
        BucketGrant(purpose=BucketPurpose.MIMIR_BLOCKS, prefix="blocks/"),
        BucketGrant(purpose=BucketPurpose.MIMIR_RULER),
    ),
)
WORKLOADS: tuple[Workload, ...] = (LOKI, TEMPO, MIMIR)
