"""Checks with a verdict, and the exit code that follows."""

from enum import StrEnum

from planning.base import Frozen

HEALTHY, FINDING, WRONG_INPUT, UNREACHABLE = 0, 1, 2, 3


class State(StrEnum):
    """Outcome of one check."""

    OK = "ok"
    FINDING = "finding"
    UNREACHABLE = "unreachable"
    WARNING = "warning"
    """It may be meant so; not counted against the platform."""
    UNKNOWN = "unknown"
    """Nothing to judge by, for example no samples yet; not counted against the platform."""


class Check(Frozen):
    """One thing that was looked at."""

    name: str
    """What."""
    state: State
    """Outcome."""
    detail: str
    """What was seen, in words."""
    advice: str = ""
    """What to do about a finding."""
    value: float | None = None
    """The number behind it, in `unit`."""
    limit: float | None = None
    """What it was compared with."""
    unit: str = ""
    """Unit of both."""


class Report(Frozen):
    """Checks that were made together: a block of a document, and by itself what a command found."""

    title: str
    """What was looked at."""
    checks: tuple[Check, ...]
    """Each thing, in order."""

    @property
    def exit_code(self) -> int:
        """0 healthy, 1 a finding, 3 when nothing could be reached."""
        states = {check.state for check in self.checks}
        if State.UNREACHABLE in states and State.OK not in states and State.FINDING not in states:
            return UNREACHABLE
        return FINDING if states & {State.FINDING, State.UNREACHABLE} else HEALTHY

    @property
    def verdict(self) -> str:
        """One sentence."""
        bad = [check.name for check in self.checks if check.state in (State.FINDING, State.UNREACHABLE)]
        unknown = [check.name for check in self.checks if check.state is State.UNKNOWN]
        warned = dict.fromkeys(check.name for check in self.checks if check.state is State.WARNING)
        well = "nothing that is known needs attention" if unknown else "all is well"
        said = f"{len(bad)} of {len(self.checks)} checks need attention: {', '.join(bad)}" if bad else well
        said = f"{said}; warnings: {', '.join(warned)}" if warned else said
        return f"{said}; not known: {', '.join(unknown)}" if unknown else said


def checked(
    name: str,
    detail: str,
    advice: str,
    *,
    bad: bool,
    value: float | None = None,
    limit: float | None = None,
    unit: str = "",
) -> Check:
    """A finding with its advice where it is bad; otherwise well, and nothing to do."""
    state = State.FINDING if bad else State.OK
    return Check(
        name=name, state=state, detail=detail, advice=advice if bad else "", value=value, limit=limit, unit=unit
    )


def within(name: str, value: float | None, limit: float, unit: str, detail: str, advice: str) -> Check:
    """A number against its limit; None is not known."""
    if value is None:
        return Check(name=name, state=State.UNKNOWN, detail="no samples in this window", limit=limit, unit=unit)
    return checked(name, detail, advice, bad=value > limit, value=value, limit=limit, unit=unit)
