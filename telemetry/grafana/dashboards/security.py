"""Security: who was refused, what is unusual, what was masked, which certificates end."""

from telemetry.grafana.dashboards.model import Dashboard, Row, Threshold, Uid, Unit
from telemetry.grafana.dashboards.panels import (
    ANY_RATE_IS_BAD,
    GREEN,
    NOTHING,
    RED,
    TALL,
    YELLOW,
    bars,
    charts,
    log_lines,
    row,
    stat,
    stats,
    table,
    timeseries,
)
from telemetry.grafana.dashboards.queries import (
    CHOICES,
    INCOMING,
    LOGS,
    OBJECTS,
    RECORDED,
    SERVICE,
    calls,
    logs,
    now,
    prom,
    rate,
    share,
    top,
)
from telemetry.grafana.datasources import SPAN_CALLS

REFUSED = 'http_response_status_code=~"401|403"'
# How services put it that someone could not prove who they are, or may not do what they asked for.
AUTH_FAILURE = (
    "(?i)(auth(entication|orization)? fail|login fail|failed login|invalid (token|credential|password|api key)|"
    "unauthori[sz]ed|permission denied|access denied|forbidden)"
)
# Goes first, because plain alternatives cost Loki an eighth of a group; lets through all that the other can match.
MAYBE_AUTH_FAILURE = "(?i)fail|invalid|unauthori|denied|forbidden"
# What the gateway's redaction puts in the place of a secret.
MASK = "****"
_DAY = 86_400
# Standard deviations from the day's mean.
_UNUSUAL = Threshold(3, YELLOW), Threshold(6, RED)
_FEW_REFUSED = Threshold(0.02, YELLOW), Threshold(0.1, RED)
_FAILED_LINES = f"{{{LOGS}}} |~ `{MAYBE_AUTH_FAILURE}` |~ `{AUTH_FAILURE}`"


def security(has_certificates: bool) -> Dashboard:
    """For whoever answers for security. `has_certificates`: cert-manager issues the platform's certificates."""
    certificates = (_certificates(),) if has_certificates else ()
    return Dashboard(
        Uid.SECURITY,
        "Security",
        "Refused requests, authentication events, unusual traffic, masked secrets. The Kubernetes API's audit log is "
        "in CloudWatch, not here.",
        (_refused(), _authentication(), _unusual(), _masked(), _grafana(), *certificates),
        CHOICES,
        window="now-24h",
    )


def _refused() -> Row:
    by = "service_name, span_name"
    return row(
        "Access patterns",
        stats(
            stat(
                "Not authenticated",
                "Answers 401: no or wrong credentials.",
                prom(_answers(401)),
                unit=Unit.REQUESTS_PER_SECOND,
            ),
            stat(
                "Not allowed",
                "Answers 403: known, but without the right.",
                prom(_answers(403)),
                unit=Unit.REQUESTS_PER_SECOND,
            ),
            stat(
                "Refused of all",
                "Share of 401 and 403 among all answers.",
                prom(share(calls(where=REFUSED), calls())),
                unit=Unit.RATIO,
                thresholds=_FEW_REFUSED,
                decimals=2,
            ),
            stat(
                "Refused today and yesterday",
                "Refusals of the last hour, in parts of those a day earlier; far above 100 % someone is trying.",
                prom(_against_yesterday(REFUSED)),
                when_empty=NOTHING,
                unit=Unit.RATIO,
                thresholds=(Threshold(2, YELLOW), Threshold(5, RED)),
                decimals=0,
            ),
        ),
        charts(
            timeseries(
                "Refused by service",
                "Share of 401 and 403. A step after a release is a broken client; a spike is an attempt.",
                prom(
                    share(calls(by="service_name", where=REFUSED), calls(by="service_name")),
                    "{{service_name}}",
                ),
                unit=Unit.RATIO,
                thresholds=_FEW_REFUSED,
            ),
            timeseries(
                "Answers to the caller's mistakes",
                "404 in numbers is someone searching for open doors; 429 is a limit at work.",
                prom(
                    calls(by="http_response_status_code", where='http_response_status_code=~"4.."'),
                    "{{http_response_status_code}}",
                ),
                when_empty=NOTHING,
                unit=Unit.REQUESTS_PER_SECOND,
                stacked=True,
            ),
            table(
                "Where access is refused",
                "The 20 operations with the most 401 and 403.",
                now(top(20, calls(by=by, where=REFUSED)), "Refused/s", Unit.REQUESTS_PER_SECOND),
                now(share(calls(by=by, where=REFUSED), calls(by=by)), "Of its requests", Unit.RATIO),
                columns=(("service_name", "Service"), ("span_name", "Operation")),
                when_empty=NOTHING,
                decimals=3,
            ),
        ),
    )


def _answers(status: int) -> str:
    matcher = f'http_response_status_code="{status}"'
    return f"{calls(where=matcher)} or vector(0)"


def _against_yesterday(where: str) -> str:
    def refused(window: str) -> str:
        return f"sum(increase({SPAN_CALLS}{{{SERVICE},{INCOMING},{where}}}{window}))"

    return f"{refused('[1h]')} / ({refused('[1h] offset 1d')} > 0)"


def _authentication() -> Row:
    return row(
        "Authentication events",
        charts(
            timeseries(
                "Failures in logs",
                "Lines in which a service says that someone could not log in or was not allowed.",
                logs(f"sum by (service_name) (count_over_time({_FAILED_LINES} [$__auto]))", "{{service_name}}"),
                when_empty=NOTHING,
            ),
            bars(
                "Users with most failures",
                "Ids are hashed: the same bar is the same user.",
                logs(
                    top(
                        10,
                        f'sum by (user_id) (count_over_time({_FAILED_LINES} | user_id!="" [$__range]))',
                    ),
                    "{{user_id}}",
                    instant=True,
                ),
                when_empty=NOTHING,
                decimals=0,
            ),
        ),
        charts(
            log_lines("Newest failures", "A line with a trace id opens its trace.", logs(_FAILED_LINES)),
        ),
    )


def _unusual() -> Row:
    requests, errors = f"service:requests:rate5m{{{RECORDED}}}", f"service:errors:ratio_rate5m{{{RECORDED}}}"
    return row(
        "Anomalies",
        charts(
            timeseries(
                "Unusual traffic",
                "Standard deviations from the last day's mean; above 3 is rare, far above 6 an attack or a campaign.",
                prom(_deviations(requests), "{{service_name}}"),
                unit=Unit.SCORE,
                thresholds=_UNUSUAL,
                decimals=1,
            ),
            timeseries(
                "Unusual errors",
                "The same for the share of failed requests.",
                prom(_deviations(errors), "{{service_name}}"),
                unit=Unit.SCORE,
                thresholds=_UNUSUAL,
                decimals=1,
            ),
            timeseries(
                "Unusual log volume",
                "The same for bytes of logs: a debug switch left on, or a loop.",
                prom(
                    _deviations(f'lgtm:ingestion_bytes_by_service:rate1h{{{RECORDED},signal="logs"}}'),
                    "{{service_name}}",
                ),
                unit=Unit.SCORE,
                thresholds=_UNUSUAL,
                decimals=1,
            ),
        ),
    )


def _deviations(series: str) -> str:
    return f"abs({series} - avg_over_time({series}[1d])) / (stddev_over_time({series}[1d]) > 0)"


def _masked() -> Row:
    masked = f"{{{LOGS}}} |= `{MASK}`"
    return row(
        "Masked before storage",
        charts(
            timeseries(
                "Log lines with a masked secret",
                "What the gateway masked. The fix is in the service that writes it; the line is where to look.",
                logs(f"sum by (service_name) (count_over_time({masked} [$__auto]))", "{{service_name}}"),
                when_empty=NOTHING,
                stacked=True,
            ),
            log_lines("Newest masked lines", "The mask stands where the secret was.", logs(masked)),
        ),
        collapsed=True,
    )


def _grafana() -> Row:
    requests = "grafana_http_request_duration_seconds_count"
    return row(
        "Grafana itself",
        charts(
            timeseries(
                "Logins",
                "By password and by single sign-on.",
                prom("sum(increase(grafana_api_login_post_total[1h]))", "password, last hour"),
                prom("sum(increase(grafana_api_login_oauth_total[1h]))", "single sign-on, last hour"),
                decimals=0,
            ),
            timeseries(
                "Refused by Grafana",
                "Answers 401 and 403; a steady rate is a script with an old token.",
                prom(rate(requests, by="status_code", where='status_code=~"401|403"'), "{{status_code}}"),
                when_empty=NOTHING,
                unit=Unit.REQUESTS_PER_SECOND,
                thresholds=(Threshold(0.1, YELLOW), Threshold(1, RED)),
            ),
            timeseries(
                "Queries through Grafana",
                "By data source: who reads what.",
                prom(rate("grafana_datasource_request_total", by="datasource"), "{{datasource}}"),
                unit=Unit.REQUESTS_PER_SECOND,
            ),
        ),
        collapsed=True,
    )


def _certificates() -> Row:
    ends = f"certmanager_certificate_expiration_timestamp_seconds{{{OBJECTS}}}"
    return row(
        "Certificates",
        charts(
            bars(
                "Time to expiry",
                "cert-manager renews when a third of the lifetime is left; below a week it doesn't.",
                now(f"min by (namespace, name) ({ends}) - time()", "{{namespace}}/{{name}}"),
                unit=Unit.AGE,
                thresholds=(Threshold(7 * _DAY, YELLOW), Threshold(21 * _DAY, GREEN)),
                good_above=True,
            ),
            timeseries(
                "Certificates not ready",
                "Requested, but not issued.",
                prom(
                    f'sum by (namespace, name) (certmanager_certificate_ready_status{{{OBJECTS},condition!="True"}})',
                    "{{namespace}}/{{name}}",
                ),
                thresholds=ANY_RATE_IS_BAD,
                decimals=0,
            ),
            height=TALL,
        ),
        collapsed=True,
    )
