"""What the back ends accept before they refuse."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from planning.base import Frozen


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
        for signal, rate, burst in (
            ("logs", self.logs_mb_per_second, self.logs_burst_mb),
            ("traces", self.traces_mb_per_second, self.traces_burst_mb),
            ("profiles", self.profiles_mb_per_second, self.profiles_burst_mb),
        ):
            if rate is not None and burst is not None and burst < rate:
                raise ValueError(f"{signal}_burst_mb {burst:g} is below {signal}_mb_per_second {rate:g}")
        return self
