"""Metrics by the names that queries have, in the words of the collector, where each still has name, unit and type.

Mimir makes one name of the three: letters and digits with `_` between them, the unit's long name, `_total` for
counters, `_ratio` for gauges of unit 1. So `http_server_request_duration_seconds` is `http.server.request.duration` in
`s`, or what was scraped under that very name. What can't be told for certain isn't matched: nothing else is dropped.

Sources: OpenTelemetry specification, "Prometheus and OpenMetrics Compatibility" (metric names); README of OTTL's
functions, OpenTelemetry Collector contrib 0.149.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from telemetry.collector.place import fits, quoted

# UCUM units by their long names.
UNITS = {
    "days": "d", "hours": "h", "minutes": "min", "seconds": "s", "milliseconds": "ms", "microseconds": "us",
    "nanoseconds": "ns", "bytes": "By", "kibibytes": "KiBy", "mebibytes": "MiBy", "gibibytes": "GiBy",
    "tibibytes": "TiBy", "kilobytes": "KBy", "megabytes": "MBy", "gigabytes": "GBy", "terabytes": "TBy",
    "meters": "m", "volts": "V", "amperes": "A", "joules": "J", "watts": "W", "grams": "g", "celsius": "Cel",
    "hertz": "Hz", "percent": "%",
}  # fmt: skip
PER = {"second": "s", "minute": "m", "hour": "h", "day": "d", "week": "w", "month": "mo", "year": "y"}
TOTAL, RATIO = "_total", "_ratio"
BETWEEN = "[^A-Za-z0-9:]+"
COUNTER = "(metric.type == METRIC_DATA_TYPE_SUM and metric.is_monotonic == true)"
GAUGE = "metric.type == METRIC_DATA_TYPE_GAUGE"
NO_UNIT = r"^(|\{.*\})$"


class _Form(NamedTuple):
    """How a metric may be called before Mimir names it."""

    counter: bool
    unit: str | None
    """None: one that adds nothing to the name."""
    pattern: str


def condition(names: Iterable[str]) -> str:
    """An OTTL condition that is true for these metrics; a name that ends with `*` stands for all that begin so."""
    grouped: defaultdict[tuple[bool | None, str | None], list[str]] = defaultdict(list)
    for name in names:
        if name.endswith("*"):
            grouped[None, None].append(f"{_loose(name[:-1])}.*")
            continue
        for form in _forms(name):
            grouped[form.counter, form.unit].append(form.pattern)
    return " or ".join(_group(*key, patterns) for key, patterns in grouped.items())


def attribute_pattern(labels: Iterable[str]) -> str:
    """A regular expression of attributes that become these labels: signs that labels don't have became `_`."""
    return f"^({'|'.join(re.sub('_', '[^A-Za-z0-9]', label) for label in labels)})$"


def _forms(name: str) -> Iterator[_Form]:
    """Each form is exact: it becomes this name and no other."""
    plain = name.removesuffix(TOTAL)
    counter = plain != name
    yield _Form(counter, None, _counted(plain) if counter else _loose(name))
    if counter:
        # A gauge or a histogram of that very name.
        yield _Form(False, None, _loose(name))
    yield from (_Form(counter, unit, _counted(rest) if counter else _loose(rest)) for rest, unit in _units(plain))
    if name.endswith(RATIO):
        yield _Form(False, "1", _loose(name.removesuffix(RATIO)))


def _units(name: str) -> Iterator[tuple[str, str]]:
    """What the metric may be called, and its unit; the unit may stand in its name as well."""
    rate = re.fullmatch(r"(.+)_per_([a-z]+)", name)
    per = PER.get(rate[2]) if rate else None
    base = rate[1] if rate and per else name
    rest, _, word = base.rpartition("_")
    if rest and word in UNITS:
        unit = f"{UNITS[word]}/{per}" if per else UNITS[word]
        yield from ((one, unit) for one in (rest, name))


def _counted(name: str) -> str:
    return f"{_loose(name)}({BETWEEN}total)?"


def _loose(name: str) -> str:
    return BETWEEN.join(re.escape(word) for word in name.split("_"))


def _group(counter: bool | None, unit: str | None, patterns: list[str]) -> str:
    conditions = fits("metric.name", f"^({'|'.join(dict.fromkeys(patterns))})$")
    if counter is None:
        return conditions[0]
    if unit is None:
        # Unit 1 adds `_ratio` to a gauge's name and nothing to others'.
        unitless = *fits("metric.unit", NO_UNIT), f'(metric.unit == "1" and not ({GAUGE}))'
        conditions.append(f"({' or '.join(unitless)})")
    else:
        conditions.append(f"metric.unit == {quoted(unit)}")
        if unit == "1":
            conditions.append(GAUGE)
    conditions.append(COUNTER if counter else f"not {COUNTER}")
    return f"({' and '.join(reversed(conditions))})"
