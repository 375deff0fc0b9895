"""Every figure of the planner at five loads, in files that a reviewer reads as a diff when a coefficient changes.

Whether figures are right is the published tables' business (test_topology.py); these only let none change unseen.
Written by `python -m tests.unit.planning.topology_figures`.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from planning.capacity.reference import REFERENCE_SAMPLING, REFERENCE_WORKLOAD
from planning.capacity.series import at_rate
from planning.cost.inputs import REFERENCE_LOAD
from planning.prices.loader import load_prices
from planning.topology.availability import Availability
from planning.topology.model import Overhead, Pods, Topology, TopologyInputs
from planning.topology.plan import plan_topology

FOLDER = Path(__file__).parents[2] / "data" / "topology"
SERVICES = 6
CASES: Mapping[str, tuple[float, Availability, bool]] = {
    "30-requests-no-zone": (30, Availability.NONE, True),
    "300-requests": (300, Availability.ZONE, False),
    "3000-requests": (3_000, Availability.ZONE, True),
    "30000-requests": (30_000, Availability.ZONE, True),
    "300000-requests": (300_000, Availability.ZONE, True),
}


def planned(name: str) -> Topology:
    """The topology of one case."""
    requests_per_second, availability, spot = CASES[name]
    inputs = TopologyInputs(
        workload=at_rate(REFERENCE_WORKLOAD, SERVICES, requests_per_second),
        sampling=REFERENCE_SAMPLING,
        retention=REFERENCE_LOAD.retention,
        services=SERVICES,
        availability=availability,
        spot=spot,
        each_node=Overhead(pods=5, cpu_millicores=260, memory_mib=280),
        each_cluster=Overhead(pods=10, cpu_millicores=390, memory_mib=1008),
    )
    return plan_topology(inputs, load_prices("us-west-2"))


def figures(found: Topology) -> str:
    """All that it says, a line each."""
    return "\n".join(_lines(found)) + "\n"


def _lines(found: Topology) -> Iterator[str]:
    yield f"series {found.series:,.0f}; loki {found.loki.value}; tempo {found.tempo.value}"
    yield from map(_pods, found.everything)
    yield from (f"cache {one.name}: {one.mb} MB" for one in found.caches)
    for pool in found.pools:
        yield (
            f"nodes {pool.name}: {pool.nodes} to {pool.most_nodes} x {'/'.join(pool.instance_types)}, "
            f"{pool.root_volume_gib} GiB, {pool.usd_per_hour:.4f} USD/h"
        )
    yield from (f"{one.subject}: {one.choice} ({one.reason})" for one in found.choices)
    yield from (f"not vouched for: {one}" for one in found.unvouched)


def _pods(one: Pods) -> str:
    volume = "" if one.volume_gib is None else f", volume {one.volume_gib} GiB"
    return (
        f"{one.workload}: {one.replicas} x {one.cpu_millicores}m, "
        f"{one.memory_mib} of {one.memory_limit_mib} MiB{volume}; "
        f"{one.steady_cores:.4g} cores{' on the way of writes' if one.writes else ''}"
    )


def path(name: str) -> Path:
    """Where a case's figures are."""
    return FOLDER / f"{name}.txt"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for case in CASES:
        path(case).write_text(figures(planned(case)), encoding="utf-8")
