"""What a rule has to say at which minute, given which series."""

from collections.abc import Mapping
from typing import NamedTuple

Series = Mapping[str, str]
"""Values by selector, in promtool's notation: `0+60x10` counts up by 60 ten times, `5x10` stays."""


class AlertCase(NamedTuple):
    """How many of an alert fire at certain times."""

    alert: str
    title: str
    series: Series
    firing: Mapping[str, int]
    """Number of firing alerts by time, such as 12m or 3h."""
    interval: str = "1m"
    """Between two values of the series."""


class RecordingCase(NamedTuple):
    """What a query over recorded series answers."""

    record: str
    topic: str
    """Rule file."""
    series: Series
    at: str
    query: str
    samples: Mapping[str, float]
    """Value by labels, as promtool writes them."""
    interval: str = "1m"


def steps(*parts: tuple[float, int]) -> str:
    """Values one after the other: (5, 3) is 5 three times."""
    return " ".join(f"{value:.15g}x{count - 1}" if count > 1 else f"{value:.15g}" for value, count in parts)
