"""What share of traces is kept, by kind of trace.

Precedence, exactly:
1. a trace with a span whose status is ERROR is kept;
2. a trace of `slow_threshold_ms` or more from its first start to its last end is kept;
3. a health check (a trace with a span on a health path, or of gRPC's health service) is dropped;
4. any other is kept with the highest of the shares of the services that it goes through: each has its tier's, an
   unknown one the standard tier's; an override by service stands in for the tier's share, one by language for those of
   standard and background services. The shares are cut from one hash of the trace id and so are nested: they don't add
   up, and a trace kept at 5 % is among those kept at 25 %.
Mode aggressive multiplies the shares of rule 4 by `AGGRESSIVE_SHARE`; mode full keeps everything, health checks too.
Under a surge, what rule 4 keeps is cut off at the budget of `planning.sampling_estimate.surge_budget`; rules 1 and 2
know no budget.
"""

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from planning.base import Frozen, broken_rule

# How much of the ordinary share aggressive mode leaves.
AGGRESSIVE_SHARE = 0.2

Percent = Annotated[float, Field(ge=0, le=100)]


class SamplingMode(StrEnum):
    """How hard ordinary traces are thinned; errors and slow traces are kept in every mode."""

    NORMAL = "normal"
    AGGRESSIVE = "aggressive"
    FULL = "full"


class SamplingOverride(Frozen):
    """A share that stands in for a tier's."""

    language: Literal["go", "python", "java", "nodejs", "dotnet"] | None = None
    """Of all standard and background services in this language."""
    service: Annotated[str, Field(min_length=1, max_length=63)] | None = None
    """Of one service, whatever its tier."""
    percent: Percent
    """Its ordinary traces that are kept."""

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.language is None) == (self.service is None):
            raise broken_rule("give exactly one of language and service", "language", "service")
        return self


class SamplingPolicy(Frozen):
    """Shares of traces kept, in percent; a trace through several services is kept with the highest of their shares."""

    mode: SamplingMode
    """normal applies the percentages below; aggressive thins ordinary traces further; full keeps everything."""
    slow_threshold_ms: Annotated[int, Field(ge=1, le=600_000)]
    """A trace slower than this many milliseconds is always kept, as is one with an error."""
    critical_percent: Percent
    """Traces through services of tier critical."""
    standard_percent: Percent
    """Traces through services of tier standard, and through unknown ones."""
    background_percent: Percent
    """Traces through services of tier background alone."""
    overrides: tuple[SamplingOverride, ...] = ()
    """Shares by language or service, instead of the tier's."""

    def of_language(self, language: str) -> float | None:
        """The override of a language."""
        return next((one.percent for one in self.overrides if one.language == language), None)

    def of_service(self, service: str) -> float | None:
        """The override of a service."""
        return next((one.percent for one in self.overrides if one.service == service), None)
