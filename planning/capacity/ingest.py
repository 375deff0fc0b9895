"""What arrives and what is left of it: rates per signal before sampling, after it, and compressed."""

from planning.base import Frozen
from planning.buckets import GIB
from planning.capacity import coefficients as c
from planning.retention import Signal
from planning.sampling import SamplingPolicy
from planning.sampling_estimate import sampling_estimate
from planning.workload import Workload

SECONDS_PER_DAY = 86_400
DAYS_PER_MONTH = 365 / 12
MB = 1_000_000


class Replication(Frozen):
    """Copies that the back ends keep of what arrives (3 from three replicas on)."""

    loki: int = 1
    """Loki's replication factor."""
    mimir: int = 1
    """Mimir ingesters' replication factor."""


class SignalIngest(Frozen):
    """One signal's rates."""

    signal: Signal
    """Which."""
    received_mb_per_second: float
    """What services send, in MB/s (10^6 bytes, uncompressed)."""
    kept_mb_per_second: float
    """What the back end takes after sampling."""
    stored_gib_per_day: float
    """What lives in the bucket until retention: compressed, compacted, copies included, in GiB (2^30 bytes)."""

    @property
    def received_gb_per_day(self) -> float:
        """GB (10^9 bytes) a day before sampling."""
        return self.received_mb_per_second * SECONDS_PER_DAY / 1000

    @property
    def kept_gb_per_day(self) -> float:
        """GB (10^9 bytes) a day after sampling."""
        return self.kept_mb_per_second * SECONDS_PER_DAY / 1000


class Ingest(Frozen):
    """All signals."""

    logs: SignalIngest
    """Loki."""
    traces: SignalIngest
    """Tempo."""
    metrics: SignalIngest
    """Mimir."""
    profiles: SignalIngest | None = None
    """Pyroscope; None where profiles aren't kept."""
    spans_per_second: float
    """Before sampling."""
    kept_trace_share: float
    """Share of traces that sampling keeps, 0 to 1."""
    log_lines_per_second: float
    """Lines."""
    samples_per_second: float
    """Samples."""
    series_in_memory: float
    """Active series times replication factor."""

    @property
    def signals(self) -> tuple[SignalIngest, ...]:
        """In the order of the table."""
        return (self.logs, self.traces, self.metrics, *((self.profiles,) if self.profiles else ()))


def ingest_of(workload: Workload, sampling: SamplingPolicy, replication: Replication) -> Ingest:
    """Rates of one workload. Series are scraped whatever the traffic is."""
    spans = workload.requests_per_second * workload.spans_per_request
    lines = workload.requests_per_second * workload.log_lines_per_request
    samples = workload.active_series / workload.scrape_interval_seconds
    kept = sampling_estimate(workload, sampling).kept_share
    trace_mb, log_mb = spans * workload.bytes_per_span / MB, lines * workload.bytes_per_log_line / MB
    sample_mb = samples * c.MIMIR_BYTES_PER_SAMPLE.value / MB
    copies = c.LOKI_COPIES_OF_THREE.value if replication.loki > 1 else 1.0
    return Ingest(
        logs=SignalIngest(
            signal=Signal.LOGS,
            received_mb_per_second=log_mb,
            kept_mb_per_second=log_mb,
            stored_gib_per_day=_gib_per_day(log_mb) / c.LOKI_COMPRESSION.value * copies,
        ),
        traces=SignalIngest(
            signal=Signal.TRACES,
            received_mb_per_second=trace_mb,
            kept_mb_per_second=trace_mb * kept,
            stored_gib_per_day=_gib_per_day(trace_mb * kept) / c.TEMPO_COMPRESSION.value,
        ),
        # A sample's size is the compressed one: Mimir has no other. Compaction leaves one of the replicas' copies.
        metrics=SignalIngest(
            signal=Signal.METRICS,
            received_mb_per_second=sample_mb,
            kept_mb_per_second=sample_mb,
            stored_gib_per_day=_gib_per_day(sample_mb),
        ),
        profiles=_profiles(workload.profile_mb_per_second),
        spans_per_second=spans,
        kept_trace_share=kept,
        log_lines_per_second=lines,
        samples_per_second=samples,
        series_in_memory=workload.active_series * replication.mimir,
    )


def _profiles(mb_per_second: float | None) -> SignalIngest | None:
    if mb_per_second is None:
        return None
    return SignalIngest(
        signal=Signal.PROFILES,
        received_mb_per_second=mb_per_second,
        kept_mb_per_second=mb_per_second,
        stored_gib_per_day=_gib_per_day(mb_per_second) / c.PYROSCOPE_COMPRESSION.value,
    )


def _gib_per_day(mb_per_second: float) -> float:
    return mb_per_second * MB * SECONDS_PER_DAY / GIB
