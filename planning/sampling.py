"""What share of traces is kept, by kind of trace.

Precedence, exactly:
1. a trace with a span whose status is ERROR is kept;
2. a trace of `slow_threshold_ms` or more from its first start to its last end is kept;
3. a health check (a trace with a span on a health path, or of gRPC's health service) is dropped;
4. any other is kept with the highest of the shares of the kinds that it belongs to: through a critical service,
   through a Python service, and everything else, which all belong to. The shares are cut from one hash of the trace id
   and so are nested: they don't add up, and a trace kept at 5 % is among those kept at 25 %.
Mode aggressive multiplies the shares of rule 4 by `AGGRESSIVE_SHARE`; mode full keeps everything, health checks too.
Under a surge, what rule 4 keeps is cut off at the budget of `planning.sampling_estimate.surge_budget`; rules 1 and 2
know no budget.
"""

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
    """Shares of traces kept, in percent; a trace of several kinds is kept with the highest of their shares."""

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
