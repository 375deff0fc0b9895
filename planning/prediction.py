"""How many pods a workload should have before its daily peak: what the same hour of the same weekday needed.

A pod autoscaler answers a load that is there; pods and nodes then take minutes. Load of people repeats by day and week,
so the weeks before say when the day's peak comes and how high: a high quantile of them, moved by how the last day
compares with the same day a week ago, with a margin. Only around the peak: at other hours the autoscaler alone is right
and cheaper. The result is a minimum, bounded as the autoscaler is; what nobody could foresee stays the autoscaler's.
`python -m benchmarks.prediction` replays recorded days.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

# Weeks that are looked back at, and their quantile: of four the second highest, so that one odd day decides nothing.
WEEKS, QUANTILE = 4, 0.67
# How far ahead is looked, and how often: a quarter of an hour is left for nodes and pods to start.
AHEAD_MINUTES, EVERY_MINUTES = 30, 15
# Half a day before and behind is the day whose peak counts; from this share of it on it is the peak.
HALF_DAY_HOURS, NEAR_PEAK = 12, 0.9
# Weeks differ: chosen on generated load with growth and holidays, judged on recorded load.
MARGIN = 1.08
# How far one day against the week before may move what is expected.
LEAST_TREND, MOST_TREND = 0.8, 1.25


class History(NamedTuple):
    """What was, in any unit of load."""

    ahead: Sequence[float]
    """The highest of the next `AHEAD_MINUTES`, in each of the weeks before that is known."""
    of_day: Sequence[float]
    """The highest within `HALF_DAY_HOURS` of the same moments."""
    last_day: float
    """The mean of the last 24 hours."""
    a_week_before: float
    """The mean of the same hours a week earlier."""


def expected_peak(history: History) -> float | None:
    """The load to be ready for; None away from the day's peak, and where no week is known."""
    if not history.ahead or not history.of_day:
        return None
    usual = _quantile(history.ahead)
    if usual < NEAR_PEAK * _quantile(history.of_day):
        return None
    trend = history.last_day / history.a_week_before if history.a_week_before > 0 else 1.0
    return usual * min(max(trend, LEAST_TREND), MOST_TREND) * MARGIN


def least_pods(load: float | None, load_per_pod: float, *, least: int, most: int) -> int:
    """The fewest pods from now on: never below the settings' own minimum, never above their maximum."""
    wanted = least if load is None else math.ceil(load / load_per_pod - 1e-9)
    return min(max(wanted, least), most)


def _quantile(values: Sequence[float]) -> float:
    ordered = sorted(values)
    place = QUANTILE * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)
