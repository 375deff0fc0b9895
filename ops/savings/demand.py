"""Who asks for which metrics: this program, the users' rules, dashboards and alerts, and whoever Mimir answered lately.

Sources: Grafana, "HTTP API reference" (dashboards, library elements, alert provisioning); Prometheus, "HTTP API"
(rules); Grafana Mimir, "Query-frontend" (query statistics) (2026-08).
"""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from ops.backends.errors import LiveError
from ops.backends.logfmt import fields
from ops.backends.loki import Loki
from ops.backends.target import Role, Target
from ops.savings.promql import PLACEHOLDER, Asked, Use, asked
from ops.stacks import owner_of
from ops.tuning.slow_queries import MOST_LINES, SOURCES
from planning.base import Frozen
from settings.models.platform import PlatformSettings
from telemetry.alerting.rules.files import mimir_groups
from telemetry.cost.planned import planned_cost
from telemetry.grafana.dashboards.catalogue import dashboards
from telemetry.grafana.dashboards.model import Kind, Source

# Marks this command's own questions, so that the next run doesn't take them for demand: a label that nothing has.
OWN_MARK = "lgtm_savings"
ANYTHING = ".*"
# What this command line asks for itself, beside rules and dashboards; a test finds the names in its source.
COMMANDS = (
    "cortex_request_duration_seconds_bucket",
    "cortex_ring_members",
    "loki_boltdb_shipper_compactor_running",
    "loki_request_duration_seconds_bucket",
    "node_cpu_seconds_total",
    "otelcol_processor_tail_sampling_global_count_traces_sampled_total",
    "otelcol_processor_tail_sampling_sampling_trace_dropped_too_early_total",
    "tempo_distributor_bytes_received_total",
    "tempo_request_duration_seconds_bucket",
)
SERVICE_GRAPH = ("traces_service_graph_request_total", "traces_service_graph_request_failed_total")


class DemandSource(Frozen):
    """Where it was looked who asks."""

    name: str
    """In words."""
    queries: int
    """Different queries found."""
    remark: str = ""
    """What of it couldn't be seen."""


class Demand(NamedTuple):
    """Everything that is asked."""

    sources: tuple[DemandSource, ...]
    uses: tuple[Use, ...]
    patterns: tuple[re.Pattern[str], ...]
    """Metrics that are asked for as a whole, by name."""
    labels: frozenset[str]
    """Labels that are needed of whatever metric has them."""
    anything: int
    """Queries that ask for whatever their reader chooses; what was chosen lately stands in the query log."""

    def of(self, members: Iterable[str]) -> tuple[Use, ...] | None:
        """How series are asked for; None when nobody does. A use without labels needs them all."""
        names = frozenset(members)
        whole = Use("", None, "", None, None)
        found = [use for use in self.uses if use.name in names]
        found += [whole for pattern in self.patterns if any(pattern.fullmatch(name) for name in names)]
        return tuple(found) or None

    @property
    def names(self) -> frozenset[str]:
        """Metrics that are asked for by name, whether they exist or not."""
        return frozenset(use.name for use in self.uses)


def demand(target: Target, now: datetime, days: int) -> Demand:
    """All of it. Raises `LiveError` when rules or Grafana can't be read: without them nothing is known to be unused."""
    own, rules = set(program_queries(target.settings, target.stack)), {rule.query for rule in target.mimir().rules()}
    grafana = target.grafana()
    shown = {query for dashboard in grafana.dashboards() for query in dashboard.queries}
    shared, alerts = set(grafana.shared_queries()), set(grafana.alert_queries())
    logged, remark = _logged(target, now, days)
    sources = (
        DemandSource(name="this program's dashboards, rules and commands", queries=len(own)),
        DemandSource(name="rules in Mimir", queries=len(rules)),
        DemandSource(name="dashboards in Grafana", queries=len(shown | shared)),
        DemandSource(name="alert rules in Grafana", queries=len(alerts)),
        DemandSource(name=f"Mimir's query log, {days} days", queries=len(logged), remark=remark),
    )
    every = {*own, *rules, *shown, *shared, *alerts, *logged}
    return demanded(sources, (asked(query) for query in sorted(every)), target)


def demanded(sources: tuple[DemandSource, ...], queries: Iterable[Asked], target: Target | None) -> Demand:
    """Queries put together; selectors without a name are looked up, where there is a platform to ask."""
    uses: dict[Use, None] = {}
    labels: set[str] = set()
    patterns: set[str] = set()
    nameless: set[str] = set()
    anything = 0
    for one in queries:
        labels |= one.labels
        patterns |= {re.escape(word).replace(PLACEHOLDER, ANYTHING) for word in one.words - {PLACEHOLDER}}
        for use in one.uses:
            if use.name:
                uses[use._replace(selector="")] = None
            elif use.pattern == ANYTHING:
                anything += 1
            elif use.pattern is not None:
                patterns.add(use.pattern)
            else:
                nameless.add(use.selector)
    if target is not None:
        for selector in sorted(nameless):
            for name in target.mimir().by("__name__", f"count by (__name__) ({selector})"):
                uses[Use(name, None, "", None, None)] = None
    return Demand(sources, tuple(uses), tuple(_compiled(patterns)), frozenset(labels), anything)


def _compiled(patterns: Iterable[str]) -> Iterator[re.Pattern[str]]:
    for pattern in sorted(patterns):
        try:
            yield re.compile(pattern)
        except re.error:
            # RE2 knows a few things that Python doesn't: then anything may be meant.
            yield re.compile(ANYTHING)


def program_queries(settings: PlatformSettings, stack: str) -> Iterator[str]:
    """What this program's dashboards, rules and commands ask."""
    for dashboard in dashboards(settings):
        for panel in dashboard.panels():
            for query in panel.queries:
                if query.source is Source.MIMIR:
                    yield query.text
                elif panel.kind is Kind.NODE_GRAPH:
                    yield from (f"{name}{query.text}" for name in SERVICE_GRAPH)
        yield from (variable.values for variable in dashboard.variables)
    for groups in mimir_groups(settings, planned_cost(settings, stack, owner_of(settings))).values():
        yield from (rule.expr for group in groups for rule in group.rules)
    yield from COMMANDS


def _logged(target: Target, now: datetime, days: int) -> tuple[set[str], str]:
    try:
        loki = target.loki()
        found, full = _query_log(loki, target.settings.namespace, now, days)
    except LiveError as error:
        return set(), f"not seen: {error}"
    if not found:
        return found, "empty: either nobody asked, or the query frontend logs no statistics"
    return found, f"on {full} days more than {MOST_LINES} lines: the last ones were read" if full else ""


def _query_log(loki: Loki, namespace: str, now: datetime, days: int) -> tuple[set[str], int]:
    source = SOURCES[Role.MIMIR]
    queries: set[str] = set()
    full = 0
    for back in range(days):
        end = now - timedelta(days=back)
        lines = loki.lines(source.selector.format(namespace=namespace), end - timedelta(days=1), end, MOST_LINES)
        full += len(lines) >= MOST_LINES
        queries |= {query for line in lines if (query := fields(line.text).get(source.query))}
    return {query for query in queries if OWN_MARK not in query}, full
