"""What the tenant's services send: the numbers that everything else is computed from."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from planning.base import Frozen, broken_rule
from planning.sampling import Percent

MAX_LOG_LINES_PER_REQUEST = 10_000
MAX_SCRAPE_INTERVAL_SECONDS = 3600
MAX_REQUESTS_PER_SECOND = 1_000_000
# Active series of the platform's own parts, the kubelets, kube-state-metrics and node exporters on a few nodes: an
# assumption of this project.
PLATFORM_SERIES = 12_000


class Workload(Frozen):
    """The expected load of one stack, averaged over a day."""

    requests_per_second: Annotated[float, Field(gt=0, le=MAX_REQUESTS_PER_SECOND)]
    """Requests a second over all services; one request is one trace."""
    spans_per_request: Annotated[float, Field(gt=0, le=10_000)]
    """Spans of one trace."""
    bytes_per_span: Annotated[int, Field(ge=1, le=1_000_000)]
    """OTLP bytes of one span before compression."""
    log_lines_per_request: Annotated[float, Field(ge=0, le=MAX_LOG_LINES_PER_REQUEST)]
    """Log lines that one request causes in all services."""
    bytes_per_log_line: Annotated[int, Field(ge=1, le=1_000_000)]
    """Bytes of one log line before compression."""
    log_streams: Annotated[int, Field(ge=1, le=1_000_000)]
    """Active Loki streams: combinations of index labels."""
    active_series: Annotated[int, Field(ge=1, le=1_000_000_000)]
    """Active Mimir series, the platform's own among them."""
    profile_mb_per_second: Annotated[float, Field(gt=0, le=1000)] | None = None
    """Profiles that services send, in MB/s before compression; only where profiles are kept."""
    scrape_interval_seconds: Annotated[int, Field(ge=1, le=MAX_SCRAPE_INTERVAL_SECONDS)]
    """Mean interval between two samples of a series, in seconds."""
    error_percent: Percent
    """Traces with an error, in percent."""
    slow_percent: Percent
    """Traces without an error that are slower than sampling.slow_threshold_ms, in percent."""
    critical_percent: Percent
    """Ordinary traces through a service of tier critical, in percent."""
    overridden_percent: Percent
    """Ordinary traces through services that sampling.overrides name and no critical one, in percent."""
    background_percent: Percent
    """Ordinary traces through services of tier background alone, in percent."""

    @model_validator(mode="after")
    def _shares_fit(self) -> Self:
        tiers = "critical_percent", "overridden_percent", "background_percent"
        for keys in (("error_percent", "slow_percent"), tiers):
            together = sum(getattr(self, key) for key in keys)
            if together > 100:
                raise broken_rule(
                    f"{', '.join(keys[:-1])} and {keys[-1]} add up to {together:g} %, more than all traces; lower one",
                    *keys,
                )
        return self
