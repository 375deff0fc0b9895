"""EBS snapshots that a Data Lifecycle Manager policy keeps of the stack's data volumes."""

from planning.cost.bill import Bill
from planning.cost.model import LineKind, UnpricedCause
from planning.cost.reading import text
from planning.registered import Property, Resource, is_list, number, value_at
from planning.retention import HOURS_PER_DAY

DAYS_PER_UNIT = {"DAYS": 1, "WEEKS": 7, "MONTHS": 31, "YEARS": 366}


def price_snapshots(policy: Resource, bill: Bill) -> None:
    """The first snapshot of each data volume, and what changes until each later one.

    Call it when the volumes are priced: it counts those that the bill has. Of which volumes a policy takes snapshots is
    decided by tags that a plan doesn't show, so all of the stack's data volumes are counted.
    """
    schedules = policy.at("policyDetails", "schedules")
    for schedule in schedules if is_list(schedules) else ():
        kept = _snapshots_kept(schedule)
        if kept is None:
            bill.leave_out(
                policy, UnpricedCause.NOT_COVERED, "how long its snapshots are kept isn't known, so they aren't priced"
            )
            continue
        assumed, volumes = bill.assumptions, bill.data_volume_gib
        first = volumes * assumed.snapshot_share
        gib = first * (1 + (kept - 1) * assumed.snapshot_changed_share)
        note = f"{kept:g} snapshots each of {volumes:g} GiB of volumes, {assumed.snapshot_share:.0%} of it in use"
        bill.add(policy, LineKind.SNAPSHOT, "volume snapshots", gib, "ebs.snapshots.standard", note)


def _snapshots_kept(schedule: Property) -> float | None:
    """How many snapshots of a volume there are in steady state."""
    count = number(value_at(schedule, "retainRule", "count"))
    if count is not None:
        return count
    interval = number(value_at(schedule, "retainRule", "interval"))
    days = DAYS_PER_UNIT.get(text(value_at(schedule, "retainRule", "intervalUnit")))
    hours = number(value_at(schedule, "createRule", "interval"))
    if interval is None or days is None or not hours:
        return None
    return max(1.0, interval * days * HOURS_PER_DAY / hours)
