"""`alerts silence`: what a silence would hold back, adding one, which there are, ending one."""

import getpass
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from ops.alerts.way_out import services_of_team
from ops.backends.alertmanager import Matcher, Silence, SilenceState, matcher
from ops.backends.logfmt import seconds
from ops.backends.target import Target
from ops.errors import CommandError
from ops.report.model import Document, Text, Tone, document, table
from ops.report.output import Answer
from ops.report.words import moment, one_line, plural
from planning.base import Frozen
from settings.models.platform import PlatformSettings
from telemetry.alerting.rules.alerting_health import WATCHDOG

LEAST_SECONDS, MOST_SECONDS = 60, 30 * 24 * 3600
SHOWN_CHARACTERS = 120


class Request(Frozen):
    """What a person asks to hold back."""

    matchers: tuple[Matcher, ...]
    seconds: float
    """How long."""
    comment: str


class Silencing(Frozen):
    """A silence that was added, or would be."""

    stack: str
    matchers: tuple[str, ...]
    ends_at: datetime
    comment: str
    firing: tuple[Mapping[str, str], ...]
    """Labels of the alerts that fire now and match."""
    id: str | None
    """None: nothing was added."""

    def document(self) -> Document:
        """For people."""
        what = f"{', '.join(self.matchers)} in {self.stack} until {moment(self.ends_at)}"
        said = f"would silence {what}; --apply does" if self.id is None else f"silenced {what}: {self.id}"
        matched = f"{plural(len(self.firing), 'alert')} of these {'fires' if len(self.firing) == 1 else 'fire'} now"
        rows = [[one.get(name, "") for name in ("alertname", "severity", "service_name")] for one in self.firing]
        blocks = [Text(words=said), Text(words=matched)]
        if any(one.get("alertname") == WATCHDOG for one in self.firing):
            words = f"{WATCHDOG} is among them: without it the heartbeat monitor raises the alarm"
            blocks.append(Text(words=words, tone=Tone.BAD))
        return document("", *blocks, *([table(("alert", "severity", "service"), rows)] if rows else []))


def matchers_of(settings: PlatformSettings, matchers: Sequence[str], team: str | None) -> list[str]:
    """The matchers as a person wrote them, and one for the team's services."""
    theirs = [f"service_name=~{'|'.join(services_of_team(settings, team))}"] if team is not None else []
    return [*matchers, *theirs]


def request(matchers: Sequence[str], duration: str | None, comment: str | None) -> Request:
    """The options as a request. Raises `CommandError` for what is missing or can't be."""
    if not matchers:
        raise CommandError("--matcher is missing; accepted: one or more, such as alertname=VolumeFilling")
    length = seconds(duration or "")
    if length is None or not LEAST_SECONDS <= length <= MOST_SECONDS:
        raise CommandError(f"--for: got {duration!r}; accepted: 1m to {MOST_SECONDS // 3600}h, such as 2h or 1h30m")
    if not comment or not comment.strip():
        raise CommandError("--comment is missing; accepted: why, in a few words that others will read")
    return Request(matchers=tuple(map(matcher, matchers)), seconds=length, comment=comment.strip())


def silence(target: Target, wanted: Request, *, apply: bool) -> Answer:
    """What fires and would be held back; with `apply` the silence is added."""
    alertmanager = target.alertmanager()
    firing = alertmanager.alerts(wanted.matchers)
    now = datetime.now(UTC)
    ends_at = now + timedelta(seconds=wanted.seconds)
    added = alertmanager.silence(wanted.matchers, now, ends_at, _person(), wanted.comment) if apply else None
    found = Silencing(
        stack=target.stack,
        matchers=tuple(one.text for one in wanted.matchers),
        ends_at=ends_at,
        comment=wanted.comment,
        firing=tuple(one.labels for one in firing),
        id=added,
    )
    return Answer(found, found.document)


def listed(target: Target) -> Answer:
    """Silences that hold or will, the first to end first."""
    silences = [one for one in target.alertmanager().silences() if one.status.state is not SilenceState.EXPIRED]
    silences.sort(key=lambda one: one.ends_at)
    title = f"{plural(len(silences), 'silence')} in {target.stack}"
    titles = ("id", "state", "until", "matchers", "by", "comment")
    return Answer(silences, lambda: document(title, *([table(titles, map(_row, silences))] if silences else [])))


def expire(target: Target, silence_id: str) -> Answer:
    """Ends one."""
    target.alertmanager().expire(silence_id)
    said = f"silence {silence_id} has ended: its alerts are told of again"
    return Answer({"expired": silence_id}, lambda: document("", Text(words=said)))


def _row(one: Silence) -> list[str]:
    matchers, comment = ", ".join(part.text for part in one.matchers), one_line(one.comment, SHOWN_CHARACTERS)
    return [one.id, one.status.state.value, moment(one.ends_at), matchers, one.created_by, comment]


def _person() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "lgtm"
