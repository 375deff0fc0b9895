"""What moved around an alert, as values: how large a change is, and how people say it."""

import math
from datetime import datetime
from enum import StrEnum

from ops.report.model import Bullets, Document, Table, Text, document, table
from ops.report.words import moment, one_line
from planning.base import Frozen
from telemetry.grafana.moved import BEFORE_MINUTES, WINDOW_MINUTES, Measure

# Below these, a change is noise: a request in a minute, a failure in a hundred, a hundredth of a second, a line.
FLOORS = {
    Measure.REQUESTS: 0.02,
    Measure.FAILED: 0.01,
    Measure.DURATION: 0.01,
    Measure.LOG_BYTES: 50.0,
    Measure.ERROR_LINES: 0.02,
}
# Half as much again, or a third less.
LEAST_SIZE = math.log2(1.5)
MOST_SHOWN = 15
LONGEST_LINE = 110


class Relation(StrEnum):
    """What a service is to the one that the alert is about."""

    ITSELF = "itself"
    CALLER = "calls it"
    DEPENDENCY = "it calls"
    BOTH = "calls it, and it calls"
    ELSEWHERE = ""


class Change(Frozen):
    """One measure of one service, before and in the alert's minutes."""

    service: str
    relation: Relation
    measure: Measure
    before: float
    now: float

    @property
    def size(self) -> float:
        """In doublings or halvings; a floor keeps what is next to nothing from counting as a thousandfold."""
        floor = FLOORS[self.measure]
        return abs(math.log2((self.now + floor) / (self.before + floor)))

    @property
    def words(self) -> str:
        """Plainly."""
        before, now = (_value(self.measure, value) for value in (self.before, self.now))
        if not self.before:
            return f"from nothing to {now}"
        if not self.now:
            return f"stopped, was {before}"
        times = self.now / self.before
        how = f"{times:.1f} times" if times >= 1 else f"down to {times:.0%}"
        return f"from {before} to {now} ({how})"


class Pattern(Frozen):
    """Lines that differ in numbers and ids only."""

    service: str
    text: str
    before_per_hour: float
    now_per_hour: float


class Mark(Frozen):
    """A deployment or another mark."""

    at: datetime | None
    """None: within the window, the metrics say no better."""
    text: str


class Explanation(Frozen):
    """What moved in the minutes of an alert."""

    stack: str
    alert: str
    services: tuple[str, ...]
    """Those that it fires for; none for alerts of the platform."""
    began: datetime
    """When its condition began to hold."""
    start: datetime
    end: datetime
    changes: tuple[Change, ...]
    """Largest first."""
    patterns: tuple[Pattern, ...]
    marks: tuple[Mark, ...]
    unknown: tuple[str, ...]
    """What couldn't be asked, and why."""
    dashboard: str

    def document(self) -> Document:
        """For people."""
        about = f" for {', '.join(self.services)}" if self.services else ""
        window = f"{moment(self.start)} to {self.end:%H:%M}, against the {BEFORE_MINUTES} minutes before"
        said = f"{self.alert} on {self.stack}{about} began at {moment(self.began)}. What moved from {window}:"
        return document(
            "",
            Text(words=said),
            self._changes(),
            *self._bullets("deployments and other marks", [_mark(one) for one in self.marks], "none is known"),
            *self._bullets("log lines that came up", [_pattern(one) for one in self.patterns], "none stands out"),
            *(self._bullets("not known", list(self.unknown), "") if self.unknown else ()),
            Text(words=f"What else moved: {self.dashboard}"),
        )

    def _changes(self) -> Table | Text:
        if not self.changes:
            return Text(words=f"Nothing changed by half within {WINDOW_MINUTES} minutes.")
        rows = [(one.service, one.relation.value, one.measure.value, one.words) for one in self.changes[:MOST_SHOWN]]
        return table(("service", "which", "what", "how"), rows)

    def _bullets(self, title: str, items: list[str], nothing: str) -> tuple[Bullets | Text, ...]:
        return (Bullets(title=f"{title}:", items=tuple(items)),) if items else (Text(words=f"{title}: {nothing}"),)


def largest(changes: list[Change]) -> tuple[Change, ...]:
    """What is a change at all, largest first."""
    found = (one for one in changes if one.size >= LEAST_SIZE)
    return tuple(sorted(found, key=lambda one: (-one.size, one.service, one.measure)))


def _value(measure: Measure, value: float) -> str:
    match measure:
        case Measure.FAILED:
            return f"{value:.1%}"
        case Measure.DURATION:
            return f"{value:.2f} s" if value >= 1 else f"{value * 1000:.0f} ms"
        case Measure.LOG_BYTES:
            return f"{value / 1000:,.1f} kB/s"
        case Measure.REQUESTS:
            return f"{value:,.1f}/s"
        case Measure.ERROR_LINES:
            return f"{value * 60:,.1f} a minute"


def _mark(one: Mark) -> str:
    return one_line(f"{moment(one.at)}: {one.text}" if one.at else f"in these minutes: {one.text}", LONGEST_LINE)


def _pattern(one: Pattern) -> str:
    return one_line(
        f"{one.service}: {one.now_per_hour:,.0f} an hour, were {one.before_per_hour:,.0f}: {one.text}", LONGEST_LINE
    )
