"""How far an environment reaches: the requests/s it carries, and what would carry a rate that it can't."""

import math
from collections.abc import Callable
from typing import NamedTuple

from planning.capacity import coefficients as c
from planning.capacity.compute import Compute, Fit, StackCapacity
from planning.capacity.ingest import SECONDS_PER_DAY
from planning.topology.loki import distributed_need
from planning.topology.sources import LOKI_HA_GB_PER_DAY

# The node that the larger cluster is counted in: eight vCPU and 32 GiB, of which EKS's own pods leave about these.
NODE_TYPE = "m7g.2xlarge"
NODE_CORES = 7.5
NODE_MEMORY_GIB = 28.0
LARGEST_FACTOR = 1e6
STEPS = 60


class Carrying(NamedTuple):
    """What carries a rate of logs that an environment can't."""

    mb_per_second: float
    cpu_cores: float
    memory_gib: float
    nodes: int
    mode: str
    """Loki's deployment mode."""


def largest_factor(ceiling: StackCapacity, compute_at: Callable[[float], Compute]) -> float:
    """The largest multiple of a workload that fits, found by halving; 0 if not even an idle platform does."""

    def fits(factor: float) -> bool:
        return not Fit(ceiling, compute_at(factor)).shortfalls

    if not fits(0.0):
        return 0.0
    low, high = 0.0, 1.0
    while fits(high) and high < LARGEST_FACTOR:
        low, high = high, high * 2
    for _ in range(STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


def logs_carried_by(ceiling: StackCapacity) -> float:
    """MB/s of logs that an environment carries if it did nothing else, by Loki's sizing page."""
    cores, memory = ceiling.cpu_cores - c.BASE_CPU.value, ceiling.memory_gib - c.BASE_MEMORY.value
    return max(0.0, min(cores / c.LOKI_CPU.value, memory / c.LOKI_MEMORY.value))


def carrying_logs(mb_per_second: float) -> Carrying:
    """What carries a rate of logs, by Loki's sizing page."""
    gb_per_day = mb_per_second * SECONDS_PER_DAY / 1000
    distributed = gb_per_day > LOKI_HA_GB_PER_DAY.value
    if distributed:
        needs = distributed_need(gb_per_day / 1000).values()
        cores, memory = sum(need.cores for need in needs), sum(need.gib for need in needs)
    else:
        cores, memory = mb_per_second * c.LOKI_CPU.value, mb_per_second * c.LOKI_MEMORY.value
    nodes = math.ceil(max(cores / NODE_CORES, memory / NODE_MEMORY_GIB))
    return Carrying(mb_per_second, cores, memory, nodes, "Distributed" if distributed else "Monolithic")
