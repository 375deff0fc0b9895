"""`dashboards optimise`: heavy and unused dashboards and panels, read from Grafana."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from ops.backends.errors import LiveError
from ops.backends.grafana import Dashboard, Panel, TimeRange
from ops.backends.logfmt import seconds
from ops.backends.loki import Loki
from ops.backends.target import Target
from ops.report.checks import Check, Report, State

MOST_QUERIES_OPEN = 30
MOST_QUERIES_A_PANEL = 5
SHORTEST_REFRESH_SECONDS = 30
LONGEST_RANGE_SECONDS = 24 * 3600
USAGE_DAYS = 14
WILD_MATCHER = re.compile(r'[=!]~\s*"(\.[*+]|[^"]*\.\*[^"]*\.\*[^"]*)"')
RELATIVE = re.compile(r"now-(\d+)([smhdwMy])")
UNIT_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "M": 2592000, "y": 31536000}
# Grafana logs a request with its path when server.router_logging is on.
USAGE = (
    'sum by (uid) (count_over_time({{k8s_namespace_name="{namespace}",k8s_container_name="grafana"}} '
    '|= "/api/dashboards/uid/" | regexp "/api/dashboards/uid/(?P<uid>[A-Za-z0-9_-]+)" [{days}d]))'
)


class Weight(NamedTuple):
    """What one dashboard asks of the back ends."""

    uid: str
    title: str
    open_queries: int
    """Queries when it is opened: those of collapsed rows are not counted."""
    queries: int
    refresh_seconds: float | None
    range_seconds: float | None
    problems: tuple[str, ...]
    """Of its panels, in words."""

    @property
    def queries_per_minute(self) -> float:
        """Of one open browser tab."""
        return self.open_queries * 60 / self.refresh_seconds if self.refresh_seconds else 0.0


def optimise(target: Target) -> Report:
    """Every dashboard. Raises `LiveError` when Grafana gives no answer."""
    weights = [weight(model) for model in target.grafana().dashboards()]
    checks = [judged(one) for one in sorted(weights, key=lambda one: (-one.queries_per_minute, -one.queries, one.uid))]
    checks.append(_unused(target, weights))
    return Report(title=f"Dashboards of {target.stack}", checks=tuple(checks))


def weight(model: Dashboard) -> Weight:
    """What a dashboard's model asks for."""
    panels = list(_panels(model))
    return Weight(
        uid=model.uid,
        title=model.title,
        open_queries=sum(len(panel.queries) for panel, collapsed in panels if not collapsed),
        queries=sum(len(panel.queries) for panel, _ in panels),
        refresh_seconds=seconds(str(model.refresh)),
        range_seconds=range_seconds(model.time),
        problems=tuple(problem for panel, _ in panels for problem in panel_problems(panel)),
    )


def _panels(model: Dashboard) -> Iterator[tuple[Panel, bool]]:
    """Panels with whether they are in a collapsed row."""
    for panel in model.panels:
        if panel.type == "row":
            yield from ((one, panel.collapsed) for one in panel.panels)
        else:
            yield panel, False


def panel_problems(panel: Panel) -> Iterator[str]:
    """What makes a panel heavy or useless."""
    title = panel.title or "untitled panel"
    if not panel.queries and panel.type not in ("text", "dashlist", "news", "alertlist", "nodeGraph"):
        yield f"{title}: shows nothing, it has no query"
    if len(panel.queries) > MOST_QUERIES_A_PANEL:
        yield f"{title}: {len(panel.queries)} queries in one panel"
    for query in panel.queries:
        if wild := WILD_MATCHER.search(query):
            yield f"{title}: matches almost anything ({wild[0]})"
        if re.search(r"_bucket\b", query) and not re.search(r"\bby\s*\(", query):
            yield f"{title}: a histogram without sum by (le)"
        for number, unit in re.findall(r"\[(\d+)([smhdwy])[\]:]", query):
            if int(number) * UNIT_SECONDS[unit] > LONGEST_RANGE_SECONDS:
                yield f"{title}: reads {number}{unit} at every refresh; record it by a rule"


def range_seconds(time: TimeRange) -> float | None:
    """Length of a relative time range up to now, such as now-6h."""
    match = RELATIVE.match(time.start)
    return int(match[1]) * UNIT_SECONDS[match[2]] if match and time.end == "now" else None


def judged(one: Weight) -> Check:
    """A dashboard against the limits."""
    found = list(dict.fromkeys(one.problems))
    if one.open_queries > MOST_QUERIES_OPEN:
        found.append(f"{one.open_queries} queries when opened: collapse rows that are rarely read")
    if one.refresh_seconds is not None and one.refresh_seconds < SHORTEST_REFRESH_SECONDS:
        found.append(f"refreshes every {one.refresh_seconds:g} s, faster than metrics arrive")
    if one.range_seconds is not None and one.range_seconds > LONGEST_RANGE_SECONDS and one.refresh_seconds:
        found.append(f"{one.range_seconds / 86400:.0f} days by default, asked again at every refresh")
    rate = f", {one.queries_per_minute:.0f} a minute when open" if one.queries_per_minute else ""
    return Check(
        name=one.uid,
        state=State.FINDING if found else State.OK,
        detail=f"{one.title}: {one.queries} queries{rate}",
        advice="; ".join(found),
        value=one.queries_per_minute,
        unit="queries a minute",
    )


def _unused(target: Target, weights: list[Weight]) -> Check:
    try:
        opened = usage(target.loki(), target.settings.namespace)
    except LiveError as error:
        return Check(name="use", state=State.UNKNOWN, detail=f"can't be told: {error}")
    if not opened:
        return Check(
            name="use",
            state=State.UNKNOWN,
            detail="Grafana's log names no dashboard: it does with server.router_logging = true in grafana.ini",
        )
    unused = [one.title for one in weights if one.uid not in opened]
    if unused:
        said = f"not opened in {USAGE_DAYS} days: {', '.join(unused)}"
        return Check(name="use", state=State.FINDING, detail=said, advice="remove them, or tell people of them")
    return Check(name="use", state=State.OK, detail=f"every dashboard was opened in {USAGE_DAYS} days")


def usage(loki: Loki, namespace: str) -> dict[str, float]:
    """How often each dashboard was opened, by uid."""
    return {
        uid: times for uid, times in loki.by("uid", USAGE.format(namespace=namespace, days=USAGE_DAYS)).items() if uid
    }
