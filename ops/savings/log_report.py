"""`logs patterns` for people, and its rules written into the stack's file."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from ops.backends.target import Target
from ops.report.checks import FINDING, HEALTHY
from ops.report.model import Bullets, Document, Section, Text, code, document, table
from ops.report.output import Answer, show_answer
from ops.report.words import one_line, usd
from ops.savings.log_patterns import Pattern, patterns
from ops.savings.record import Applied, apply_recorded
from ops.tuning.effects import effect
from ops.tuning.stack_file import proposed
from settings.models.logs import LogSettings, ThinnedLines

SHOWN_CHARACTERS = 80


def logs_patterns(
    target: Target,
    *,
    hours: int,
    services: Sequence[str],
    limit: int,
    write: bool,
    yes: bool,
    as_json: bool,
    now: datetime | None = None,
) -> int:
    """Shows the patterns; with `write` also the plan and the difference, then asks. Exit code 1 where there is
    something to save and nothing was written."""
    found = patterns(target, now or datetime.now(UTC), hours, services)
    rules = [one for one in found if one.keep_percent is not None]
    report = patterns_document(found, limit, hours)
    if not write or not rules:
        return show_answer(Answer(found, lambda: report, FINDING if rules else HEALTHY), as_json=as_json)
    wanted = thinned_with(target.settings.logs, rules)
    entries = [one.model_dump(mode="json") for one in wanted.thin]
    change = proposed(target.stack, {"logs.thin": entries})
    seen = effect(target.stack, target.settings, change.settings)
    report = report.model_copy(update={"sections": (*report.sections, Section(blocks=(seen.table(),)))})
    return apply_recorded(change, target.stack, seen, report, list(_applied(found)), yes=yes, as_json=as_json)


def _applied(found: Sequence[Pattern]) -> Iterator[Applied]:
    """By service: Loki's index tells bytes of a service, not of a form of lines."""
    for service in dict.fromkeys(one.service for one in found if one.keep_percent is not None):
        own = [one for one in found if one.service == service]
        rules = [one for one in own if one.keep_percent is not None]
        before = sum(one.bytes_per_day for one in own)
        saved = sum(one.bytes_per_day * (1 - (one.keep_percent or 0) / 100) for one in rules)
        usd_saved = [one.saved_usd_per_month for one in rules if one.saved_usd_per_month is not None]
        yield Applied(
            on=datetime.now(UTC).date(),
            kind="logs",
            name=service,
            before=before,
            expected=before - saved,
            usd_per_month=sum(usd_saved) if usd_saved else None,
        )


def thinned_with(now: LogSettings, found: Iterable[Pattern]) -> LogSettings:
    """The stack's settings with every proposal; what stands there already stays as it is."""
    there = {(one.service, one.template) for one in now.thin}
    new = (
        ThinnedLines(service=one.service, template=one.template, keep_percent=one.keep_percent)
        for one in found
        if one.keep_percent is not None and (one.service, one.template) not in there
    )
    return LogSettings(thin=(*now.thin, *new))


def patterns_document(found: Sequence[Pattern], limit: int, hours: int) -> Document:
    """The dearest forms with what is proposed, and the rules."""
    if not found:
        return document(f"no log lines in the last {hours} h")
    shown = found[:limit]
    rows = [
        (
            one.service,
            code(one_line(one.template, SHOWN_CHARACTERS)),
            f"{one.lines_per_day:,.0f}",
            f"{one.bytes_per_day / 1e6:,.1f}",
            usd(one.usd_per_month),
            _proposal(one),
        )
        for one in shown
    ]
    header = ("service", "lines like", "lines a day", "MB a day", "USD a month", "proposal")
    rules = [one for one in found if one.keep_percent is not None]
    saved = sum(one.saved_usd_per_month or 0.0 for one in rules)
    blocks = (
        table(header, rows, numbers=(2, 3, 4)),
        *((Text(words=f"{len(found) - limit} more: --limit, or --json for all"),) if len(found) > limit else ()),
        *(
            Bullets(title=title, items=tuple(dict.fromkeys(items)))
            for title, items in (
                ("in the collector's words, of the gateway's filter processor:", [one.filter for one in rules][:limit]),
                ("risk:", [one.risk for one in rules]),
                ("undo:", ["take the lines out of logs.thin again and deploy: such lines are stored from then on"]),
            )
            if rules
        ),
        Text(words="Shares come from samples spread over the time, bytes from Loki's index."),
    )
    title = f"{len(rules)} of {len(found)} forms of lines can be thinned out: {usd(saved)} USD a month"
    return Document(title=title, sections=(Section(blocks=blocks),))


def _proposal(one: Pattern) -> str:
    if one.fails:
        return "none: warnings or errors"
    return f"keep {one.keep_percent} % of them" if one.keep_percent is not None else ""
