"""The load that bytes and requests in a cost report follow from."""

from planning.base import Frozen
from planning.capacity.ingest import Replication
from planning.capacity.reference import REFERENCE_REPLICATION, REFERENCE_SAMPLING, REFERENCE_WORKLOAD
from planning.retention import Retention, SignalRetention
from planning.sampling import SamplingPolicy
from planning.workload import Workload

# The default retention. Only the ages up to which data is read often are taken from it.
REFERENCE_RETENTION = Retention(
    logs=SignalRetention(hot_days=3, warm_days=7, delete_days=14),
    traces=SignalRetention(hot_days=1, warm_days=3, delete_days=7),
    metrics=SignalRetention(hot_days=1, warm_days=30, delete_days=90),
)


class ExpectedLoad(Frozen):
    """What the services of a stack are expected to send."""

    workload: Workload = REFERENCE_WORKLOAD
    """Averages over a day."""
    sampling: SamplingPolicy = REFERENCE_SAMPLING
    """Which traces are kept."""
    replication: Replication = REFERENCE_REPLICATION
    """Copies in the back ends where the releases' values don't say."""
    retention: Retention = REFERENCE_RETENTION
    """Ages by which reads get rarer; how long data is kept is read from the resources where they say it."""

    @property
    def text(self) -> str:
        """For the report."""
        workload = self.workload
        return f"{workload.requests_per_second:g} requests/s on average, {workload.active_series:,} active series"


REFERENCE_LOAD = ExpectedLoad()
