"""Bands and what is beyond them: a service of 100 requests/s, 50 more at noon, for three days."""

import math

from telemetry.alerting.rules.anomalies import (
    EDGE,
    HOUR,
    HOURS_LEAST,
    HOURS_MOST,
    LEARNT,
    LEAST,
    MOST,
    RANGE,
    TEN_MINUTES,
    VALUE,
)
from tests.artefacts.rule_cases.model import AlertCase, RecordingCase, steps

LABELS = 'measure="{}",service_name="api-gateway"'


def of(name: str, measure: str = "requests", **more: str) -> str:
    pairs = [LABELS.format(measure), *(f'{key}="{value}"' for key, value in more.items())]
    return f"{name}{{{','.join(pairs)}}}"


def band(value: str, measure: str = "requests", hour: str = "") -> dict[str, str]:
    """A band of 50 to 150 over two weeks, of 90 to 110 in the same hours; and where the means are."""
    return {
        of(MOST, measure): "150x400",
        of(LEAST, measure): "50x400",
        of(RANGE, measure): "100x400",
        of(HOURS_MOST, measure): "110x400",
        of(HOURS_LEAST, measure): "90x400",
        of(TEN_MINUTES, measure): value,
        of(HOUR, measure): hour or "100x400",
    }


BURN = 'slo:sli_errors:ratio_rate1h{slo="availability",service_name="api-gateway"}'
BURNING = {
    BURN: "0.02x400",
    'slo:objective:ratio{slo="availability",service_name="api-gateway"}': "0.995x400",
}
ALERTS = (
    AlertCase(
        "ServiceUnusual",
        "more than two weeks have seen and a tenth of their range, and an hour longer",
        band(steps((100, 10), (160.1, 20), (100, 100))),
        {"9m": 0, "10m": 1, "29m": 1, "60m": 1, "89m": 1, "91m": 0},
    ),
    AlertCase("ServiceUnusual", "exactly at the edge", band("160x120"), {"100m": 0}),
    AlertCase("ServiceUnusual", "no requests to speak of", band("39x120"), {"60m": 1}),
    AlertCase("ServiceUnusual", "no errors are welcome", band("0x120", "errors"), {"60m": 0}),
    AlertCase(
        "ServiceUnusual",
        "an hour that is beyond the same hours of the days before, well within two weeks' range",
        band("120x120", hour="171x120"),
        {"60m": 1},
    ),
    AlertCase("ServiceUnusual", "no band, no alert", {of(TEN_MINUTES): "1000x60", of(HOUR): "1000x60"}, {"50m": 0}),
    AlertCase(
        "ServiceUnusualAndFailing",
        "far beyond, and the budget burns four times too fast; then the burning ends",
        {
            **band("201x400"),
            **BURNING,
            'slo:sli_errors:ratio_rate1h{slo="availability",service_name="api-gateway"}': steps(
                (0.02, 20), (0.001, 20)
            ),
        },
        {"4m": 0, "5m": 1, "19m": 1, "20m": 0},
    ),
    AlertCase("ServiceUnusualAndFailing", "a little beyond", {**band("165x60"), **BURNING}, {"50m": 0}),
    AlertCase(
        "ServiceUnusualAndFailing",
        "far beyond, and nobody is hurt",
        {**band("300x60"), 'slo:objective:ratio{slo="availability",service_name="api-gateway"}': "0.995x60"},
        {"50m": 0},
    ),
)

_A_DAY = 360
_WAVE = [100 + 50 * math.sin(2 * math.pi * step / _A_DAY) for step in range(3 * _A_DAY + 1)]
SOURCES = {
    'service:requests:rate5m{service_name="api-gateway"}': " ".join(f"{value:.6f}" for value in _WAVE),
    'service:errors:ratio_rate5m{service_name="api-gateway"}': "0x1080",
    'service:duration_seconds:p95_5m{service_name="api-gateway"}': "0.2x1080",
    'lgtm:log_bytes:rate5m{service_name="api-gateway"}': "5000x1080",
    'lgtm:ingestion_bytes_by_service:rate1h{service_name="api-gateway",signal="logs"}': "5000x1080",
    'lgtm:ingestion_bytes_by_service:rate1h{service_name="api-gateway",signal="traces"}': "7000x1080",
}


def case(record: str, query: str, samples: dict[str, float], at: str = "71h") -> RecordingCase:
    return RecordingCase(record, "anomalies", SOURCES, at, query, samples, "4m")


# The same with two hours without a request, half a day before the end.
_OUTAGE = [0.0 if 58 <= step / 15 < 60 else value for step, value in enumerate(_WAVE)]
AFTER_AN_OUTAGE = {'service:requests:rate5m{service_name="api-gateway"}': " ".join(f"{one:.6f}" for one in _OUTAGE)}

RECORDINGS = (
    # What was an outage yesterday is one today: the lower edge is still far above nothing.
    RecordingCase(
        EDGE,
        "anomalies",
        AFTER_AN_OUTAGE,
        "71h",
        f'{EDGE}{{band="two weeks",side="low"}} > bool 20',
        {of("", band="two weeks", side="low"): 1},
        "4m",
    ),
    case(
        VALUE,
        f"sum by (measure) ({VALUE})",
        {
            '{measure="requests"}': round(_WAVE[71 * 15], 6),
            # Below a per cent, errors are none.
            '{measure="errors"}': 0.01,
            '{measure="latency"}': 0.2,
            '{measure="log bytes"}': 5000,
            '{measure="bytes"}': 12_000,
        },
    ),
    case(TEN_MINUTES, f'round({TEN_MINUTES}{{measure="latency"}}, 0.001)', {of("", "latency"): 0.2}),
    case(HOUR, f'round({HOUR}{{measure="log bytes"}}, 1)', {of("", "log bytes"): 5000}),
    case(LEARNT, f'round({LEARNT}{{measure="latency"}}, 0.001)', {of("", "latency"): 0.2}),
    case(MOST, f'round({MOST}{{measure="requests"}})', {of(""): 150}),
    case(LEAST, f'round({LEAST}{{measure="requests"}})', {of(""): 50}),
    case(RANGE, f'round({RANGE}{{measure="requests"}})', {of(""): 100}),
    # What never moves may still move by a twentieth.
    case(RANGE, f'round({RANGE}{{measure="log bytes"}})', {of("", "log bytes"): 250}),
    case(
        HOURS_MOST,
        f'abs({HOURS_MOST}{{measure="requests"}} - {max(_WAVE[46 * 15 : 48 * 15]):.4f}) < bool 8',
        {of(""): 1},
    ),
    case(
        HOURS_LEAST,
        f'abs({HOURS_LEAST}{{measure="requests"}} - {min(_WAVE[46 * 15 : 48 * 15]):.4f}) < bool 8',
        {of(""): 1},
    ),
    case(
        EDGE,
        f'round({EDGE}{{measure="requests",band="two weeks"}})',
        {of("", band="two weeks", side="high"): 160, of("", band="two weeks", side="low"): 40},
    ),
    # Silent in the first two days.
    case(EDGE, f'{EDGE}{{band="two weeks"}}', {}, "47h"),
)
