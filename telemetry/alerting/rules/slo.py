"""Service level objectives: error budgets, and alerts on how fast they burn, over two windows each.

Source: Google, The Site Reliability Workbook, chapter 5, "Multiwindow, Multi-Burn-Rate Alerts" (table 5-8): page at
14.4 over 1 h and 5 min or 6 over 6 h and 30 min; ticket at 3 over 1 day and 2 h or 1 over 3 days and 6 h. Long windows
are means of the recorded five-minute rates of events and bad events, so they weigh by traffic as raw counters would, at
a fraction of the samples. An objective below 93 % has a budget that can't burn at 14.4.
"""

from collections import defaultdict

from settings.models.platform import PlatformSettings
from settings.models.receivers import Severity
from telemetry.alerting.rules.model import Alert, Group, Recording, groups_of
from telemetry.alerting.rules.services import ERROR, SERVED, service_names
from telemetry.grafana.dashboards.model import Uid
from telemetry.grafana.datasources import SPAN_CALLS, SPAN_DURATION

AVAILABILITY, LATENCY = "availability", "latency"
WINDOWS = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")
PAGES = ((14.4, "1h", "5m"), (6, "6h", "30m"))
TICKETS = ((3, "1d", "2h"), (1, "3d", "6h"))
# A handful of failures at night is no burning budget, whatever their share: at least so many in the long window.
LEAST_BAD_EVENTS = 10
INTERVAL_SECONDS = 60


def slo_groups(settings: PlatformSettings) -> tuple[Group, ...]:
    """Recordings and alerts of all objectives."""
    return (
        *groups_of("slo-objectives", _objectives(settings)),
        *groups_of("slo-events", _events(settings), INTERVAL_SECONDS),
        *groups_of("slo-ratios", [_ratio(window) for window in WINDOWS], INTERVAL_SECONDS),
        *groups_of("slo-budget", [_budget()], interval_seconds=180),
        *groups_of("slo-alerts", _alerts()),
    )


def bucket_matcher(threshold_ms: int) -> str:
    """Matches the bucket of a boundary. Prometheus writes whole seconds as 1 or 1.0, depending on the way in."""
    seconds = f"{threshold_ms / 1000:g}"
    return f'le="{seconds}"' if "." in seconds else f'le=~"{seconds}([.]0)?"'


def _objectives(settings: PlatformSettings) -> list[Recording]:
    targets = [(service.name, settings.slos.of(service)) for service in settings.services]
    return [
        Recording(
            record="slo:objective:ratio",
            expr=f"vector({percent / 100:.6g})",
            labels={"slo": slo, "service_name": name},
        )
        for slo, key in ((AVAILABILITY, "availability_percent"), (LATENCY, "latency_percent"))
        for name, target in targets
        for percent in (getattr(target, key),)
    ]


def _events(settings: PlatformSettings) -> list[Recording]:
    names = f'{SERVED},service_name=~"{service_names(settings)}"'
    every = f"sum by (service_name) (rate({SPAN_CALLS}{{{names}}}[5m])) > 0"
    return [
        *(Recording(record="slo:events:rate5m", expr=every, labels={"slo": slo}) for slo in (AVAILABILITY, LATENCY)),
        Recording(
            record="slo:bad_events:rate5m",
            expr=f"sum by (service_name) (rate({SPAN_CALLS}{{{names},{ERROR}}}[5m])) or 0 * ({every})",
            labels={"slo": AVAILABILITY},
        ),
        Recording(record="slo:bad_events:rate5m", expr=_slow(settings), labels={"slo": LATENCY}),
    ]


def _slow(settings: PlatformSettings) -> str:
    """Requests a second that took longer than their service's threshold."""
    services: dict[int, list[str]] = defaultdict(list)
    for service in settings.services:
        services[settings.slos.of(service).latency_threshold_ms].append(service.name)
    parts: list[str] = []
    for threshold_ms, members in sorted(services.items()):
        names = f'{SERVED},service_name=~"{"|".join(members)}"'
        parts.append(
            f"clamp_min(sum by (service_name) (rate({SPAN_DURATION}_count{{{names}}}[5m]))"
            f" - sum by (service_name) (rate({SPAN_DURATION}_bucket{{{names},{bucket_matcher(threshold_ms)}}}[5m])), 0)"
        )
    return " or ".join(parts)


def _ratio(window: str) -> Recording:
    if window == "5m":
        expr = "slo:bad_events:rate5m / slo:events:rate5m"
    else:
        expr = f"avg_over_time(slo:bad_events:rate5m[{window}]) / avg_over_time(slo:events:rate5m[{window}])"
    return Recording(record=f"slo:sli_errors:ratio_rate{window}", expr=expr)


def _budget() -> Recording:
    spent = "avg_over_time(slo:bad_events:rate5m[30d]) / avg_over_time(slo:events:rate5m[30d])"
    return Recording(record="slo:error_budget_remaining:ratio30d", expr=f"1 - ({spent}) / (1 - slo:objective:ratio)")


def _burns(rows: tuple[tuple[float, str, str], ...]) -> str:
    return "\nor\n".join(
        f"(slo:sli_errors:ratio_rate{long} > {factor:g} * (1 - slo:objective:ratio)"
        f" and slo:sli_errors:ratio_rate{short} > {factor:g} * (1 - slo:objective:ratio)"
        f" and sum_over_time(slo:bad_events:rate5m[{long}]) * {INTERVAL_SECONDS} >= {LEAST_BAD_EVENTS})"
        for factor, long, short in rows
    )


def _alerts() -> list[Alert]:
    return [
        Alert(
            alert="SloBudgetBurningFast",
            expr=_burns(PAGES),
            severity=Severity.CRITICAL,
            summary="{{ $labels.service_name }}: the {{ $labels.slo }} budget of a month is gone within days",
            description="{{ $value | humanizePercentage }} of {{ $labels.service_name }}'s requests miss the "
            "{{ $labels.slo }} objective: 14.4 times the rate that 30 days allow over the last hour, or 6 times over "
            "the last 6 hours, and still so in the last minutes.",
            dashboard=Uid.SERVICE,
        ),
        Alert(
            alert="SloBudgetBurningSlowly",
            expr=_burns(TICKETS),
            severity=Severity.WARNING,
            summary="{{ $labels.service_name }}: the {{ $labels.slo }} budget won't last the month",
            description="{{ $value | humanizePercentage }} of {{ $labels.service_name }}'s requests miss the "
            "{{ $labels.slo }} objective: 3 times the rate that 30 days allow over the last day, or more than that "
            "rate over the last 3 days, and still so in the last hours.",
            dashboard=Uid.SERVICE,
        ),
    ]
