"""Tempo: one process as far as it goes, and what comes then.

Sources: Grafana Tempo 2.10 and 3.0, "Size the cluster" and "Deployment modes" (2026-05-28).
"""

import math
from collections.abc import Iterator
from typing import NamedTuple

from planning.capacity import coefficients as c
from planning.capacity.compute import BYTES_PER_GIB, TEMPO_WAL_SECONDS
from planning.capacity.ingest import MB, Ingest
from planning.topology import sources as s
from planning.topology.model import Choice, Pods, TempoMode
from planning.topology.parts import GIB_PER_GB, Idle, Need, Shape, pods

MONOLITHIC = Idle(200, 512, 10)
# The largest pod that the settings accept.
MOST_CORES = 60.0
KAFKA = (
    "Tempo in microservices needs a Kafka-compatible log, which this project neither deploys nor prices: lower what "
    "sampling keeps, or run Tempo by its own chart"
)
ONE_POD = (
    "Tempo is one process with one volume: while it restarts or its zone is lost, traces wait in the collectors' queues"
)


class TempoPlan(NamedTuple):
    """Tempo's part of a topology."""

    mode: TempoMode
    pods: tuple[Pods, ...]
    choices: tuple[Choice, ...]
    unvouched: tuple[str, ...]


def plan_tempo(ingest: Ingest) -> TempoPlan:
    """Tempo for a rate of spans after sampling."""
    mb, most = ingest.traces.kept_mb_per_second, s.TEMPO_MONOLITHIC_MB.value
    kept = f"{mb:.2f} MB/s of spans are kept"
    if mb <= most:
        one = pods("tempo", monolithic_need(mb), MONOLITHIC, writes=True)
        choice = Choice(
            subject="Tempo's mode",
            choice=TempoMode.MONOLITHIC.value,
            reason=f"{kept}: within the {most:g} of one process, which needs no Kafka",
            source=s.TEMPO_MODES,
        )
        return TempoPlan(TempoMode.MONOLITHIC, (one,), (choice,), (ONE_POD,))
    choice = Choice(
        subject="Tempo's mode",
        choice=TempoMode.MICROSERVICES.value,
        reason=f"{kept}: more than the {most:g} of one process, and Tempo supports no second one",
        source=s.TEMPO_MODES,
    )
    return TempoPlan(TempoMode.MICROSERVICES, tuple(_microservices(mb)), (choice,), (KAFKA,))


def monolithic_need(mb_per_second: float) -> Need:
    """All parts of Tempo in one process, for MB/s after sampling."""
    parts = c.TEMPO_DISTRIBUTOR_CPU, c.TEMPO_INGESTER_CPU, c.TEMPO_COMPACTOR_CPU, c.TEMPO_QUERIER_CPU
    return Need(
        cores=mb_per_second * sum(one.value for one in parts),
        gib=mb_per_second * c.TEMPO_MEMORY.value,
        disk_gib=_log_gib(mb_per_second),
    )


def _microservices(mb: float) -> Iterator[Pods]:
    """Tempo 3: distributor, live-stores, block-builders (one a partition), queriers, frontends, scheduler, workers."""
    memory = s.TEMPO_POD_GB.value * GIB_PER_GB
    distributors = mb / s.TEMPO_DISTRIBUTOR_MB.value
    stores, queriers = math.ceil(mb / s.TEMPO_LIVE_STORE_MB.value), math.ceil(mb / s.TEMPO_QUERIER_MB.value)
    yield pods(
        "tempo.distributor",
        Need(2 * distributors, 2 * GIB_PER_GB * distributors),
        Idle(50, 128),
        Shape(2, 2.0),
        writes=True,
    )
    yield pods(
        "tempo.live_store", Need(stores, stores * memory, _log_gib(mb)), Idle(100, 256, 10), Shape(3, 1.0), writes=True
    )
    yield pods(
        "tempo.block_builder", Need(stores * 0.5, stores * memory), Idle(100, 256, 10), Shape(3, 0.5), writes=True
    )
    yield pods("tempo.querier", Need(queriers, queriers * memory), Idle(100, 256), Shape(2, 1.0))
    yield pods("tempo.query_frontend", Need(2, 2 * memory), Idle(100, 256), Shape(2))
    yield pods("tempo.backend_scheduler", Need(0.5, 2 * GIB_PER_GB), Idle(100, 256))
    workers = stores
    yield pods("tempo.backend_worker", Need(workers * 0.5, workers * 2 * GIB_PER_GB), Idle(100, 256), Shape(1, 0.5))


def _log_gib(mb_per_second: float) -> float:
    """Twenty minutes of spans."""
    return mb_per_second * MB * TEMPO_WAL_SECONDS / BYTES_PER_GIB
