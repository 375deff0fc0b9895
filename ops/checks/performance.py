"""`performance`: query latency by back end, ingestion and errors, against the published targets.

Latency comes from each back end's own request histograms over the window, and from a few queries asked now.
"""

import time
from collections.abc import Callable, Iterator
from statistics import median
from typing import NamedTuple

from ops.backends.errors import LiveError
from ops.backends.prometheus import Mimir
from ops.backends.target import Role, Target
from ops.checks.health import failed
from ops.report.checks import Check, Report, State, within
from planning.performance_targets import ERROR_RATIO, INGESTION_MB_PER_SECOND, QUERY_SECONDS_MEAN, QUERY_SECONDS_P95
from settings.models.platform import PlatformSettings

PROBES = 3
BYTES_PER_MB = 1e6
INGESTION = "sum by (signal) (lgtm:ingestion_bytes:rate5m)"


class Backend(NamedTuple):
    """One back end's request metrics."""

    role: Role
    metric: str
    """Histogram of requests, without its suffix."""
    query_routes: str
    """Regular expression of the routes that people and dashboards query."""
    probe: str
    """Path of a small query."""


BACKENDS = (
    Backend(
        Role.LOKI,
        "loki_request_duration_seconds",
        "loki_api_v1_query(_range)?",
        "/loki/api/v1/labels",
    ),
    Backend(
        Role.MIMIR,
        "cortex_request_duration_seconds",
        "prometheus_api_v1_query(_range)?",
        "/prometheus/api/v1/query?query=count(up)",
    ),
    Backend(
        Role.TEMPO,
        "tempo_request_duration_seconds",
        "api_search|api_v2_search|api_traces_traceid|api_v2_traces_traceid|api_metrics_query_range",
        "/api/search?limit=1",
    ),
)


def performance(target: Target, hours: int) -> Report:
    """Every measure of the last hours. Raises `LiveError` when Mimir, which knows them, gives no answer."""
    mimir = target.mimir()
    mimir.number("vector(1)")
    checks: list[Check] = []
    for backend in BACKENDS:
        checks += _latency(mimir, backend, hours)
        checks.append(_probe(target, backend))
        checks.append(_errors(mimir, backend, hours))
    checks += _ingestion(mimir, target.settings)
    return Report(title=f"Performance of {target.stack}, last {hours} h", checks=tuple(checks))


def _latency(mimir: Mimir, backend: Backend, hours: int) -> Iterator[Check]:
    name, window = backend.role.value, f'{{route=~"{backend.query_routes}"}}[{hours}h]'
    buckets = f"sum by (le) (rate({backend.metric}_bucket{window}))"
    middle, high = (mimir.number(f"histogram_quantile({share}, {buckets})") for share in (0.5, 0.95))
    said = "" if high is None or middle is None else f"P50 {middle:.2f} s, P95 {high:.2f} s"
    yield within(
        f"{name}: query P95", high, QUERY_SECONDS_P95, "s", said, f"find what is slow: queries slow --backend {name}"
    )
    mean = mimir.number(f"sum(rate({backend.metric}_sum{window})) / sum(rate({backend.metric}_count{window}))")
    yield within(
        f"{name}: query mean",
        mean,
        QUERY_SECONDS_MEAN,
        "s",
        "" if mean is None else f"{mean:.2f} s",
        "a cache or fewer heavy panels help: cache status, dashboards optimise",
    )


def _probe(target: Target, backend: Backend) -> Check:
    name = f"{backend.role}: now"
    try:
        service = target.service(backend.role)
        seconds = [_timed(lambda: service.get(backend.probe)) for _ in range(PROBES)]
    except LiveError as error:
        return failed(name, error)
    said = f"{PROBES} small queries, median {median(seconds):.2f} s, slowest {max(seconds):.2f} s"
    return within(name, max(seconds), QUERY_SECONDS_P95, "s", said, "slow even for a small query: see health")


def _timed(ask: Callable[[], object]) -> float:
    started = time.monotonic()
    ask()
    return time.monotonic() - started


def _errors(mimir: Mimir, backend: Backend, hours: int) -> Check:
    # Requests over gRPC have words for status codes: error, where HTTP has 5xx.
    count = f"{backend.metric}_count"
    bad = f'(sum(rate({count}{{status_code=~"5..|error"}}[{hours}h])) or vector(0))'
    ratio = mimir.number(f"{bad} / sum(rate({count}[{hours}h]))")
    return within(
        f"{backend.role}: failed requests",
        ratio,
        ERROR_RATIO,
        "ratio",
        "" if ratio is None else f"{ratio:.3%} of all requests",
        f"the log of {backend.role} says why; {ERROR_RATIO:.1%} is what 99.9 % uptime allows",
    )


def _ingestion(mimir: Mimir, settings: PlatformSettings) -> Iterator[Check]:
    rates = {signal: rate / BYTES_PER_MB for signal, rate in mimir.by("signal", INGESTION).items()}
    limits = {"logs": settings.ingestion.logs_mb_per_second, "traces": settings.ingestion.traces_mb_per_second}
    for signal, limit in limits.items():
        rate = rates.get(signal)
        yield within(
            f"ingestion of {signal}",
            rate,
            limit,
            "MB/s",
            "" if rate is None else f"{rate:.2f} of {limit:g} MB/s that the stack accepts",
            f"more is refused with 429: raise ingestion.{signal}_mb_per_second or send less (sampling aggressive)",
        )
    total = sum(rates.values())
    if rates:
        said = f"{total:.2f} MB/s; {INGESTION_MB_PER_SECOND} is the target of the whole platform, where sized for it"
        yield Check(
            name="ingestion altogether",
            state=State.OK,
            detail=said,
            value=total,
            limit=INGESTION_MB_PER_SECOND,
            unit="MB/s",
        )
