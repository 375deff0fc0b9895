"""`queries slow`: the slowest queries, from what the back ends themselves log about each.

Loki writes a `metrics.go` line for every query, Mimir's query frontend one with `query stats`, Tempo's frontend one
with `duration_seconds`; the agents collect them like any pod's log.
Sources: Grafana Loki, "Loki meta-monitoring"; Grafana Mimir, "Query-frontend" (query statistics); Grafana Tempo,
"Search" (2026-08).
"""

import re
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from ops.backends.logfmt import fields, seconds, size_bytes
from ops.backends.loki import LogLine, Loki
from ops.backends.target import Role, Target
from ops.errors import CommandError
from ops.report.checks import FINDING, HEALTHY
from ops.report.model import Document, document, table
from ops.report.output import Answer
from ops.report.words import one_line
from planning.base import Frozen

MOST_LINES = 5000
SHOWN_CHARACTERS = 100
LONG_RANGE_SECONDS = 24 * 3600


class SlowQuery(Frozen):
    """One query text."""

    backend: str
    """loki, mimir or tempo."""
    query: str
    """LogQL, PromQL or TraceQL."""
    times: int
    """How often it was slow."""
    worst_seconds: float
    """Its longest run."""
    total_seconds: float
    """All its slow runs together."""
    bytes_read: float
    """Most bytes that one run read, where the back end says."""
    hint: str
    """What might help."""


class _Run(NamedTuple):
    query: str
    seconds: float
    bytes_read: float
    range_seconds: float


class _Source(NamedTuple):
    selector: str
    query: str
    duration: str
    size: str
    length: str


SOURCES = {
    Role.LOKI: _Source(
        '{{k8s_namespace_name="{namespace}",k8s_container_name="loki"}} |= "metrics.go"',
        "query",
        "duration",
        "total_bytes",
        "length",
    ),
    Role.MIMIR: _Source(
        '{{k8s_namespace_name="{namespace}",k8s_container_name="query-frontend"}} |= "query stats"',
        "param_query",
        "response_time",
        "fetched_chunk_bytes",
        "length",
    ),
    Role.TEMPO: _Source(
        '{{k8s_namespace_name="{namespace}",k8s_container_name="tempo"}} |= "duration_seconds"',
        "query",
        "duration_seconds",
        "inspected_bytes",
        "range_seconds",
    ),
}


def slow_queries(
    loki: Loki, namespace: str, backends: Iterable[Role], now: datetime, hours: int, over_seconds: float, limit: int
) -> list[SlowQuery]:
    """The slowest query texts of the last hours, worst first. Raises `LiveError` when Loki gives no answer."""
    found: list[SlowQuery] = []
    for backend in backends:
        selector = SOURCES[backend].selector.format(namespace=namespace)
        lines = loki.lines(selector, now - timedelta(hours=hours), now, MOST_LINES)
        found += _grouped(backend, _runs(SOURCES[backend], lines), over_seconds)
    return sorted(found, key=lambda one: (-one.worst_seconds, one.query))[:limit]


def slow_queries_document(queries: list[SlowQuery], hours: int, over_seconds: float) -> Document:
    """As a table."""
    title = f"queries of {over_seconds:g} s and more in the last {hours} h"
    if not queries:
        return document(f"no {title}")
    rows = [
        (
            one.backend,
            f"{one.worst_seconds:.2f}",
            str(one.times),
            f"{one.bytes_read / 1e6:,.0f}" if one.bytes_read else "-",
            one_line(one.query, SHOWN_CHARACTERS),
            one.hint,
        )
        for one in queries
    ]
    header = ("back end", "worst s", "times", "MB read", "query", "what might help")
    return document(f"{len(queries)} {title}", table(header, rows, numbers=(1, 2, 3)))


def _runs(source: _Source, lines: Iterable[LogLine]) -> Iterator[_Run]:
    entries = [fields(line.text) for line in lines]
    # Monolithic Loki logs a query in its frontend and again in each querier's part of it.
    if any(one.get("component") == "frontend" for one in entries):
        entries = [one for one in entries if one.get("component") == "frontend"]
    for one in entries:
        took = seconds(one.get(source.duration, ""))
        if took is not None and one.get(source.query):
            size, length = size_bytes(one.get(source.size, "")), seconds(one.get(source.length, ""))
            yield _Run(one[source.query], took, size or 0.0, length or 0.0)


def _grouped(backend: Role, runs: Iterable[_Run], over_seconds: float) -> Iterator[SlowQuery]:
    by_text: dict[str, list[_Run]] = {}
    for run in runs:
        if run.seconds >= over_seconds:
            by_text.setdefault(" ".join(run.query.split()), []).append(run)
    for text, same in by_text.items():
        yield SlowQuery(
            backend=backend.value,
            query=text,
            times=len(same),
            worst_seconds=max(run.seconds for run in same),
            total_seconds=sum(run.seconds for run in same),
            bytes_read=max(run.bytes_read for run in same),
            hint=hint(backend, text, max(run.range_seconds for run in same)),
        )


def hint(backend: Role, query: str, range_seconds: float) -> str:
    """What makes such queries slow, as far as their text shows it."""
    if re.search(r'[=!]~"\.[*+]"', query):
        return "a matcher for anything: name values"
    if range_seconds > LONG_RANGE_SECONDS:
        return f"{range_seconds / 86400:.0f} days at once: a shorter range, or a recording rule"
    if backend is Role.LOKI and not re.search(r'\|[=~>]|!=\s*"|!~', query.partition("}")[2]):
        return 'no line filter: add |= "..." to read less'
    if backend is Role.MIMIR and "_bucket" in query and not re.search(r"\bby\s*\(", query):
        return "a histogram not summed by le: aggregate first"
    if backend is Role.TEMPO and "resource.service.name" not in query:
        return "no service named: add resource.service.name"
    return ""


def slowest(target: Target, names: Collection[str], *, hours: int, over_seconds: float, limit: int) -> Answer:
    """The slowest queries of some or all back ends; a finding when there are any.

    Raises `CommandError` for a back end that there isn't.
    """
    for name in names:
        if name not in set(SOURCES):
            raise CommandError(f"--backend: got {name!r}; accepted: {', '.join(SOURCES)}")
    backends = [role for role in SOURCES if not names or role.value in names]
    found = slow_queries(
        target.loki(), target.settings.namespace, backends, datetime.now(UTC), hours, over_seconds, limit
    )
    return Answer(found, lambda: slow_queries_document(found, hours, over_seconds), FINDING if found else HEALTHY)
