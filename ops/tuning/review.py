"""`review weekly|monthly`: how the platform did: objectives, alerts, performance, money, storage, slow queries."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from ops.backends.errors import LiveError
from ops.backends.prometheus import Mimir
from ops.backends.target import Target
from ops.checks.performance import performance
from ops.files import write
from ops.report import html, markdown
from ops.report.checks import Report
from ops.report.model import Document, Section, Text, table
from ops.report.terminal import show
from ops.report.words import one_line
from ops.savings.savings import gathered, savings_sections
from ops.tuning.slow_queries import SHOWN_CHARACTERS, SOURCES, slow_queries
from planning.performance_targets import QUERY_SECONDS_P95
from settings.project import project_root

MOST_SLOW = 5
DAYS = {"weekly": 7, "monthly": 30}
UNKNOWN = "not known"


def review(target: Target, period: str, now: datetime | None = None) -> tuple[Document, int]:
    """The report and its exit code, 1 when it names a finding. Raises `LiveError` when Mimir gives no answer."""
    days, moment = DAYS[period], now or datetime.now(UTC)
    mimir = target.mimir()
    measured = performance(target, days * 24)
    objectives, missed = _objectives(mimir)
    money, over = _money(mimir, target)
    sections = (
        objectives,
        _alerts(mimir, days),
        _checks(measured),
        money,
        _storage(mimir, days),
        _section("Slow queries", lambda: _slow(target, moment, days)),
        _services(mimir),
        *savings_sections(gathered(target, days, None, project_root(), moment)),
    )
    findings = [
        *(["an objective has used up its error budget"] if missed else []),
        *(["a month of this is over the budget"] if over else []),
        *(check.name for check in measured.checks if check.advice),
    ]
    said = f"{len(findings)} findings: {'; '.join(findings)}" if findings else "No findings"
    title = f"{period.capitalize()} review of {target.stack}, {moment:%Y-%m-%d}"
    lead = (Text(words=f"{said}."),)
    return Document(title=title, lead=lead, sections=sections), 1 if findings else 0


def _section(title: str, make: Callable[[], Section]) -> Section:
    """A section; one that a back end can't answer says so instead of spoiling the report."""
    try:
        return make()
    except LiveError as error:
        return _part(title, f"{UNKNOWN}: {error}")


def _part(heading: str, text: str, header: Sequence[str] = (), rows: Sequence[Sequence[str]] = ()) -> Section:
    """What it says in words, and a table where there is something to show."""
    words = (Text(words=text),) if text else ()
    return Section(heading=heading, blocks=(*words, table(header, rows)) if rows else words)


def _objectives(mimir: Mimir) -> tuple[Section, bool]:
    left = mimir.query("slo:error_budget_remaining:ratio30d")
    targets = {
        (one.labels.get("slo"), one.labels.get("service_name")): one.value
        for one in mimir.query("slo:objective:ratio")
    }  # fmt: skip
    rows = [
        (
            one.labels.get("service_name", "?"),
            one.labels.get("slo", "?"),
            _percent(targets.get((one.labels.get("slo"), one.labels.get("service_name")))),
            f"{one.value:.0%}",
        )
        for one in sorted(left, key=lambda one: one.value)
    ]
    text = "" if rows else "No objective has been recorded yet."
    header = ("service", "objective", "target", "error budget left, 30 days")
    section = _part("Service level objectives", text, header, rows)
    return section, any(one.value <= 0 for one in left)


def _alerts(mimir: Mimir, days: int) -> Section:
    # Samples of ALERTS are a minute apart by the ruler's default interval.
    query = f'sum by (alertname, severity) (count_over_time(ALERTS{{alertstate="firing",severity!="none"}}[{days}d]))'
    fired = sorted(mimir.query(query), key=lambda one: -one.value)
    rows = [
        (one.labels.get("alertname", "?"), one.labels.get("severity", "?"), f"{one.value / 60:,.1f}") for one in fired
    ]
    text = "" if rows else "No alert fired."
    return _part("Alerts", text, ("alert", "severity", "hours firing"), rows)


def _checks(report: Report) -> Section:
    rows = tuple((one.name, one.state.value, one.detail, one.advice) for one in report.checks)
    header = ("measure", "state", "what was seen", "what to do")
    return _part("Performance", report.verdict, header, rows)


def _money(mimir: Mimir, target: Target) -> tuple[Section, bool]:
    budget, plan = (mimir.by("line", f"lgtm:{what}_usd_per_month") for what in ("budget", "planned"))
    day = mimir.by("signal", "lgtm:cost_usd_per_day")
    burn = mimir.number("lgtm:budget_burn:ratio")
    rows = [(line, _usd(plan.get(line)), _usd(budget.get(line))) for line in sorted({*budget, *plan})]
    parts = [f"Budget of the stack file: {target.settings.budget.usd_per_month:,.2f} USD a month."]
    if day:
        parts.append("Signals, USD a day: " + ", ".join(f"{name} {usd:.2f}" for name, usd in sorted(day.items())) + ".")
    parts.append(f"Projected against the budget: {burn:.0%}." if burn is not None else f"Projection: {UNKNOWN}.")
    section = _part("Cost", " ".join(parts), ("line", "planned USD", "budget USD"), rows)
    return section, burn is not None and burn > 1


def _storage(mimir: Mimir, days: int) -> Section:
    grown = mimir.by("signal", f"sum by (signal) (avg_over_time(lgtm:stored_bytes:increase1d[{days}d]))")
    series = mimir.number("lgtm:active_series")
    rows = tuple((signal, f"{value / 1e9:,.2f}") for signal, value in sorted(grown.items()))
    text = f"Active series: {series:,.0f}." if series is not None else f"Active series: {UNKNOWN}."
    return _part("Storage", text, ("signal", "GB written a day"), rows)


def _slow(target: Target, now: datetime, days: int) -> Section:
    found = slow_queries(
        target.loki(), target.settings.namespace, SOURCES, now, days * 24, QUERY_SECONDS_P95, MOST_SLOW
    )
    rows = tuple(
        (one.backend, f"{one.worst_seconds:.1f}", str(one.times), one_line(one.query, SHOWN_CHARACTERS), one.hint)
        for one in found
    )
    text = "" if rows else f"No query took {QUERY_SECONDS_P95:g} s."
    header = ("back end", "worst s", "times", "query", "what might help")
    return _part("Slow queries", text, header, rows)


def _services(mimir: Mimir) -> Section:
    sent = mimir.query("topk(10, sum by (service_name) (lgtm:ingestion_bytes_by_service:rate1h))")
    series = mimir.by("service_name", "lgtm:series_by_service")
    rows = tuple(
        (
            one.labels.get("service_name", "?"),
            f"{one.value * 86_400 / 1e9:,.2f}",
            f"{series.get(one.labels.get('service_name', ''), 0):,.0f}",
        )
        for one in sorted(sent, key=lambda one: -one.value)
    )
    return _part("Services that send most", "", ("service", "GB a day", "series"), rows)


def _usd(value: float | None) -> str:
    return "-" if value is None else f"{value:,.2f}"


def _percent(ratio: float | None) -> str:
    return "-" if ratio is None else f"{ratio:.2%}"


def write_review(target: Target, period: str, output: Path | None, *, as_json: bool) -> int:
    """Prints the report or writes it; returns its exit code. Raises `CommandError` for a bad file."""
    document, code = review(target, period)
    if output is None:
        print(document.model_dump_json(indent=2) + "\n" if as_json else markdown.render(document), end="")
        return code
    if as_json:
        text = document.model_dump_json(indent=2)
    else:
        text = html.render(document) if output.suffix == ".html" else markdown.render(document)
    write(output, text)
    print(f"written: {output}")
    show(Document(sections=(Section(blocks=document.lead),)))
    return code
