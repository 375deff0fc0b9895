"""Working hours: when a stack that nobody needs at night has its nodes."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from planning.base import Frozen, broken_rule
from planning.schedule import Weekday, minutes_of
from settings.models.alerting import TimeOfDay, TimeZone


class WorkingHours(Frozen):
    """Hours on some days of the week."""

    days: Annotated[tuple[Weekday, ...], Field(min_length=1, max_length=7)]
    """Days of the week: monday to sunday."""
    start: TimeOfDay
    """Nodes start at; the platform is ready some minutes later."""
    end: TimeOfDay
    """Nodes go at, on the same day."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if len(set(self.days)) < len(self.days):
            raise broken_rule("a day stands twice in days", "days")
        if minutes_of(self.start) >= minutes_of(self.end):
            raise broken_rule(
                f"start {self.start} is not before end {self.end}: hours end on the day on which they start",
                "start",
                "end",
            )
        return self

    @property
    def hours_per_week(self) -> float:
        """Hours a week."""
        return len(self.days) * (minutes_of(self.end) - minutes_of(self.start)) / 60


class Schedule(Frozen):
    """When the stack works; outside these hours its nodes go to the fewest that lose no stored data."""

    time_zone: TimeZone
    """Zone of the times; changes of the clock are followed."""
    hours: Annotated[tuple[WorkingHours, ...], Field(min_length=1, max_length=7)]
    """Hours by days; two entries may not share a day."""

    @model_validator(mode="after")
    def _days_once(self) -> Self:
        taken: set[Weekday] = set()
        for entry in self.hours:
            if twice := taken & set(entry.days):
                raise broken_rule(f"hours overlap: {', '.join(sorted(twice))} stands in two of its entries", "hours")
            taken |= set(entry.days)
        return self

    def covers(self, other: "Schedule") -> bool:
        """Whether another's hours lie within these; those of another time zone are taken not to."""
        return self.time_zone == other.time_zone and all(
            any(
                day in mine.days
                and minutes_of(mine.start) <= minutes_of(entry.start)
                and minutes_of(entry.end) <= minutes_of(mine.end)
                for mine in self.hours
            )
            for entry in other.hours
            for day in entry.days
        )

    @property
    def hours_per_week(self) -> float:
        """Hours a week with all nodes."""
        return sum(entry.hours_per_week for entry in self.hours)
