"""`alerts test`: one alert that is named a test, from Alertmanager's door to whom it is routed, and its end.

Alertmanager tells nobody of an alert that has ended before its group's wait is over, so the test stays that long.
"""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from ops.backends import http
from ops.backends.alertmanager import Alert, Alertmanager, AlertState, Matcher
from ops.backends.errors import LiveError
from ops.backends.logfmt import seconds
from ops.backends.target import Target
from ops.errors import CommandError
from ops.report.checks import Check, Report, State
from settings.models.platform import PlatformSettings
from settings.models.receivers import Severity
from telemetry.alerting.alertmanager import NOBODY, WAIT

ALERT_NAME = "LgtmTestAlert"
LOOKS, LOOK_EVERY_SECONDS = 15, 1.0
# After the group's wait, until its receiver has answered.
TELLING_SECONDS = 10.0
# It ends by itself where this command is killed.
LEFT_ALONE_SECONDS = 60.0


def try_out(target: Target, severity: Severity, team: str | None = None) -> Report:
    """Sends it, waits, resolves it. Raises `LiveError` where Alertmanager gives no answer."""
    service = services_of_team(target.settings, team)[0] if team is not None else None
    sent = _Sent(target.alertmanager(), target.settings, severity, service)
    try:
        sent.send()
        checks = list(_seen(sent, target.settings, team))
    except (LiveError, KeyboardInterrupt):
        sent.resolve()
        raise
    return Report(title=f"Test alert of {target.stack}", checks=(*checks, sent.resolve()))


def services_of_team(settings: PlatformSettings, team: str) -> list[str]:
    """The names of a team's services. Raises `CommandError` for a team that no service names."""
    found = [one.name for one in settings.services if one.team == team]
    if not found:
        teams = ", ".join(sorted({one.team for one in settings.services if one.team})) or "no service names one"
        raise CommandError(f"--team: got {team!r}; accepted: a services[].team of the stack's file: {teams}")
    return found


class _Sent:
    def __init__(
        self, alertmanager: Alertmanager, settings: PlatformSettings, severity: Severity, service: str | None
    ) -> None:
        self.severity = severity
        self.wait_seconds = (seconds(WAIT[severity]) or 0.0) + TELLING_SECONDS
        self._alertmanager = alertmanager
        self._began = datetime.now(UTC)
        self.labels = {
            "alertname": ALERT_NAME,
            "severity": severity.value,
            "team": settings.alerting.team or settings.owner,
            "environment": settings.environment.value,
            # Alerts are grouped by it, and a group that was told of a moment ago waits longer.
            "job": f"lgtm-alerts-test-{int(self._began.timestamp())}",
            # Teams hear of their services.
            **({"service_name": service} if service else {}),
        }
        self._annotations = {
            "summary": f"Test alert of {settings.environment.value}: nothing is wrong",
            "description": f"Sent by `lgtm alerts test` at {self._began:%Y-%m-%d %H:%M:%S} UTC; it resolves by itself.",
            "runbook_url": "none, as this is a test",
        }

    def send(self) -> None:
        """It fires from now on, at most until its end."""
        self._post(datetime.now(UTC) + timedelta(seconds=self.wait_seconds + LEFT_ALONE_SECONDS))

    def resolve(self) -> Check:
        """Ends it; whether that was taken."""
        try:
            self._post(datetime.now(UTC))
        except LiveError as error:
            detail = f"{error}; it ends by itself within {self.wait_seconds + LEFT_ALONE_SECONDS:.0f} s of its start"
            return Check(name="resolved", state=State.UNREACHABLE, detail=detail)
        return Check(name="resolved", state=State.OK, detail="its end was sent; receivers that hear of ends hear of it")

    def seen(self) -> Alert | None:
        """As Alertmanager lists it."""
        wanted = [Matcher(name=name, value=self.labels[name]) for name in ("alertname", "job")]
        found = self._alertmanager.alerts(wanted)
        return found[0] if found else None

    def _post(self, ends_at: datetime) -> None:
        self._alertmanager.post(self.labels, self._annotations, self._began, max(ends_at, self._began))


def _seen(sent: _Sent, settings: PlatformSettings, team: str | None) -> Iterator[Check]:
    alert = _listed(sent)
    if alert is None:
        yield Check(
            name="listed",
            state=State.FINDING,
            detail=f"Alertmanager took {ALERT_NAME}, and hasn't listed it after {LOOKS} looks",
            advice="look at its replicas: health, and the runbook of AlertsNotDelivered",
        )
        return
    yield Check(name="listed", state=State.OK, detail=f"{ALERT_NAME}, {sent.severity.value}, job {sent.labels['job']}")
    receiver = _receiver(alert, sent.severity, settings, team)
    yield receiver
    if held := _held_back(alert):
        yield held
    elif receiver.state is State.OK:
        _say(f"it fires for {sent.wait_seconds:.0f} s, so that {_names(alert)} is told")
        http.pause(sent.wait_seconds)
        yield _told(sent.seen(), sent)


def _listed(sent: _Sent) -> Alert | None:
    for _ in range(LOOKS):
        if found := sent.seen():
            return found
        http.pause(LOOK_EVERY_SECONDS)
    return None


def _receiver(alert: Alert, severity: Severity, settings: PlatformSettings, team: str | None) -> Check:
    receivers = settings.alerting.receivers
    own = receivers.teams.get(team) if team is not None else None
    key = f"alerting.receivers.{severity.value}"
    if not {one.name for one in alert.receivers} - {NOBODY}:
        return Check(
            name="receiver",
            state=State.FINDING,
            detail=f"routed to {_names(alert)}: no one hears of {severity.value}",
            advice=f"name ways in {key} of the stack's file, then `pulumi up`",
        )
    kinds = (own.of(severity) if own else ()) or receivers.of(severity)
    ways = ", ".join(kind.value for kind in kinds) or "no way"
    return Check(name="receiver", state=State.OK, detail=f"routed to {_names(alert)}; the stack's file names {ways}")


def _held_back(alert: Alert) -> Check | None:
    status = alert.status
    if status.state is not AlertState.SUPPRESSED or not (status.silenced_by or status.inhibited_by):
        return None
    silences = [f"silence {one}" for one in status.silenced_by]
    by = ", ".join([*silences, *(f"alert {one}" for one in status.inhibited_by)])
    return Check(
        name="told",
        state=State.FINDING,
        detail=f"held back by {by}",
        advice="alerts silence --list; health names alerts",
    )


def _told(alert: Alert | None, sent: _Sent) -> Check:
    if alert is None:
        return Check(name="told", state=State.FINDING, detail="Alertmanager lists it no more, before its end")
    if held := _held_back(alert):
        return held
    if alert.status.muted_by:
        muted = ", ".join(alert.status.muted_by)
        return Check(name="told", state=State.WARNING, detail=f"nobody is told now: the time interval {muted} mutes it")
    detail = f"it fired for {sent.wait_seconds:.0f} s, past its group's wait: look for it where {_names(alert)} leads"
    return Check(name="told", state=State.OK, detail=f"{detail}; a refusal there fires NotificationsFailing")


def _names(alert: Alert) -> str:
    return ", ".join(one.name for one in alert.receivers) or "no receiver"


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
