"""Requests, errors and durations of the tenant's services, from span metrics of all spans before sampling."""

from settings.models.platform import PlatformSettings
from settings.models.receivers import Severity
from telemetry.alerting.rules.model import Alert, Group, Recording, groups_of
from telemetry.grafana.dashboards.model import Uid
from telemetry.grafana.datasources import SPAN_CALLS, SPAN_DURATION_BUCKET

# What a service does for others; its own calls are the callee's business.
SERVED = 'span_kind=~"SPAN_KIND_SERVER|SPAN_KIND_CONSUMER"'
ERROR = 'status_code="STATUS_CODE_ERROR"'
QUANTILES = {"p50_5m": 0.5, "p95_5m": 0.95, "p99_5m": 0.99}

# Published alerts: high_error_rate > 5 % for 2 min, critical; high_response_time > 2 s for 5 min, warning.
ERROR_RATE_LIMIT = 0.05
ERROR_RATE_MINUTES = 2
RESPONSE_TIME_LIMIT_SECONDS = 2
RESPONSE_TIME_MINUTES = 5
LAST_SEEN_HOURS = 6
RULES_OWN = "ALERTS.*|.+:.+"
OF_THE_PODS = "(container|k8s|kube)_.+"


def service_names(settings: PlatformSettings) -> str:
    """The services of the list as a regular expression."""
    return "|".join(service.name for service in settings.services)


def error_ratio(window: str) -> str:
    """Share of failed requests by service, 0 to 1; nothing where there are no requests."""
    every = f"sum by (service_name) (rate({SPAN_CALLS}{{{SERVED}}}[{window}]))"
    failed = f"sum by (service_name) (rate({SPAN_CALLS}{{{SERVED},{ERROR}}}[{window}]))"
    return f"({failed} or 0 * {every}) / ({every} > 0)"


def service_groups(settings: PlatformSettings) -> tuple[Group, ...]:
    """Recordings and alerts of services."""
    return (
        *groups_of("services", _recordings()),
        # Twice as often as the rest: two minutes are the published delay.
        *groups_of("services-alerts", _alerts(settings), interval_seconds=30),
        *groups_of("telemetry-presence", _presence(settings), interval_seconds=180),
    )


def _recordings() -> list[Recording]:
    return [
        Recording(record="service:requests:rate5m", expr=f"sum by (service_name) (rate({SPAN_CALLS}{{{SERVED}}}[5m]))"),
        Recording(record="service:errors:ratio_rate5m", expr=error_ratio("5m")),
        *(
            Recording(
                record=f"service:duration_seconds:{name}",
                expr=f"histogram_quantile({q}, sum by (service_name, le) "
                f"(rate({SPAN_DURATION_BUCKET}{{{SERVED}}}[5m])))",
            )
            for name, q in QUANTILES.items()
        ),
    ]


def _alerts(settings: PlatformSettings) -> list[Alert]:
    return [
        Alert(
            alert="HighErrorRate",
            # A window as short as the published time: five minutes would report an outage three minutes later.
            expr=f"{error_ratio('2m')} > {ERROR_RATE_LIMIT}",
            for_minutes=ERROR_RATE_MINUTES,
            severity=Severity.CRITICAL,
            summary="{{ $labels.service_name }}: {{ $value | humanizePercentage }} of requests fail",
            description="More than 5 % of the requests that {{ $labels.service_name }} serves have ended with an error "
            "for 2 minutes.",
            dashboard=Uid.SERVICE,
        ),
        Alert(
            alert="HighResponseTime",
            expr=f"service:duration_seconds:p95_5m > {RESPONSE_TIME_LIMIT_SECONDS}",
            for_minutes=RESPONSE_TIME_MINUTES,
            severity=Severity.WARNING,
            summary="{{ $labels.service_name }}: one request in twenty takes {{ $value | humanizeDuration }} or more",
            description="The 95th percentile of {{ $labels.service_name }}'s request duration has been above 2 s for "
            "5 minutes.",
            dashboard=Uid.SERVICE,
        ),
        Alert(
            alert="ServiceTelemetryMissing",
            expr='slo:objective:ratio{slo="availability"} unless on (service_name) '
            f"(lgtm:telemetry_last_seen_seconds < {settings.alerting.telemetry_missing_minutes * 60})",
            for_minutes=5,
            severity=Severity.WARNING,
            summary="{{ $labels.service_name }} sends no metrics and no spans",
            description="Nothing has come from {{ $labels.service_name }} for "
            f"{settings.alerting.telemetry_missing_minutes} minutes: it is down, or its exporter can't reach the "
            "collector, and every other alert about it is blind.",
            dashboard=Uid.SERVICE,
        ),
    ]


def _presence(settings: PlatformSettings) -> list[Recording]:
    """Series by service: the tenant's by counting, the platform's by what their scrapes kept, which costs no query.

    Rules' own results don't count: a constant such as an objective would keep a silent service alive for ever. Nor does
    what the kubelet says of its pods when it comes to whether a service itself has sent anything.
    """
    names = f'service_name=~"{service_names(settings)}"'
    return [
        Recording(
            record="lgtm:series_by_service",
            expr=f'count by (service_name) ({{{names},__name__!~"{RULES_OWN}"}})'
            " or sum by (service_name) (scrape_samples_post_metric_relabeling)",
        ),
        Recording(
            record="lgtm:sent_series_by_service",
            expr=f'count by (service_name) ({{{names},__name__!~"{RULES_OWN}|{OF_THE_PODS}"}})',
        ),
        Recording(
            record="lgtm:telemetry_last_seen_seconds",
            expr=f"time() - max_over_time(timestamp(lgtm:sent_series_by_service)[{LAST_SEEN_HOURS}h:3m])",
        ),
    ]
