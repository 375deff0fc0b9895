"""What a cost report follows from beside resources, prices and the day: load, sharing of a cluster, assumptions."""

from planning.base import Frozen
from planning.capacity.ingest import Replication
from planning.capacity.reference import REFERENCE_REPLICATION, REFERENCE_SAMPLING, REFERENCE_WORKLOAD
from planning.cost.assumptions import Assumptions
from planning.retention import Retention, Signal, SignalRetention
from planning.sampling import SamplingPolicy
from planning.workload import Workload


class Egress(Frozen):
    """Telemetry that leaves for another back end over the internet."""

    name: str
    """Name of the destination."""
    signals: tuple[Signal, ...]
    """What goes there."""
    share_percent: float
    """Share of traces and logs, in percent; what a filter takes away isn't known, and is counted."""
    remote_write: bool = False
    """Whether samples go by remote write, packed less than OTLP."""


class ExpectedLoad(Frozen):
    """What the services of a stack are expected to send: bytes in buckets and requests follow from it."""

    workload: Workload
    """Averages over a day."""
    sampling: SamplingPolicy
    """Which traces are kept."""
    retention: Retention
    """Ages by which reads get rarer; how long data is kept is read from the resources where they say it."""
    replication: Replication
    """Copies in the back ends where the releases' values don't say."""
    destinations: tuple[Egress, ...] | None = None
    """Other back ends; None where there are none."""

    @property
    def text(self) -> str:
        """For the report."""
        workload = self.workload
        return f"{workload.requests_per_second:g} requests/s on average, {workload.active_series:,} active series"


REFERENCE_LOAD = ExpectedLoad(
    workload=REFERENCE_WORKLOAD,
    sampling=REFERENCE_SAMPLING,
    # The default retention. Only the ages up to which data is read often are taken from it.
    retention=Retention(
        logs=SignalRetention(hot_days=3, warm_days=7, delete_days=14),
        traces=SignalRetention(hot_days=1, warm_days=3, delete_days=7),
        metrics=SignalRetention(hot_days=1, warm_days=30, delete_days=90),
    ),
    replication=REFERENCE_REPLICATION,
)


class ClusterSharing(Frozen):
    """Nodes that a stack's own resources don't show: the control plane is shared by nodes."""

    owner_nodes: int | None = None
    """For a tenant stack: nodes of the stack that owns the cluster. None: not known, it then carries half."""
    tenant_stack_nodes: int = 0
    """For an owner: nodes of tenant stacks that carry their share. 0 leaves the whole control plane with the owner, so
    that its budget also holds without tenant stacks."""


class CostInputs(Frozen):
    """What resources don't say."""

    load: ExpectedLoad = REFERENCE_LOAD
    """What services send."""
    sharing: ClusterSharing = ClusterSharing()
    """Who else pays for the control plane."""
    assumptions: Assumptions = Assumptions()
    """Everything else, one value each with its reason."""
