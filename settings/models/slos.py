"""What users of a service may expect: its availability and latency objectives, by tier and by service.

Objectives are judged over 30 days from span metrics. Method: Google, The Site Reliability Workbook, chapter 5.
"""

from typing import Annotated, Literal

from pydantic import Field

from planning.base import Frozen
from settings.models.fields import matching
from settings.models.services import Service

# Boundaries of the gateway's duration histogram, in ms: only at a boundary can slow requests be counted exactly.
LATENCY_BOUNDARIES_MS = (5, 10, 25, 50, 100, 250, 500, 1000, 2000, 5000, 10_000)
LatencyThresholdMs = Literal[5, 10, 25, 50, 100, 250, 500, 1000, 2000, 5000, 10_000]
# 100 % leaves no budget to burn; below 50 % nothing is promised.
ObjectivePercent = Annotated[float, Field(ge=50, le=99.999)]
ServiceName = Annotated[
    str, matching(r"^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$", "the name of a service that stands under services")
]


class SloTarget(Frozen):
    """The objectives of one service."""

    availability_percent: ObjectivePercent
    """Requests that end without an error, in percent over 30 days."""
    latency_percent: ObjectivePercent
    """Requests that are answered within latency_threshold_ms, in percent over 30 days."""
    latency_threshold_ms: LatencyThresholdMs
    """What counts as fast enough, in ms: a boundary of the duration histogram."""


class SloOverride(Frozen):
    """What one service has otherwise than its tier."""

    availability_percent: ObjectivePercent | None = None
    """Requests that end without an error, in percent; default: the tier's."""
    latency_percent: ObjectivePercent | None = None
    """Requests that are answered within latency_threshold_ms, in percent; default: the tier's."""
    latency_threshold_ms: LatencyThresholdMs | None = None
    """What counts as fast enough, in ms: a boundary of the duration histogram; default: the tier's."""


class SloSettings(Frozen):
    """Service level objectives."""

    critical: SloTarget
    """Services of tier critical."""
    standard: SloTarget
    """Services of tier standard."""
    background: SloTarget
    """Services of tier background."""
    services: dict[ServiceName, SloOverride]
    """Services that differ from their tier, by name."""

    def of(self, service: Service) -> SloTarget:
        """The objectives of a service."""
        tier: SloTarget = getattr(self, service.tier.value)
        own = self.services.get(service.name)
        return tier.model_copy(update=own.model_dump(exclude_none=True)) if own else tier
