"""CPU and memory that a workload needs, component by component, from the vendors' sizing pages.

These are the vendors' figures for production; they scale down linearly here, with a base for idle processes, which is
an assumption. Query load beyond a few dashboards isn't in them.
"""

from collections.abc import Iterator
from typing import Annotated, NamedTuple

from pydantic import Field

from planning.base import Frozen
from planning.capacity import coefficients as c
from planning.capacity.coefficients import Coefficient
from planning.capacity.ingest import MB, Ingest, Replication, SignalIngest
from planning.retention import Retention

BYTES_PER_GIB = 1024**3
# What write-ahead logs hold: two hours of log chunks on each replica, twenty minutes of spans.
LOKI_WAL_SECONDS = 7200
TEMPO_WAL_SECONDS = 1200


class ComponentNeed(Frozen):
    """What one component needs to carry the workload."""

    component: str
    """Component name as in `sizes`."""
    cpu_cores: float
    """Cores, all replicas together."""
    memory_gib: float
    """Memory in GiB, all replicas together."""
    volume_gib: float = 0.0
    """Data on local volumes in GiB, all replicas together."""
    basis: str
    """Where the coefficients come from."""


class Compute(Frozen):
    """All components of the platform."""

    components: tuple[ComponentNeed, ...]
    """One line each."""

    @property
    def cpu_cores(self) -> float:
        """Sum of cores."""
        return sum(need.cpu_cores for need in self.components)

    @property
    def memory_gib(self) -> float:
        """Sum of memory in GiB."""
        return sum(need.memory_gib for need in self.components)

    @property
    def volume_gib(self) -> float:
        """Sum of local data in GiB."""
        return sum(need.volume_gib for need in self.components)


class StackCapacity(Frozen):
    """What an environment may use."""

    name: str
    """Environment."""
    cpu_cores: Annotated[float, Field(gt=0)]
    """Cores."""
    memory_gb: Annotated[float, Field(gt=0)]
    """Memory in GB of 10^9 bytes."""
    storage_gb: Annotated[float, Field(gt=0)]
    """Volumes in GB of 10^9 bytes."""
    replication: Replication = Replication()
    """Copies that its back ends keep."""
    memory_limits_gib: tuple[tuple[str, float], ...] = ()
    """Components with the memory at which the kernel stops them, all replicas together, in GiB; where sizes are set."""

    @property
    def memory_gib(self) -> float:
        """Memory in GiB."""
        return self.memory_gb * 1e9 / BYTES_PER_GIB

    @property
    def storage_gib(self) -> float:
        """Volumes in GiB."""
        return self.storage_gb * 1e9 / BYTES_PER_GIB


# The capacity that the environments have by default.
ENVIRONMENTS = (
    StackCapacity(name="dev", cpu_cores=4, memory_gb=8, storage_gb=100),
    StackCapacity(name="staging", cpu_cores=6, memory_gb=12, storage_gb=300),
    StackCapacity(name="prod", cpu_cores=8, memory_gb=16, storage_gb=1000, replication=Replication(loki=3, mimir=3)),
)


def compute_for(ingest: Ingest, retention: Retention, replication: Replication) -> Compute:
    """Needs of every component."""
    return Compute(
        components=(
            _loki(ingest, replication),
            _tempo(ingest),
            *_mimir(ingest, retention),
            *_pyroscope(ingest.profiles),
            _collector(ingest),
            ComponentNeed(
                component="base",
                cpu_cores=c.BASE_CPU.value,
                memory_gib=c.BASE_MEMORY.value,
                basis=_basis(c.BASE_CPU),
            ),
        )
    )


def _loki(ingest: Ingest, replication: Replication) -> ComponentNeed:
    mb = ingest.logs.kept_mb_per_second
    return ComponentNeed(
        component="loki.monolithic",
        cpu_cores=mb * c.LOKI_CPU.value,
        memory_gib=mb * c.LOKI_MEMORY.value,
        volume_gib=mb * MB * LOKI_WAL_SECONDS * replication.loki / BYTES_PER_GIB,
        basis=_basis(c.LOKI_CPU),
    )


def _tempo(ingest: Ingest) -> ComponentNeed:
    mb = ingest.traces.kept_mb_per_second
    cpu = c.TEMPO_DISTRIBUTOR_CPU, c.TEMPO_INGESTER_CPU, c.TEMPO_COMPACTOR_CPU, c.TEMPO_QUERIER_CPU
    return ComponentNeed(
        component="tempo",
        cpu_cores=mb * sum(coefficient.value for coefficient in cpu),
        memory_gib=mb * c.TEMPO_MEMORY.value,
        volume_gib=mb * MB * TEMPO_WAL_SECONDS / BYTES_PER_GIB,
        basis=_basis(c.TEMPO_INGESTER_CPU),
    )


def _mimir(ingest: Ingest, retention: Retention) -> Iterator[ComponentNeed]:
    series, samples = ingest.series_in_memory, ingest.samples_per_second
    hot_hours = retention.metrics.hot_days * 24 + 1
    yield ComponentNeed(
        component="mimir.distributor",
        cpu_cores=samples * c.MIMIR_DISTRIBUTOR_CPU.value,
        memory_gib=samples * c.MIMIR_DISTRIBUTOR_MEMORY.value,
        basis=_basis(c.MIMIR_DISTRIBUTOR_CPU),
    )
    yield ComponentNeed(
        component="mimir.ingester",
        cpu_cores=series * c.MIMIR_INGESTER_CPU.value,
        memory_gib=series * c.MIMIR_INGESTER_MEMORY.value,
        volume_gib=series * c.MIMIR_INGESTER_DISK.value * max(1.0, hot_hours / c.MIMIR_INGESTER_DISK_HOURS.value),
        basis=_basis(c.MIMIR_INGESTER_CPU),
    )
    yield ComponentNeed(
        component="mimir.querier+store_gateway",
        cpu_cores=c.MIMIR_QUERIES.value * c.MIMIR_QUERY_CPU.value,
        memory_gib=c.MIMIR_QUERIES.value * c.MIMIR_QUERY_MEMORY.value,
        basis=_basis(c.MIMIR_QUERY_CPU),
    )


def _pyroscope(ingest: SignalIngest | None) -> Iterator[ComponentNeed]:
    """Segments go to the bucket at once; the volume holds the index alone."""
    if ingest is not None:
        yield ComponentNeed(
            component="pyroscope",
            cpu_cores=ingest.kept_mb_per_second * c.PYROSCOPE_CPU.value,
            memory_gib=ingest.kept_mb_per_second * c.PYROSCOPE_MEMORY.value,
            basis=_basis(c.PYROSCOPE_CPU),
        )


def _collector(ingest: Ingest) -> ComponentNeed:
    """Agents and gateway each handle every span; open traces wait in the gateway's memory."""
    spans = 2 * ingest.spans_per_second / c.COLLECTOR_SPANS.value
    logs = 2 * ingest.logs.received_mb_per_second / c.COLLECTOR_LOG_BYTES.value
    samples = 2 * ingest.samples_per_second / c.COLLECTOR_SAMPLES.value
    waiting_mb = ingest.traces.received_mb_per_second * c.COLLECTOR_TRACE_SECONDS.value
    return ComponentNeed(
        component="collector",
        cpu_cores=spans + logs + samples,
        memory_gib=waiting_mb * MB * c.COLLECTOR_SPAN_MEMORY.value / BYTES_PER_GIB,
        basis=_basis(c.COLLECTOR_SPANS),
    )


def _basis(coefficient: Coefficient) -> str:
    return f"{coefficient.source} ({coefficient.as_of}, {coefficient.basis})"


class Fit(NamedTuple):
    """A workload against one environment."""

    ceiling: StackCapacity
    compute: Compute

    @property
    def shortfalls(self) -> tuple[str, ...]:
        """What doesn't fit, each as `CPU 9.1 of 8 cores`; empty when all does."""
        whole = (
            ("CPU", self.compute.cpu_cores, self.ceiling.cpu_cores, "cores"),
            ("memory", self.compute.memory_gib, self.ceiling.memory_gib, "GiB"),
            ("volumes", self.compute.volume_gib, self.ceiling.storage_gib, "GiB"),
        )
        needs = {need.component: need.memory_gib for need in self.compute.components}
        limited = tuple(
            (f"{component} memory", needs[component], limit, "GiB")
            for component, limit in self.ceiling.memory_limits_gib
        )
        return tuple(
            f"{what} {need:.1f} of {have:.4g} {unit}" for what, need, have, unit in (*whole, *limited) if need > have
        )
