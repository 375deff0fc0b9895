"""The reference workload that the published performance targets are about, and the default sampling shares."""

from planning.capacity.ingest import Replication
from planning.sampling import SamplingMode, SamplingOverride, SamplingPolicy
from planning.workload import Workload

# 1000 requests/s. The mix of traces is the published target "85 % fewer traces" read backwards: with it the default
# sampling shares keep 14.5 %.
REFERENCE_WORKLOAD = Workload(
    requests_per_second=1000,
    spans_per_request=8,
    bytes_per_span=400,
    log_lines_per_request=2,
    bytes_per_log_line=250,
    log_streams=60,
    active_series=60_000,
    scrape_interval_seconds=30,
    error_percent=1,
    slow_percent=1,
    critical_percent=20,
    overridden_percent=15,
    background_percent=0,
)
REFERENCE_SAMPLING = SamplingPolicy(
    mode=SamplingMode.NORMAL,
    slow_threshold_ms=1000,
    critical_percent=25,
    standard_percent=5,
    background_percent=5,
    overrides=(SamplingOverride(language="python", percent=30),),
)
REFERENCE_REPLICATION = Replication(loki=3, mimir=3)
