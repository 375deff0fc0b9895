"""What share of traces is kept, by kind of trace (MISSION: the sampling table)."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from planning.base import Frozen

# How much of the ordinary share aggressive mode leaves.
AGGRESSIVE_SHARE = 0.2

Percent = Annotated[float, Field(ge=0, le=100)]


class SamplingMode(StrEnum):
    """How hard ordinary traces are thinned; errors and slow traces are kept in every mode."""

    NORMAL = "normal"
    AGGRESSIVE = "aggressive"
    FULL = "full"


class SamplingPolicy(Frozen):
    """Shares of traces kept, in percent, by the first matching kind."""

    mode: SamplingMode
    """normal applies the percentages below; aggressive thins ordinary traces further; full keeps everything."""
    slow_threshold_ms: Annotated[int, Field(ge=1, le=600_000)]
    """A trace slower than this many milliseconds is always kept, as is one with an error."""
    critical_percent: Percent
    """Traces through services of tier critical."""
    python_percent: Percent
    """Traces through Python services."""
    background_percent: Percent
    """Everything else: background tasks and unknown services."""
