"""Rules of Loki's ruler: what only the text of logs tells. Results of recordings are written to Mimir."""

from settings.models.platform import PlatformSettings
from settings.models.receivers import Severity
from telemetry.alerting.rules.model import Alert, Group, Recording, groups_of
from telemetry.grafana.dashboards.model import Uid

LOG_BYTES = "lgtm:log_bytes:rate5m"
ERROR_LINES_A_SECOND = 1
FAILED_LOGINS_IN_5_MINUTES = 50
# What services write when somebody can't prove who they are; matched without regard to case.
AUTHENTICATION_FAILURE = (
    r"(?i)(authentication (failed|failure)|login failed|failed login"
    r"|invalid (credentials|password|api key|token)|token (expired|rejected))"
)

# Loki compares plain alternatives as substrings and runs a group as a regular expression, at 7 to 8 times the cost:
# this one goes first and lets through every line that the other can match.
MAYBE_AUTHENTICATION_FAILURE = "(?i)fail|invalid|token"


def loki_groups(settings: PlatformSettings) -> tuple[Group, ...]:
    """Recordings and alerts on logs of the tenant's services."""
    names = "|".join(service.name for service in settings.services)
    streams = f'{{service_name=~"{names}"}}'
    return (
        *groups_of(
            "log-volume",
            [Recording(record=LOG_BYTES, expr=f"sum by (service_name) (bytes_rate({streams}[5m]))")],
        ),
        *groups_of(
            "log-alerts",
            [
                Alert(
                    alert="ErrorLogBurst",
                    expr=f'sum by (service_name) (rate({streams} | detected_level=~"error|critical|fatal" [5m]))'
                    f" > {ERROR_LINES_A_SECOND}",
                    for_minutes=10,
                    severity=Severity.WARNING,
                    summary='{{ $labels.service_name }} logs {{ $value | printf "%.1f" }} errors a second',
                    description="{{ $labels.service_name }} has written more than one error line a second for 10 "
                    "minutes.",
                    dashboard=Uid.SERVICE,
                ),
                Alert(
                    alert="AuthenticationFailures",
                    expr=f"sum by (service_name) (count_over_time({streams} |~ `{MAYBE_AUTHENTICATION_FAILURE}`"
                    f" |~ `{AUTHENTICATION_FAILURE}` [5m])) > {FAILED_LOGINS_IN_5_MINUTES}",
                    for_minutes=5,
                    severity=Severity.WARNING,
                    summary="{{ $value }} failed logins at {{ $labels.service_name }} within 5 minutes",
                    description="Somebody tries credentials at {{ $labels.service_name }}, or a client's own have "
                    "expired.",
                    dashboard=Uid.SECURITY,
                ),
            ],
        ),
    )
