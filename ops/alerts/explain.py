"""`explain`: asks Mimir, Loki and Grafana what else moved in the minutes in which an alert began."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, TypeVar

from ops.alerts.moved import Change, Explanation, Mark, Pattern, Relation, largest
from ops.backends.errors import LiveError
from ops.backends.loki import LogLine
from ops.backends.target import Target
from ops.errors import CommandError
from ops.report.output import Answer
from telemetry.grafana.annotations import ANNOTATION_TAG
from telemetry.grafana.moved import (
    AFTER_MINUTES,
    BEFORE_MINUTES,
    WINDOW_MINUTES,
    Measure,
    Service,
    compared,
    edges,
    error_lines,
    moved_path,
    new_versions,
)
from telemetry.kubernetes.endpoints import Endpoints

T = TypeVar("T")
WINDOW, BEFORE = timedelta(minutes=WINDOW_MINUTES), timedelta(minutes=BEFORE_MINUTES)
ALERT, SERVICE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*"), re.compile(r"[A-Za-z0-9_.-]+")
# Lines of each window that are looked at for patterns, and how many of these are shown.
SAMPLED_LINES, MOST_PATTERNS = 500, 5
# What differs from line to line of one kind: quoted texts, addresses, ids, numbers.
VARYING = re.compile(r'"[^"]*"|\'[^\']*\'|\b[0-9a-fA-F]{8,}(?:-[0-9a-fA-F]+)*\b|\d+(?:\.\d+)*')
TIMES_MORE, FEWEST_LINES = 3.0, 3


class Minutes(NamedTuple):
    """The window that is compared with what was before it."""

    start: datetime
    end: datetime

    @property
    def earlier(self) -> "Minutes":
        """What was before."""
        return Minutes(self.start - BEFORE, self.start)


def explain(target: Target, alert: str, at: str | None, service: str | None) -> Answer:
    """Raises `CommandError` for an alert that doesn't fire then, `LiveError` where Mimir can't answer; what Loki and
    Grafana can't answer is said."""
    asked = _time(at)
    services, began = _fired(target, alert, asked, service)
    end = min(asked, began + timedelta(minutes=AFTER_MINUTES))
    minutes = Minutes(end - WINDOW, end)
    relations = _relations(target, services, minutes)
    unknown: list[str] = []
    changes = list(_by_metrics(target, relations, minutes))
    changes += _told(unknown, "log lines", lambda: list(_by_lines(target, relations, minutes)))
    near = sorted(name for name, relation in relations.items() if relation is not Relation.ELSEWHERE)
    found = Explanation(
        stack=target.stack,
        alert=alert,
        services=services,
        began=began,
        start=minutes.start,
        end=minutes.end,
        changes=largest(changes),
        patterns=tuple(_told(unknown, "patterns of lines", lambda: _patterns(target, near, minutes))),
        marks=(*_told(unknown, "marks", lambda: _marks(target, minutes)), *_versions(target, minutes)),
        unknown=tuple(dict.fromkeys(unknown)),
        dashboard=_link(target, services, minutes),
    )
    return Answer(found, found.document)


def _time(text: str | None) -> datetime:
    now = datetime.now(UTC)
    if text is None:
        return now
    try:
        given = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(f"--at: got {text!r}; accepted: a time such as 2026-11-28T14:05, in UTC") from None
    moment = given if given.tzinfo else given.replace(tzinfo=UTC)
    if moment > now:
        raise CommandError(f"--at: got {text!r}, which is still to come; accepted: a time up to now")
    return moment


def _fired(target: Target, alert: str, at: datetime, service: str | None) -> tuple[tuple[str, ...], datetime]:
    """The services that it fires for, and when the first began."""
    if not ALERT.fullmatch(alert):
        raise CommandError(f"ALERT: got {alert!r}; accepted: the name of an alert, such as HighErrorRate")
    if service is not None and not SERVICE.fullmatch(service):
        raise CommandError(f"--service: got {service!r}; accepted: the name of a service")
    of_service = f',service_name="{service}"' if service else ""
    series = target.mimir().query(f'ALERTS{{alertname="{alert}",alertstate="firing"{of_service}}}', at)
    if not series:
        others = sorted(target.mimir().by("alertname", 'count by (alertname) (ALERTS{alertstate="firing"})', at))
        about = f" for {service}" if service else ""
        firing = f"firing then: {', '.join(others)}" if others else "nothing fired then"
        raise CommandError(f"{alert} doesn't fire{about} at {at:%Y-%m-%d %H:%M} UTC; {firing}; see --at")
    names = {one.labels.get("service_name", "") for one in series} - {""}
    since = target.mimir().query(f'min(ALERTS_FOR_STATE{{alertname="{alert}"{of_service}}})', at)
    began = datetime.fromtimestamp(since[0].value, UTC) if since else at
    return tuple(sorted(names)), min(began, at)


def _relations(target: Target, services: tuple[str, ...], minutes: Minutes) -> dict[str, Relation]:
    """The neighbours of the services, and they themselves."""
    found = dict.fromkeys(services, Relation.ITSELF)
    for edge in target.mimir().query(edges(), minutes.end):
        client, server = edge.labels.get("client", ""), edge.labels.get("server", "")
        for name, other, relation in ((client, server, Relation.CALLER), (server, client, Relation.DEPENDENCY)):
            if name and other in services and name not in services:
                known = found.get(name, relation)
                found[name] = relation if known is relation else Relation.BOTH
    return found


def _by_metrics(target: Target, relations: dict[str, Relation], minutes: Minutes) -> Iterator[Change]:
    for measure in (Measure.REQUESTS, Measure.FAILED, Measure.DURATION):
        asked = compared(measure, Service())
        now, before = (target.mimir().by("service_name", text, minutes.end) for text in asked)
        yield from _changes(measure, now, before, relations)


def _by_lines(target: Target, relations: dict[str, Relation], minutes: Minutes) -> Iterator[Change]:
    for measure in (Measure.LOG_BYTES, Measure.ERROR_LINES):
        asked = compared(measure, Service())
        now, before = (target.loki().by("service_name", text, minutes.end) for text in asked)
        yield from _changes(measure, now, before, relations)


def _changes(
    measure: Measure, now: dict[str, float], before: dict[str, float], relations: dict[str, Relation]
) -> Iterator[Change]:
    # Without requests in one of the windows there is no duration to compare.
    names = now.keys() & before.keys() if measure is Measure.DURATION else now.keys() | before.keys()
    for name in sorted(names):
        yield Change(
            service=name,
            relation=relations.get(name, Relation.ELSEWHERE),
            measure=measure,
            before=before.get(name, 0.0),
            now=now.get(name, 0.0),
        )


def _patterns(target: Target, services: Iterable[str], minutes: Minutes) -> list[Pattern]:
    """Kinds of error lines that came up, in the services and their neighbours."""
    names = "|".join(map(re.escape, services))
    if not names:
        return []
    quoted = names.replace("\\", "\\\\")
    query = error_lines(Service(streams=f'service_name=~"{quoted}"'))
    now, before = (
        _counted(target.loki().lines(query, one.start, one.end, SAMPLED_LINES), one)
        for one in (minutes, minutes.earlier)
    )
    came_up = [
        Pattern(service=key[0], text=key[1], before_per_hour=before.get(key, 0.0), now_per_hour=rate)
        for key, rate in now.items()
        if rate >= TIMES_MORE * before.get(key, 0.0) and rate * WINDOW.total_seconds() / 3600 >= FEWEST_LINES
    ]
    return sorted(came_up, key=lambda one: (-(one.now_per_hour - one.before_per_hour), one.text))[:MOST_PATTERNS]


def _counted(lines: list[LogLine], minutes: Minutes) -> dict[tuple[str, str], float]:
    """Lines an hour by service and kind. Loki gives the newest: a full answer covers a part of the window only."""
    seconds = (minutes.end - minutes.start).total_seconds()
    if len(lines) >= SAMPLED_LINES:
        oldest = min(line.time_ns for line in lines) / 1e9
        seconds = max(1.0, min(seconds, minutes.end.timestamp() - oldest))
    kinds = Counter((line.labels.get("service_name", ""), kind_of(line.text)) for line in lines)
    return {kind: count * 3600 / seconds for kind, count in kinds.items()}


def kind_of(line: str) -> str:
    """The line without what differs from one of its kind to the next."""
    return " ".join(VARYING.sub("…", line).split())


def _marks(target: Target, minutes: Minutes) -> list[Mark]:
    """What was marked from the hour before on."""
    found = target.grafana().annotations(ANNOTATION_TAG, minutes.earlier.start, minutes.end)
    marks = [Mark(at=datetime.fromtimestamp(one.time / 1000, UTC), text=one.text) for one in found]
    return sorted(marks, key=lambda one: one.at or minutes.end, reverse=True)


def _versions(target: Target, minutes: Minutes) -> list[Mark]:
    """Services that began to say another version."""
    began = target.mimir().query(new_versions(), minutes.end)
    texts = sorted(f"{one.labels.get('service_name')} {one.labels.get('service_version')} began" for one in began)
    return [Mark(at=None, text=text) for text in texts]


def _told(unknown: list[str], what: str, ask: Callable[[], list[T]]) -> list[T]:
    """What one back end says, or nothing and a note why."""
    try:
        return ask()
    except LiveError as error:
        unknown.append(f"{what}: {error}")
        return []


def _link(target: Target, services: tuple[str, ...], minutes: Minutes) -> str:
    chosen = "".join(f"var-service={name}&" for name in services)
    start, end = (str(int(one.timestamp() * 1000)) for one in (minutes.earlier.start, minutes.end))
    return f"{Endpoints.of(target.settings).grafana_url}{moved_path(chosen, start, end)}"
