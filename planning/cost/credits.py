"""CPU credits: what burstable nodes use for long beyond their baseline, where they are unlimited.

Source: Amazon EC2 User Guide, "Key concepts for burstable performance instances" and "Unlimited mode": T3, T3a and T4g
are unlimited unless the credit specification says standard; use above the baseline is then charged by the vCPU-hour.
"""

from collections.abc import Mapping
from typing import NamedTuple

from planning.aws.types import CLUSTER
from planning.capacity.compute import compute_for
from planning.cost.bill import Bill
from planning.cost.compute import instance_types, large_units, paid_hour, working_node_counts
from planning.cost.model import LineKind, SteadyCpu
from planning.cost.reading import text
from planning.cost.volumes import launch_template_of
from planning.instances import is_burstable
from planning.prices.table import MissingPriceError
from planning.registered import Resource

UNLIMITED, STANDARD = "unlimited", "standard"


class Burstable(NamedTuple):
    """What a burstable type has for long."""

    vcpus: int
    baseline: float
    """Share of each vCPU."""


# Alike in t4g, t3 and t3a.
BURSTABLE: Mapping[str, Burstable] = {
    "medium": Burstable(2, 0.2),
    "large": Burstable(2, 0.3),
    "xlarge": Burstable(4, 0.4),
    "2xlarge": Burstable(8, 0.4),
}


class _Nodes(NamedTuple):
    """One group's nodes."""

    group: Resource
    nodes: float
    cores: float
    """That each has for long."""
    family: str
    """Of burstable types, by which surplus credits are priced; else empty."""
    credits: str

    @property
    def burstable(self) -> bool:
        """Whether they have credits at all."""
        return bool(self.family)


def price_cpu_credits(bill: Bill) -> None:
    """What load and system need beyond what all nodes have for long, at the groups that are unlimited."""
    nodes = _all_nodes(bill)
    unlimited = [one for one in nodes if one.burstable and one.credits == UNLIMITED]
    if not unlimited:
        return
    need, have = _cores_needed(bill), _baseline(nodes)
    surplus, shared = max(0.0, need - have), sum(one.nodes for one in unlimited)
    for one in unlimited:
        bill.add(
            one.group, LineKind.CPU_CREDITS, "unlimited CPU credits",
            surplus * one.nodes / shared * bill.assumptions.hours, f"ec2.cpu_credits.{one.family}",
            f"{need:.2f} cores for load and system, {have:.2f} cores of baseline",
        )  # fmt: skip


def steady_cpu(bill: Bill) -> SteadyCpu | None:
    """Need and baseline of a stack with burstable nodes; None without any, or where nodes have no price."""
    try:
        nodes = _all_nodes(bill)
    except MissingPriceError:  # the bill has named it
        return None
    if not any(one.burstable for one in nodes):
        return None
    return SteadyCpu(need_cores=_cores_needed(bill), baseline_cores=_baseline(nodes))


def _all_nodes(bill: Bill) -> list[_Nodes]:
    counts = [(group, count) for group, count in working_node_counts(bill) if count]
    return [one for group, count in counts if (one := _nodes(group, count, bill)) is not None]


def _baseline(nodes: list[_Nodes]) -> float:
    return sum(one.nodes * one.cores for one in nodes)


def _nodes(group: Resource, count: float, bill: Bill) -> _Nodes | None:
    types = instance_types(group)
    if types is None:
        return None
    name = paid_hour(types, bill, spot=text(group.at("capacityType"), "ON_DEMAND") == "SPOT").instance_type
    family, _, size = name.partition(".")
    if is_burstable(name):
        template = launch_template_of(group, bill)
        chosen = template.at("creditSpecification", "cpuCredits") if template else None
        kind = BURSTABLE[size]
        return _Nodes(group, count, kind.vcpus * kind.baseline, family=family, credits=text(chosen, UNLIMITED))
    return _Nodes(group, count, 2 * large_units(size), family="", credits="")


def _cores_needed(bill: Bill) -> float:
    """Cores of the platform under its expected load, and of the system's pods."""
    platform = compute_for(bill.ingest, bill.load.retention, bill.replication).cpu_cores
    count, assumed = sum(count for _, count in working_node_counts(bill)), bill.assumptions
    once = assumed.system_cores_per_cluster if bill.of_type(CLUSTER) else 0.0
    return platform + count * assumed.system_cores_per_node + once
