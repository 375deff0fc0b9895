"""Mimir, classic architecture: replicas of every component by series, samples and queries.

Sources: Grafana Mimir, "Planning Grafana Mimir capacity" (2026-06-03); beyond some ten million series the page's CPU is
more than was used in Grafana Labs' test of one billion (2022-04-08), so that CPU per series falls towards it.
"""

import math
from collections.abc import Iterator
from typing import NamedTuple

from planning.capacity import coefficients as c
from planning.capacity.ingest import Ingest
from planning.retention import HOURS_PER_DAY, Retention
from planning.topology import sources as s
from planning.topology.availability import Availability
from planning.topology.model import Choice, Pods, Queries
from planning.topology.parts import GIB_PER_GB, ZONES, Idle, Need, Shape, pods
from planning.workload import PLATFORM_SERIES

COPIES = 3
DAYS_PER_YEAR, REFERENCE_INTERVAL_SECONDS = 365, 15
# With these the store-gateways and queriers begin to want caches of their own.
CACHES_FROM_SERIES = 2e6
ZONE_LABELS = (
    "more than three Mimir ingesters lie over the zones by a spread rule alone: to survive a zone they must know "
    "theirs (zone-aware replication, which needs Mimir's rollout operator; not deployed here)"
)
CACHES = (
    "Mimir's own memcacheds (chunks, index, metadata, results) aren't deployed here; queries of this many series want "
    "them"
)


class MimirPlan(NamedTuple):
    """Mimir's part of a topology."""

    pods: tuple[Pods, ...]
    choices: tuple[Choice, ...]
    unvouched: tuple[str, ...]


def queries_of(series: float, services: int) -> Queries:
    """What the platform's own rules and a few dashboards ask; both grow slower than the series that they read."""
    growth = max(1.0, series / (10 * PLATFORM_SERIES)) ** s.MIMIR_QUERIES_GROWTH.value
    return Queries(
        people=(c.MIMIR_QUERIES.value + services * s.MIMIR_PEOPLE_QUERIES_SERVICE.value) * growth,
        rules=(s.MIMIR_RULE_QUERIES.value + services * s.MIMIR_RULE_QUERIES_SERVICE.value) * growth,
    )


def plan_mimir(
    ingest: Ingest,
    series: float,
    interval_seconds: int,
    retention: Retention,
    queries: Queries,
    availability: Availability,
) -> MimirPlan:
    """Mimir for `series` active series; `ingest` has samples."""
    safe = availability is Availability.ZONE
    copies = COPIES if safe else 1
    found = tuple(_components(ingest.samples_per_second, series, interval_seconds, retention, queries, copies))
    ingesters = next(one for one in found if one.workload == "mimir.ingester")
    efficiency = scale_efficiency(series)
    choices = [
        Choice(
            subject="Mimir's ingesters",
            choice=f"{ingesters.replicas} replicas, {copies} copies",
            reason=f"{series:,.0f} active series make {series * copies:,.0f} in memory, "
            f"{ingest.samples_per_second:,.0f} samples/s"
            + ("; a zone may be lost" if safe else "; no zone need survive"),
            source=s.MIMIR_SIZE,
        ),
        Choice(
            subject="Mimir's queries",
            choice=f"{queries.people + queries.rules:.1f} a second",
            reason=f"{queries.rules:.2f} by rules, {queries.people:.2f} by people and dashboards",
            source=s.MEASURED_HERE,
        ),
    ]
    if efficiency < 1:
        choices.append(
            Choice(
                subject="Mimir's CPU at this scale",
                choice=f"{efficiency:.0%} of the sizing page's",
                reason="the page's figures lead to 1.8 times what one billion series took",
                source=s.MIMIR_RECORD,
            )
        )
    unvouched = [ZONE_LABELS] if safe and ingesters.replicas > ZONES else []
    return MimirPlan(found, tuple(choices), (*unvouched, *([CACHES] if series > CACHES_FROM_SERIES else [])))


def scale_efficiency(series: float) -> float:
    """CPU against the sizing page's, 0 to 1: one up to ten million series, then along a line in logarithms through the
    record of one billion."""
    large, record = s.MIMIR_LARGE_SERIES.value, s.MIMIR_RECORD_SERIES.value
    if series <= large:
        return 1.0
    by_page = (
        record * COPIES * c.MIMIR_INGESTER_CPU.value
        + record / REFERENCE_INTERVAL_SECONDS * c.MIMIR_DISTRIBUTOR_CPU.value
    )
    exponent = math.log(s.MIMIR_RECORD_CORES.value / by_page) / math.log(record / large)
    return (series / large) ** exponent


def _components(
    samples: float, series: float, interval_seconds: int, retention: Retention, queries: Queries, copies: int
) -> Iterator[Pods]:
    two = 2 if copies > 1 else 1
    scale, in_memory = scale_efficiency(series), series * copies
    asked = queries.people + queries.rules
    hot = max(1.0, (retention.metrics.hot_days * HOURS_PER_DAY + 1) / c.MIMIR_INGESTER_DISK_HOURS.value)
    extra = s.MIMIR_HEADROOM.value
    yield pods(
        "mimir.distributor",
        Need(samples * c.MIMIR_DISTRIBUTOR_CPU.value * scale, samples * c.MIMIR_DISTRIBUTOR_MEMORY.value),
        Idle(50, 128), Shape(two, 4.0), writes=True,
    )  # fmt: skip
    largest = s.MIMIR_INGESTER_SERIES.value
    yield pods(
        "mimir.ingester",
        Need(
            in_memory * c.MIMIR_INGESTER_CPU.value * scale,
            in_memory * c.MIMIR_INGESTER_MEMORY.value,
            in_memory * c.MIMIR_INGESTER_DISK.value * hot * extra,
        ),
        Idle(100, 512, 10), Shape(copies, gib=largest * c.MIMIR_INGESTER_MEMORY.value, multiple=copies), writes=True,
    )  # fmt: skip
    # The page's memory for a query is that of queriers; half of queries are answered by the ruler itself.
    yield pods("mimir.querier", _each(asked, 10), Idle(50, 192), Shape(two, 4.0))
    yield pods("mimir.query_frontend", _each(asked, s.MIMIR_FRONTEND_QUERIES.value), Idle(50, 96), Shape(two, 2.0))
    yield pods(
        "mimir.query_scheduler",
        Need(asked / s.MIMIR_SCHEDULER_QUERIES.value, asked / s.MIMIR_SCHEDULER_QUERIES.value * 0.1 * GIB_PER_GB),
        Idle(25, 64), Shape(two, 2.0),
    )  # fmt: skip
    blocks = _each(asked, 10)._replace(
        disk_gib=series / 1e6 * s.MIMIR_STORE_GATEWAY_GB.value * GIB_PER_GB * extra
        * retention.metrics.delete_days / DAYS_PER_YEAR * REFERENCE_INTERVAL_SECONDS / interval_seconds
    )  # fmt: skip
    yield pods("mimir.store_gateway", blocks, Idle(50, 192, 5), Shape(copies, 4.0))
    compactors = series / s.MIMIR_COMPACTOR_SERIES.value
    yield pods(
        "mimir.compactor",
        Need(compactors, compactors * 4 * GIB_PER_GB, compactors * 300 * GIB_PER_GB),
        Idle(50, 192, 10), Shape(cores=1.0),
    )  # fmt: skip
    yield pods("mimir.ruler", _each(queries.rules, 10), Idle(50, 128), Shape(two, 4.0))
    yield pods("mimir.alertmanager", Need(), Idle(10, 64, 1))
    yield pods(
        "mimir.gateway", Need(samples / s.MIMIR_GATEWAY_SAMPLES.value), Idle(25, 32), Shape(two, 2.0), writes=True
    )


def _each(queries: float, per_core_and_gb: float) -> Need:
    """One core and one GB for so many queries a second."""
    return Need(queries / per_core_and_gb, queries / per_core_and_gb * GIB_PER_GB)
