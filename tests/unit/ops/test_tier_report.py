"""The table of all plans: what is always shown, and what each row says."""

import pytest

from ops.report.terminal import plain
from ops.report.tiers import DEFAULT_ROWS, MOST_UNREADABLE, tiers_document
from planning.aws.lifecycle import Transition
from planning.buckets import BucketPurpose, StorageClass
from planning.capacity.objects import object_flows
from planning.capacity.reference import REFERENCE_REPLICATION, REFERENCE_SAMPLING, REFERENCE_WORKLOAD
from planning.retention import Retention
from planning.tiers.inputs import LifecycleLimits, tiering_inputs
from planning.tiers.lifecycle import AuditArchive
from planning.tiers.ranking import Role, TierRow, audit_plans, bucket_plans, tier_rows
from planning.tiers.s3_prices import S3Prices
from tests.unit.planning.loads import PROMISED, US_WEST_2

QUERIED = (BucketPurpose.LOKI_CHUNKS, BucketPurpose.TEMPO_TRACES, BucketPurpose.MIMIR_BLOCKS)


def tier_report(
    retention: Retention, prices: S3Prices, audit: AuditArchive | None = None, rows: int | None = DEFAULT_ROWS
) -> str:
    """The report of the reference workload, in columns as wide as they need."""
    flows = object_flows(REFERENCE_WORKLOAD, REFERENCE_SAMPLING, REFERENCE_REPLICATION)
    limits = LifecycleLimits.of_region(prices.region)
    archive = (audit, audit_plans(audit, prices, limits)) if audit else None
    return plain(tiers_document(bucket_plans(retention, flows, prices, limits), prices, archive, rows=rows), width=400)


def rows(purpose: BucketPurpose) -> tuple[TierRow, ...]:
    flows = object_flows(REFERENCE_WORKLOAD, REFERENCE_SAMPLING, REFERENCE_REPLICATION)
    return tier_rows(tiering_inputs(purpose, PROMISED, flows, US_WEST_2, LifecycleLimits()))


def only(purpose: BucketPurpose, role: Role) -> TierRow:
    (row,) = [row for row in rows(purpose) if row.role is role]
    return row


@pytest.mark.parametrize("purpose", QUERIED)
def test_tiers_by_name_is_always_there_and_loses(purpose: BucketPurpose) -> None:
    literal, chosen = only(purpose, Role.BY_NAME), only(purpose, Role.CHOSEN)
    assert not literal.readable
    assert "unreadable: GLACIER answers 403" in literal.verdict
    assert chosen.readable
    assert literal.candidate.text in tier_report(PROMISED, US_WEST_2, rows=1)


@pytest.mark.parametrize("purpose", QUERIED)
def test_every_row_that_was_not_chosen_says_why(purpose: BucketPurpose) -> None:
    found = rows(purpose)
    assert [row.usd_per_month for row in found] == sorted(row.usd_per_month for row in found)
    assert len({(row.candidate.first, row.candidate.moves) for row in found}) == len(found)
    for row in found:
        assert row.verdict
        if row.role is not Role.CHOSEN and row.readable:
            assert "dearer" in row.verdict or "x the chosen plan" in row.verdict or len(row.verdict) > 30


def test_metrics_show_what_standard_alone_would_cost() -> None:
    standard, chosen = only(BucketPurpose.MIMIR_BLOCKS, Role.STANDARD), only(BucketPurpose.MIMIR_BLOCKS, Role.CHOSEN)
    assert chosen.candidate.text == "STANDARD, 30 d GLACIER_IR"
    assert chosen.verdict == "the cheapest that stays queryable, 34% below STANDARD"
    assert standard.usd_per_month > chosen.usd_per_month


def test_the_report_shows_few_rows_unless_asked_for_all() -> None:
    short = tier_report(PROMISED, US_WEST_2)
    whole = tier_report(PROMISED, US_WEST_2, rows=None)
    assert short.count(" NO ") <= 3 * (MOST_UNREADABLE + 1)
    assert "more, from" in short
    assert "more, from" not in whole
    assert len(whole.splitlines()) == 1 + sum(3 + len(rows(purpose)) for purpose in QUERIED)
    for row in (row for purpose in QUERIED for row in rows(purpose)):
        assert row.candidate.text in whole


def test_the_report_names_prices_and_ages() -> None:
    report = tier_report(PROMISED, US_WEST_2)
    assert report.startswith("S3 prices of us-west-2, 2026-11-24")
    assert "mimir-blocks: hot to day 1, warm to day 30, deleted at day 90" in report


def test_the_audit_archive_s_setting_is_compared() -> None:
    audit = AuditArchive(
        transitions=(
            Transition(days=30, storage_class=StorageClass.STANDARD_IA),
            Transition(days=90, storage_class=StorageClass.GLACIER),
        ),
        delete_days=400,
    )
    report = tier_report(PROMISED, US_WEST_2, audit=audit)
    section = report[report.index("audit-archive") :]
    prices = {line[:14].strip(): float(line.split()[-1]) for line in section.splitlines()[2:]}
    assert "STANDARD, 30 d STANDARD_IA, 90 d GLACIER" in section
    assert prices["cheapest"] <= prices["the setting"] < prices["STANDARD alone"]
    assert "audit-archive" not in tier_report(PROMISED, US_WEST_2)


def test_china_s_old_rule_is_named() -> None:
    china = US_WEST_2.model_copy(update={"region": "cn-north-1"})
    assert "refused by S3: no move to STANDARD_IA before day 30" in tier_report(
        PROMISED.model_copy(update={"traces": PROMISED.metrics}), china, rows=None
    )
