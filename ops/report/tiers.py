"""Every way to keep each bucket's objects, with its price and the reason why it is or isn't chosen: a report."""

from collections.abc import Sequence

from ops.report.model import Block, Document, Row, RowStyle, Section, Text, document, table
from planning.buckets import BucketPurpose
from planning.tiers.inputs import Candidate
from planning.tiers.lifecycle import AuditArchive
from planning.tiers.ranking import AuditPlans, BucketPlans, Role, TierRow
from planning.tiers.s3_prices import S3Prices

DEFAULT_ROWS = 8
MOST_UNREADABLE = 3


def tiers_document(
    plans: Sequence[BucketPlans],
    prices: S3Prices,
    archive: tuple[AuditArchive, AuditPlans] | None = None,
    *,
    rows: int | None = DEFAULT_ROWS,
) -> Document:
    """A table for each bucket: plan, dollars a month, readable, verdict; and the audit archive's.

    `rows` limits the readable ones and drops most of the unreadable; None shows all.
    """
    return document(
        f"S3 prices of {prices.region}, {prices.as_of}; assumed reads and requests included; USD a month",
        *(_bucket(one, rows) for one in plans),
        *([_audit(*archive)] if archive else []),
    )


def plan_cells(row: TierRow) -> tuple[str, ...]:
    """A plan's role, classes, price, readability and verdict."""
    readable = "yes" if row.readable else "NO"
    return (row.role.value, row.candidate.text, f"{row.usd_per_month:,.2f}", readable, row.verdict)


def _bucket(plans: BucketPlans, most: int | None) -> Section:
    shown = _shown(plans.rows, most)
    rows = [
        Row(cells=plan_cells(row), style=RowStyle.MARKED if row.role is Role.CHOSEN else RowStyle.PLAIN)
        for row in shown
    ]
    blocks: list[Block] = [table(("", "plan", "USD/month", "readable", "verdict"), rows, numbers=(2,))]
    if left := [row for row in plans.rows if row not in shown]:
        cheapest = min(row.usd_per_month for row in left)
        blocks.append(Text(words=f"and {len(left)} more, from {cheapest:.2f} USD"))
    ages = plans.ages
    until = f"hot to day {ages.hot_days}, warm to day {ages.warm_days}, deleted at day {ages.delete_days}"
    return Section(heading=f"{plans.purpose}: {until}", blocks=tuple(blocks))


def _audit(audit: AuditArchive, plans: AuditPlans) -> Section:
    """The archive's tiers are a setting; nothing reads it, so the table only compares prices."""
    rows = (
        ("the setting", *_priced(plans.setting)),
        (Role.STANDARD.value, *_priced(plans.standard)),
        ("cheapest", *_priced(plans.cheapest)),
    )
    return Section(
        heading=f"{BucketPurpose.AUDIT_ARCHIVE}: no querier reads it, deleted at day {audit.delete_days}",
        blocks=(table(("", "plan", "USD/month"), rows, numbers=(2,)),),
    )


def _priced(candidate: Candidate) -> tuple[str, str]:
    return (candidate.text, f"{candidate.cost.total:.2f}")


def _shown(found: Sequence[TierRow], most: int | None) -> list[TierRow]:
    """The cheapest, few of them unreadable, and always those with a role."""
    if most is None:
        return list(found)
    left = {True: most, False: MOST_UNREADABLE}
    shown: list[TierRow] = []
    for row in found:
        if left[row.readable] > 0 or row.role is not Role.OTHER:
            left[row.readable] -= 1
            shown.append(row)
    return shown
