"""What is unusual: bands that services' own past draws, as queries that anybody can read.

*Two weeks*: a mean of ten minutes is beyond everything that the last 14 days have seen, by a tenth of their range.
*Same hours*: a mean of an hour is beyond what the same two hours of the last seven days have seen (the same weekday of
last week among them), by a larger part of that range. What is learnt is cut off a little beyond the band, each hour: an
outage of yesterday widens it a little, a new level is learnt within hours. Nothing is said before two days were seen.

Margins were chosen on half of a public corpus and judged on the other: docs/anomalies.md, `benchmarks.anomalies`.
"""

from settings.models.platform import PlatformSettings
from settings.models.receivers import Severity
from telemetry.alerting.rules.loki_rules import LOG_BYTES
from telemetry.alerting.rules.model import Alert, Group, Recording, groups_of
from telemetry.grafana.dashboards.model import Uid

VALUE = "lgtm:anomaly_value"
TEN_MINUTES, HOUR = f"{VALUE}:avg10m", f"{VALUE}:avg1h"
LEARNT = "lgtm:anomaly_learnt:avg10m"
MOST, LEAST, RANGE = "lgtm:anomaly_learnt:max14d", "lgtm:anomaly_learnt:min14d", "lgtm:anomaly_learnt:range14d"
HOURS_MOST, HOURS_LEAST = "lgtm:anomaly_hours:max7d", "lgtm:anomaly_hours:min7d"
EDGE = "lgtm:anomaly_edge"
WEEKS, HOURS = "two weeks", "same hours"
REQUESTS, ERRORS, LATENCY, LOGS, BYTES = "requests", "errors", "latency", "log bytes", "bytes"
FALLS = f"{REQUESTS}|{LOGS}|{BYTES}"
"""Measures of which too little is unusual as well."""
WARM_HOURS, WARM_DAYS = 48, 2
DAYS = 7
# A level that never moves still may move by so much of itself.
LEAST_RANGE = 0.05
# Beyond the band by so many ranges; see `benchmarks.anomalies` for what they find and cost.
TICKET = {WEEKS: 0.1, HOURS: 0.6}
STRICT = {WEEKS: 0.2, HOURS: 0.8}
# Of what is beyond the band so many ranges are learnt in an hour: upwards a new level within hours, downwards an outage
# of two hours leaves the next one unusual.
LEARNS_UP, LEARNS_DOWN = 0.5, 0.05
BAND_SECONDS = 240
KEEP_FIRING_MINUTES = 60
# Three times what a month allows: the slower of the objectives' tickets over a day.
BURN = 3


def anomaly_groups(settings: PlatformSettings) -> tuple[Group, ...]:
    """Nothing where no service wants it."""
    names = "|".join(service.name for service in settings.services if service.anomalies)
    if not names:
        return ()
    return (
        *groups_of("anomaly-values", [*_values(names), *means()]),
        *groups_of("anomaly-bands", bands(), BAND_SECONDS),
        *groups_of("anomaly-alerts", _alerts()),
    )


def _values(names: str) -> list[Recording]:
    """What is watched. Below the floors nothing is worth a ticket: 1 % of errors, 50 ms, a few requests and bytes."""
    of = f'{{service_name=~"{names}"}}'
    watched = {
        REQUESTS: f"clamp_min(service:requests:rate5m{of}, 0.1)",
        ERRORS: f"clamp_min(service:errors:ratio_rate5m{of}, 0.01)",
        LATENCY: f"clamp_min(service:duration_seconds:p95_5m{of}, 0.05)",
        LOGS: f"clamp_min({LOG_BYTES}{of}, 100)",
        BYTES: f"clamp_min(sum by (service_name) (lgtm:ingestion_bytes_by_service:rate1h{of}), 100)",
    }
    return [Recording(record=VALUE, expr=expr, labels={"measure": measure}) for measure, expr in watched.items()]


def means() -> list[Recording]:
    """Single minutes say nothing."""
    return [
        Recording(record=TEN_MINUTES, expr=f"avg_over_time({VALUE}[10m])"),
        Recording(record=HOUR, expr=f"avg_over_time({VALUE}[1h])"),
    ]


def bands() -> list[Recording]:
    """What was learnt, and the edges."""
    highest, lowest = f"({MOST} + {LEARNS_UP} * {RANGE})", f"({LEAST} - {LEARNS_DOWN} * {RANGE})"
    cut = f"(({TEN_MINUTES} < {highest} or {highest}) > {lowest} or {lowest}) or {TEN_MINUTES}"
    warm = f"and count_over_time({LEARNT}[14d:1h] offset 1h) >= {WARM_HOURS}"
    return [
        Recording(record=LEARNT, expr=f"({cut}) and {TEN_MINUTES}"),
        Recording(record=MOST, expr=f"max_over_time({LEARNT}[14d] offset 1h) {warm}"),
        Recording(record=LEAST, expr=f"min_over_time({LEARNT}[14d] offset 1h) and {MOST}"),
        Recording(record=RANGE, expr=f"{MOST} - {LEAST} > {LEAST_RANGE} * {MOST} or {LEAST_RANGE} * {MOST}"),
        Recording(record=HOURS_MOST, expr=f"{_same_hours('max')} and {_same_hours('count')} >= {WARM_DAYS}"),
        Recording(record=HOURS_LEAST, expr=f"{_same_hours('min')} and {HOURS_MOST}"),
        *(
            Recording(record=EDGE, expr=edge(band, side, TICKET[band]), labels={"band": band, "side": side})
            for band in (WEEKS, HOURS)
            for side in ("high", "low")
        ),
    ]


def _same_hours(pick: str) -> str:
    """The most or least of the same two hours of each of the last days, or how many of these days were seen."""
    of = "max" if pick == "count" else pick
    days = " or ".join(
        f'label_replace({of}_over_time({HOUR}[2h] offset {24 * day - 1}h), "day", "{day}", "measure", ".*")'
        for day in range(1, DAYS + 1)
    )
    return f"{pick} without (day) ({days})"


def edge(band: str, side: str, margin: float) -> str:
    """One edge: `margin` ranges beyond what was seen."""
    most, least = (MOST, LEAST) if band == WEEKS else (HOURS_MOST, HOURS_LEAST)
    return f"{most} + {margin:g} * {RANGE}" if side == "high" else f"{least} - {margin:g} * {RANGE}"


def beyond(margins: dict[str, float]) -> str:
    """Series that are outside of either band, with their values."""
    low = f'{{measure=~"{FALLS}"}}'
    return " or ".join(
        part
        for band, mean in ((WEEKS, TEN_MINUTES), (HOURS, HOUR))
        if band in margins
        for part in (
            f"{mean} > {edge(band, 'high', margins[band])}",
            f"{mean}{low} < {edge(band, 'low', margins[band])}",
        )
    )


def _alerts() -> list[Alert]:
    burning = f"slo:sli_errors:ratio_rate1h > {BURN} * (1 - slo:objective:ratio)"
    return [
        Alert(
            alert="ServiceUnusual",
            expr=beyond(TICKET),
            keep_firing_minutes=KEEP_FIRING_MINUTES,
            severity=Severity.WARNING,
            summary="{{ $labels.service_name }}: {{ $labels.measure }} are not what they were in two weeks",
            description="{{ $labels.measure }} of {{ $labels.service_name }} ({{ $value | humanize }}) are beyond what "
            "the last two weeks, or the same hours of the last seven days, have seen.",
            dashboard=Uid.SERVICE,
        ),
        Alert(
            alert="ServiceUnusualAndFailing",
            expr=f"({beyond(STRICT)}) and on (service_name) ({burning})",
            for_minutes=5,
            severity=Severity.CRITICAL,
            summary="{{ $labels.service_name }}: {{ $labels.measure }} are far from usual, and users notice",
            description="{{ $labels.measure }} of {{ $labels.service_name }} ({{ $value | humanize }}) are far beyond "
            f"what two weeks have seen, and an objective's budget burns at more than {BURN} times the allowed rate.",
            dashboard=Uid.SERVICE,
        ),
    ]
