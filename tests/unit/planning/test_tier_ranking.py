"""Every plan of every bucket, ranked."""

import pytest

from planning.buckets import BucketPurpose
from planning.capacity.objects import object_flows
from planning.capacity.reference import REFERENCE_REPLICATION, REFERENCE_SAMPLING, REFERENCE_WORKLOAD
from planning.tiers.inputs import LifecycleLimits, tiering_inputs
from planning.tiers.lifecycle import AuditArchive
from planning.tiers.ranking import Role, audit_plans, bucket_plans, tier_plan_rows
from tests.unit.planning.loads import PROMISED, US_WEST_2

FLOWS = object_flows(REFERENCE_WORKLOAD, REFERENCE_SAMPLING, REFERENCE_REPLICATION)
LIMITS = LifecycleLimits()
PLANS = bucket_plans(PROMISED, FLOWS, US_WEST_2, LIMITS)
ROWS = tier_plan_rows(PLANS)
QUERIED = (BucketPurpose.LOKI_CHUNKS, BucketPurpose.TEMPO_TRACES, BucketPurpose.MIMIR_BLOCKS)


@pytest.mark.parametrize("purpose", QUERIED)
def test_each_row_is_one_plan_at_its_price(purpose: BucketPurpose) -> None:
    (plans,) = [one for one in PLANS if one.purpose is purpose]
    rows = [row for row in ROWS if row.bucket is purpose]
    inputs = tiering_inputs(purpose, PROMISED, FLOWS, US_WEST_2, LIMITS)
    for row, plan in zip(rows, plans.rows, strict=True):
        assert row.plan == plan.candidate.text
        assert plan.candidate.first.value in row.plan, f"a plan begins with the class of its upload: {row.plan}"
        price = inputs.priced(list(plan.candidate.moves), plan.candidate.first).cost.total
        assert row.usd_per_month == pytest.approx(price, abs=5e-5), f"{row.plan} should cost {price}"
        assert (row.role, row.verdict) == (plan.role.value, plan.verdict)
        frozen = "GLACIER" in row.plan.replace("GLACIER_IR", "") or "DEEP_ARCHIVE" in row.plan
        assert row.readable is not frozen, f"readable expected to be {not frozen}: {row.plan}"


@pytest.mark.parametrize("purpose", QUERIED)
def test_one_row_is_chosen_and_the_cheaper_ones_say_what_is_against_them(purpose: BucketPurpose) -> None:
    rows = [row for row in ROWS if row.bucket is purpose]
    assert [row.usd_per_month for row in rows] == sorted(row.usd_per_month for row in rows), "cheapest first expected"
    (chosen,) = [index for index, row in enumerate(rows) if row.role == Role.CHOSEN.value]
    assert rows[chosen].verdict.startswith("the cheapest that stays queryable")
    for cheaper in rows[:chosen]:
        assert cheaper.verdict, f"an objection expected against {cheaper.plan}, which is cheaper"
        assert "dearer" not in cheaper.verdict
    for dearer in rows[chosen + 1 :]:
        more = dearer.usd_per_month - rows[chosen].usd_per_month
        times = dearer.usd_per_month / rows[chosen].usd_per_month
        expected = f"{times:.1f} x the chosen plan" if times >= 2 else f"{more:.2f} USD dearer"
        assert dearer.verdict.endswith(expected) or not more, f"{expected} expected: {dearer.verdict}"


def test_the_audit_archive_s_setting_is_priced_beside_what_else_there_is() -> None:
    archive = AuditArchive.model_validate(
        {"transitions": [{"days": 30, "storage_class": "GLACIER"}], "delete_days": 400}
    )
    plans = audit_plans(archive, US_WEST_2, LIMITS)
    assert plans.setting.text == "STANDARD, 30 d GLACIER"
    assert plans.standard.text == "STANDARD"
    assert plans.cheapest.cost.total <= plans.setting.cost.total < plans.standard.cost.total
