"""Names of OTLP metrics after Mimir's translation to Prometheus, with `otel_metric_suffixes_enabled`.

Source: OpenTelemetry specification, "Prometheus and OpenMetrics Compatibility", sections "Metric Metadata" and "OTLP
Metric points to Prometheus": names of letters, digits, `_` and `:`, runs of `_` made one; the unit's long name as
suffix, `per_` before a rate's second part, annotations in braces left out; `_total` for counters, `_ratio` for gauges
of unit 1.
"""

from __future__ import annotations

import re

# UCUM units that the specification spells out; another unit is kept as it is.
UNITS = {
    "d": "days", "h": "hours", "min": "minutes", "s": "seconds", "ms": "milliseconds", "us": "microseconds",
    "ns": "nanoseconds",
    "By": "bytes", "KiBy": "kibibytes", "MiBy": "mebibytes", "GiBy": "gibibytes", "TiBy": "tibibytes",
    "KBy": "kilobytes", "MBy": "megabytes", "GBy": "gigabytes", "TBy": "terabytes",
    "m": "meters", "V": "volts", "A": "amperes", "J": "joules", "W": "watts", "g": "grams",
    "Cel": "celsius", "Hz": "hertz", "1": "", "%": "percent",
}  # fmt: skip
PER = {"s": "second", "m": "minute", "h": "hour", "d": "day", "w": "week", "mo": "month", "y": "year"}


def metric_name(name: str, unit: str, *, counter: bool, gauge: bool) -> str:
    """The Prometheus name; a histogram's is its base name."""
    words = [word for word in re.split(r"[^A-Za-z0-9:]+", name) if word]
    first, _, second = unit.partition("/")
    main, per = _unit(first, UNITS), _unit(second, PER)
    if main and main not in words:
        words.append(main)
    if per and f"per_{per}" not in "_".join(words):
        words += ["per", per]
    if counter:
        words = [word for word in words if word != "total"] + ["total"]
    if gauge and unit == "1":
        words = [word for word in words if word != "ratio"] + ["ratio"]
    joined = "_".join(words)
    return f"_{joined}" if joined[:1].isdigit() else joined


def _unit(unit: str, known: dict[str, str]) -> str:
    plain = re.sub(r"\{[^}]*\}", "", unit).strip()
    return re.sub(r"[^A-Za-z0-9:]+", "_", known.get(plain, plain)).strip("_")


def label_name(attribute: str) -> str:
    """The label of an attribute."""
    label = re.sub(r"[^A-Za-z0-9_]", "_", attribute)
    return f"key_{label}" if label[:1].isdigit() else label
