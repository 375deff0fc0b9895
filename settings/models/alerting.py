"""From which thresholds on there are alerts, whose they are, and when they wait."""

from collections.abc import Iterator
from functools import cache
from typing import Annotated, Self
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field, model_validator

from planning.base import Frozen, broken_rule
from settings.models.fields import matching
from settings.models.receivers import Receivers, Severity

# The database is many files: read once.
_time_zones = cache(available_timezones)


def _known_zone(name: str) -> str:
    zones = _time_zones()
    if zones and name not in zones:
        raise broken_rule("no such time zone")
    return name


TimeOfDay = Annotated[str, matching(r"^([01]\d|2[0-3]):[0-5]\d$", "a time of day, such as 22:00")]
TimeZone = Annotated[
    str,
    AfterValidator(_known_zone),
    matching(
        r"^[A-Za-z_+-]+(/[A-Za-z0-9_+-]+)*$",
        "the name of a time zone of the IANA database, such as Europe/Berlin, or UTC",
    ),
]
HttpUrl = Annotated[str, matching(r"^https?://[^\s/]+(/[^\s]*)?$", "a URL that starts with http:// or https://")]
Team = Annotated[str, matching(r"^[\w .@-]{1,63}$", "1 to 63 letters, digits, spaces and . @ _ -")]


class QuietHours(Frozen):
    """When warnings and information wait; critical alerts never do."""

    time_zone: TimeZone
    """Zone of the times."""
    start: TimeOfDay
    """Every evening from."""
    end: TimeOfDay
    """Until the next morning at."""
    weekends: bool
    """Whether Saturday and Sunday are quiet as a whole."""

    @model_validator(mode="after")
    def _over_midnight(self) -> Self:
        if self.start == self.end:
            raise broken_rule(
                f"start and end are both {self.start}; quiet_hours: null turns quiet hours off", "start", "end"
            )
        return self


class AlertingSettings(Frozen):
    """Alerts: thresholds that differ between companies, and where alerts go."""

    team: Team | None = None
    """Label `team` of every alert; default: the stack's owner."""
    runbook_base_url: HttpUrl | None = None
    """Where docs/runbooks is published; default: alerts link to Grafana's folder Runbooks."""
    storage_growth_gb_per_day: Annotated[float, Field(gt=0, le=1_000_000)]
    """Warn when more is written to the buckets, in GB (10^9 bytes) a day."""
    ingestion_mb_per_second: Annotated[float, Field(gt=0, le=100_000)]
    """Warn when all signals together are more, in MB/s (10^6 bytes)."""
    telemetry_missing_minutes: Annotated[int, Field(ge=5, le=1440)]
    """Warn when a service of the list has sent nothing for so long, in minutes."""
    quiet_hours: QuietHours | None = None
    """When warnings wait; null: never."""
    receivers: Receivers
    """Where alerts go."""

    def unheard(self) -> Iterator[str]:
        """One sentence for each kind of alert that reaches nobody."""
        silent = [severity.value for severity in Severity if not self.receivers.of(severity)]
        if silent:
            yield (
                f"alerts of severity {', '.join(silent)} reach nobody: name ways, such as slack or msteams, under "
                f"alerting.receivers.{silent[0]}"
            )
        if not self.receivers.watchdog:
            yield (
                "nobody notices when alerting itself stops: set alerting.receivers.watchdog to true and "
                "lgtm:alerting_watchdog_url to the address of a heartbeat monitor"
            )
