"""Loki: which mode carries a rate of logs, and its pods.

Source: Grafana Loki, "Size the cluster" and "Deployment modes" (2026-07-17). The page has three tables by TB a month,
for Distributed mode alone: below 100, 100 to 1,000, and about 1,000. Each is read here as the middle of its decade (in
logarithms): 32 and 316 TB a month, and 30 TB a day as the page has it. So read they agree with each other within a
tenth: 37 to 41 cores for each TB a day. Read at their upper ends they would name 431 and 1,221 cores for one rate.
"""

import math
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from planning.capacity import coefficients as c
from planning.capacity.compute import BYTES_PER_GIB, LOKI_WAL_SECONDS
from planning.capacity.ingest import DAYS_PER_MONTH, MB, SECONDS_PER_DAY, Ingest
from planning.topology import sources as s
from planning.topology.availability import Availability
from planning.topology.model import Cache, Choice, LokiMode, Pods
from planning.topology.parts import ZONES, Idle, Need, Shape, along, pods

COPIES = 3
# TB a day for which each published table is taken.
TIER_TB_PER_DAY = (10**1.5 / DAYS_PER_MONTH, 10**2.5 / DAYS_PER_MONTH, 30.0)


class Part(NamedTuple):
    """One component's row in the three published tables."""

    cores: tuple[float, float, float]
    """All replicas together."""
    gib: tuple[float, float, float]
    """Memory of all replicas together."""
    idle: Idle
    """What one idle pod asks for."""
    pod_cores: float
    """Cores of one pod, as the tables have it."""
    least: int = 2
    """Fewest pods."""
    proportional: float | None = None
    """Cores for each TB a day, where the tables agree with a proportion; None: by the tables."""
    writes: bool = False
    """On the way of writes."""


PARTS: Mapping[str, Part] = {
    "ingester": Part((12, 180, 600), (24, 540, 1200), Idle(100, 384, 10), 2, COPIES, 17.0, writes=True),
    "distributor": Part((8, 80, 200), (2, 40, 100), Idle(50, 128), 2, 2, 7.5, writes=True),
    "querier": Part((10, 150, 375), (10, 200, 750), Idle(50, 192), 1.5, 2, 12.0),
    "index_gateway": Part((2, 5, 20), (8, 40, 80), Idle(50, 192, 10), 0.5, 2, 0.7),
    "query_frontend": Part((2, 8, 16), (4, 16, 64), Idle(50, 128), 1, 2, 0.8),
    "query_scheduler": Part((2, 2, 4), (1, 1, 1), Idle(25, 64), math.inf, 2),
    "compactor": Part((2, 6, 6), (10, 20, 40), Idle(100, 256, 10), math.inf, 1),
}
RULER, GATEWAY = Idle(50, 192), Idle(25, 32)
MONOLITHIC = Idle(250, 512, 10)
# Most of one monolithic pod; a larger need gets more pods.
MONOLITHIC_CORES, MONOLITHIC_GIB = 4.0, 12.0
RULES_CORES, GATEWAY_MB_PER_CORE = 0.1, 50.0
COMPACTOR_DISK_GIB_PER_TB, INDEX_DISK_GIB_PER_TB = 20.0, 10.0
# memcached: results are small, chunks are worth memory once many queriers read them.
SMALL_CACHES, CHUNKS_MB_PER_TB, MOST_CACHE_MB = (256, 64), 2048, 16_384


class LokiPlan(NamedTuple):
    """Loki's part of a topology."""

    mode: LokiMode
    pods: tuple[Pods, ...]
    caches: tuple[Cache, ...]
    choices: tuple[Choice, ...]


def plan_loki(ingest: Ingest, availability: Availability) -> LokiPlan:
    """Loki for a rate of logs."""
    gb_per_day = ingest.logs.kept_gb_per_day
    choice = _mode(gb_per_day, availability)
    mode = LokiMode(choice.choice)
    found = tuple(_distributed(ingest) if mode is LokiMode.DISTRIBUTED else _monolithic(ingest, mode))
    sized = Choice(
        subject="Loki's pods",
        choice=", ".join(f"{one.replicas} {one.workload.rpartition('.')[2]}" for one in found),
        reason=f"{sum(one.steady_cores for one in found):.1f} cores for {ingest.logs.kept_mb_per_second:.2f} MB/s"
        + (", three copies of each line" if mode is not LokiMode.MONOLITHIC else ", one copy of each line"),
        source=s.LOKI_TIERS,
    )
    return LokiPlan(mode, found, _caches(gb_per_day, mode), (choice, sized))


def distributed_need(tb_per_day: float) -> Mapping[str, Need]:
    """What each component of Distributed mode needs for a rate of logs, in TB (10^12 bytes) a day."""
    found: dict[str, Need] = {}
    for name, part in PARTS.items():
        by_table = along(tuple(zip(TIER_TB_PER_DAY, part.cores, strict=True)), tb_per_day)
        found[name] = Need(
            cores=by_table if part.proportional is None else part.proportional * tb_per_day,
            gib=along(tuple(zip(TIER_TB_PER_DAY, part.gib, strict=True)), tb_per_day),
        )
    return found


def _mode(gb_per_day: float, availability: Availability) -> Choice:
    one, several = c.LOKI_MONOLITHIC_GB_PER_DAY.value, s.LOKI_HA_GB_PER_DAY.value
    if gb_per_day > several:
        mode, why = LokiMode.DISTRIBUTED, f"more than the {several:g} up to which every process may do everything"
    elif gb_per_day > one:
        mode, why = LokiMode.HA_MONOLITHIC, f"more than the {one:g} that one process is meant for"
    elif availability is Availability.ZONE:
        mode, why = LokiMode.HA_MONOLITHIC, "little, but a zone may be lost: three replicas, three copies"
    else:
        mode, why = LokiMode.MONOLITHIC, f"within the {one:g} that one process is meant for"
    return Choice(
        subject="Loki's mode",
        choice=mode.value,
        reason=f"{gb_per_day:,.0f} GB of logs a day: {why}",
        source=s.JUDGED if mode is LokiMode.DISTRIBUTED else s.LOKI_MODES,
    )


def _monolithic(ingest: Ingest, mode: LokiMode) -> Iterator[Pods]:
    mb = ingest.logs.kept_mb_per_second
    copies = 1 if mode is LokiMode.MONOLITHIC else COPIES
    need = Need(mb * c.LOKI_CPU.value, mb * c.LOKI_MEMORY.value, _log_gib(mb, copies))
    yield pods("loki.monolithic", need, MONOLITHIC, Shape(copies, MONOLITHIC_CORES, MONOLITHIC_GIB), writes=True)


def _distributed(ingest: Ingest) -> Iterator[Pods]:
    mb = ingest.logs.kept_mb_per_second
    tb = mb * SECONDS_PER_DAY / 1e6
    disks = {
        "ingester": _log_gib(mb, COPIES),
        "compactor": tb * COMPACTOR_DISK_GIB_PER_TB,
        "index_gateway": tb * INDEX_DISK_GIB_PER_TB,
    }
    for name, need in distributed_need(tb).items():
        part = PARTS[name]
        shape = Shape(part.least, part.pod_cores, multiple=ZONES if name == "ingester" else 1)
        whole = need._replace(disk_gib=disks.get(name, 0.0))
        yield pods(f"loki.distributed.{name}", whole, part.idle, shape, writes=part.writes)
    yield pods("loki.distributed.ruler", Need(RULES_CORES), RULER)
    yield pods("loki.distributed.gateway", Need(mb / GATEWAY_MB_PER_CORE), GATEWAY, Shape(2, 2.0), writes=True)


def _log_gib(mb_per_second: float, copies: int) -> float:
    """Two hours of chunks that aren't in the bucket yet."""
    return mb_per_second * MB * LOKI_WAL_SECONDS * copies / BYTES_PER_GIB


def _caches(gb_per_day: float, mode: LokiMode) -> tuple[Cache, ...]:
    if mode is LokiMode.MONOLITHIC:
        sizes = (0, 0)
    elif mode is LokiMode.HA_MONOLITHIC:
        sizes = SMALL_CACHES
    else:
        chunks = min(MOST_CACHE_MB, max(1024, round(gb_per_day / 1000 * CHUNKS_MB_PER_TB)))
        sizes = (chunks, max(SMALL_CACHES[1], chunks // 8))
    return tuple(
        Cache(name=name, mb=mb) for name, mb in zip(("chunks_cache_mb", "results_cache_mb"), sizes, strict=True)
    )
