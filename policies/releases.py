"""Helm releases as rules read them: which chart, which values, and durations as the applications write them."""

import re

from planning.registered import UNKNOWN, Property, Resource, Unknown

_ARCHIVE = re.compile(r"-v?\d+\.\d+\.\d+.*\.tgz$")
_DURATION_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|y|w|d|h|m|s)")
_HOURS = {"y": 365 * 24.0, "w": 7 * 24.0, "d": 24.0, "h": 1.0, "m": 1 / 60, "s": 1 / 3600, "ms": 1 / 3_600_000}


def chart_of(release: Resource) -> str | Unknown:
    """The chart's own name, from a name, an oci:// reference, a folder or an archive."""
    chart = release.at("chart")
    if chart is UNKNOWN:
        return UNKNOWN
    return _ARCHIVE.sub("", str(chart or "").rstrip("/").rsplit("/", 1)[-1])


def hours_of(value: Property) -> float | Unknown | None:
    """A duration such as 336h, 14d or 1h30m, in hours; None for anything else."""
    if value is UNKNOWN:
        return UNKNOWN
    text = str(value)
    parts = _DURATION_PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return None
    return sum(float(number) * _HOURS[unit] for number, unit in parts)
