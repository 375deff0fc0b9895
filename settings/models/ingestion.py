"""What the back ends accept before they refuse."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from planning.base import Frozen, broken_rule


class IngestionLimits(Frozen):
    """What the back ends accept from all services together before they answer 429."""

    logs_mb_per_second: Annotated[float, Field(gt=0, le=1000)]
    """Loki ingestion rate, in MB/s."""
    logs_burst_mb: Annotated[float, Field(gt=0, le=10_000)]
    """Loki ingestion burst, in MB."""
    traces_mb_per_second: Annotated[float, Field(gt=0, le=1000)]
    """Tempo ingestion rate, in MB/s."""
    traces_burst_mb: Annotated[float, Field(gt=0, le=10_000)]
    """Tempo ingestion burst, in MB."""
    metrics_samples_per_second: Annotated[int, Field(gt=0, le=100_000_000)]
    """Mimir ingestion rate, in samples a second."""
    max_series: Annotated[int, Field(gt=0, le=100_000_000)]
    """Mimir active series."""
    profiles_mb_per_second: Annotated[float, Field(gt=0, le=1000)] | None = None
    """Pyroscope ingestion rate, in MB/s; only where profiles are kept."""
    profiles_burst_mb: Annotated[float, Field(gt=0, le=10_000)] | None = None
    """Pyroscope ingestion burst, in MB; only where profiles are kept."""

    @model_validator(mode="after")
    def _bursts_hold_rates(self) -> Self:
        for burst_key, rate_key in (
            ("logs_burst_mb", "logs_mb_per_second"),
            ("traces_burst_mb", "traces_mb_per_second"),
            ("profiles_burst_mb", "profiles_mb_per_second"),
        ):
            burst, rate = getattr(self, burst_key), getattr(self, rate_key)
            if rate is not None and burst is not None and burst < rate:
                raise broken_rule(f"{burst_key} {burst:g} is below {rate_key} {rate:g}", burst_key, rate_key)
        return self
