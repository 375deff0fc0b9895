"""How long each signal is kept, and in which temperature: hot, warm, cold, deleted."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from planning.base import Frozen, broken_rule


class Signal(StrEnum):
    """The telemetry signals that the platform can store."""

    LOGS = "logs"
    TRACES = "traces"
    METRICS = "metrics"
    PROFILES = "profiles"


MAX_RETENTION_DAYS = 3650
HOURS_PER_DAY = 24

Days = Annotated[int, Field(ge=1, le=MAX_RETENTION_DAYS)]


class SignalRetention(Frozen):
    """Ages, in days since the object was written, at which one signal changes temperature and is deleted."""

    hot_days: Days
    """Age in days up to which data is read from local disks and caches."""
    warm_days: Days
    """Age in days up to which data is warm: read often enough to stay in a class without retrieval fees."""
    delete_days: Days
    """Age in days after which the application deletes the data; between warm_days and this it is cold."""

    @model_validator(mode="after")
    def _colder_means_older(self) -> Self:
        if not self.hot_days < self.warm_days < self.delete_days:
            raise broken_rule(
                f"hot_days {self.hot_days} < warm_days {self.warm_days} < delete_days {self.delete_days} must hold; "
                "raise delete_days or lower the earlier ages",
                "hot_days",
                "warm_days",
                "delete_days",
            )
        return self


class Retention(Frozen):
    """Retention of every signal."""

    logs: SignalRetention
    """Loki chunks."""
    traces: SignalRetention
    """Tempo blocks."""
    metrics: SignalRetention
    """Mimir blocks."""
    profiles: SignalRetention | None = None
    """Pyroscope blocks; only where profiles are kept."""

    @property
    def signals(self) -> tuple[Signal, ...]:
        """What is kept at all."""
        return tuple(signal for signal in Signal if getattr(self, signal) is not None)

    def of(self, signal: Signal) -> SignalRetention:
        """The retention of one signal. Raises `KeyError` for one that isn't kept."""
        ages: SignalRetention | None = getattr(self, signal)
        if ages is None:
            raise KeyError(signal)
        return ages
