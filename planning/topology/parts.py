"""From a need to pods: how many, and what each asks for."""

import math
from itertools import pairwise
from typing import NamedTuple

from planning.topology.model import Pods

MIB_PER_GIB = 1024
GIB_PER_GB = 1e9 / 1024**3
# Requests are rounded up to what people would write.
MILLICORES_STEP, MIB_STEP = 50, 64
# Memory limits stand above requests: Go collects garbage late. Mimir's sizing page names the same 50 %.
LIMIT_FACTOR = 1.5
ZONES = 3


class Need(NamedTuple):
    """What a workload uses at the daily mean, all pods together."""

    cores: float = 0.0
    gib: float = 0.0
    disk_gib: float = 0.0


class Idle(NamedTuple):
    """What one pod asks for with nothing to do."""

    millicores: int
    mib: int
    disk_gib: int | None = None
    """None: it keeps nothing on disk."""


class Shape(NamedTuple):
    """How a workload is cut into pods."""

    least: int = 1
    """Fewest pods."""
    cores: float = math.inf
    """Most cores of one pod."""
    gib: float = math.inf
    """Most memory of one pod, in GiB."""
    multiple: int = 1
    """Of which the number of pods is a multiple, beyond the fewest."""


ONE = Shape()


def pods(workload: str, need: Need, idle: Idle, shape: Shape = ONE, *, writes: bool = False) -> Pods:
    """The workload's pods: so many that none gets too large, each with its share of the need beside its idling."""
    wanted = max(shape.least, math.ceil(need.cores / shape.cores), math.ceil(need.gib / shape.gib))
    replicas = math.ceil(wanted / shape.multiple) * shape.multiple
    memory = _up(idle.mib + need.gib * MIB_PER_GIB / replicas, MIB_STEP)
    return Pods(
        workload=workload,
        replicas=replicas,
        cpu_millicores=max(idle.millicores, _up(need.cores * 1000 / replicas, MILLICORES_STEP)),
        memory_mib=memory,
        memory_limit_mib=_up(memory * LIMIT_FACTOR, MIB_STEP),
        volume_gib=None if idle.disk_gib is None else math.ceil(idle.disk_gib + need.disk_gib / replicas),
        steady_cores=need.cores,
        writes=writes,
    )


def _up(value: float, step: int) -> int:
    return max(step, math.ceil(value / step) * step)


def along(points: tuple[tuple[float, float], ...], x: float) -> float:
    """The value at `x` on straight lines between points in logarithms; in proportion before the first and after the
    last."""
    first, last = points[0], points[-1]
    if x <= first[0]:
        return first[1] * x / first[0]
    for (x0, y0), (x1, y1) in pairwise(points):
        if x <= x1:
            return y0 * (x / x0) ** (math.log(y1 / y0) / math.log(x1 / x0))
    return last[1] * x / last[0]
