"""Tier plans: what S3 refuses and what would make live data unreadable never leaves the compiler."""

from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from planning.aws.lifecycle import LifecycleRule, Transition
from planning.buckets import BucketPurpose, StorageClass
from planning.retention import MAX_RETENTION_DAYS, Retention, Signal, SignalRetention
from planning.tiers.application import ApplicationWindows, loki_windows, mimir_windows, tempo_windows
from planning.tiers.lifecycle import AuditArchive, TierPlan
from tests.unit.planning.loads import plans_of

PROMISED = Retention(
    logs=SignalRetention(hot_days=3, warm_days=7, delete_days=14),
    traces=SignalRetention(hot_days=1, warm_days=3, delete_days=7),
    metrics=SignalRetention(hot_days=1, warm_days=30, delete_days=90),
)
ARCHIVE = AuditArchive(
    transitions=(
        Transition(days=30, storage_class=StorageClass.STANDARD_IA),
        Transition(days=90, storage_class=StorageClass.GLACIER),
        Transition(days=180, storage_class=StorageClass.DEEP_ARCHIVE),
    ),
    delete_days=2557,
)
SIGNAL_OF = {
    BucketPurpose.LOKI_CHUNKS: Signal.LOGS,
    BucketPurpose.TEMPO_TRACES: Signal.TRACES,
    BucketPurpose.MIMIR_BLOCKS: Signal.METRICS,
}
# Longest that the safety net behind a retention may be dated, so that it stays a legal age.
LONGEST = MAX_RETENTION_DAYS - 7


def moves(*steps: tuple[int, str]) -> tuple[Transition, ...]:
    return tuple(Transition(days=days, storage_class=StorageClass(name)) for days, name in steps)


def expirations(plan: TierPlan) -> list[LifecycleRule]:
    return [rule for rule in plan.rules if rule.expiration_days is not None]


@st.composite
def ages(draw: st.DrawFn) -> SignalRetention:
    hot, warm, delete = sorted(draw(st.sets(st.integers(1, LONGEST), min_size=3, max_size=3)))
    return SignalRetention(hot_days=hot, warm_days=warm, delete_days=delete)


@st.composite
def archives(draw: st.DrawFn) -> AuditArchive:
    classes = sorted(draw(st.sets(st.sampled_from(list(StorageClass)))), key=list(StorageClass).index)
    days = sorted(draw(st.sets(st.integers(0, 3649), min_size=len(classes), max_size=len(classes))))
    delete = draw(st.integers(max(days, default=0) + 1, MAX_RETENTION_DAYS))
    transitions = tuple(Transition(days=age, storage_class=name) for age, name in zip(days, classes, strict=True))
    return AuditArchive(transitions=transitions, delete_days=delete)


retentions = st.builds(Retention, logs=ages(), traces=ages(), metrics=ages())


def stays_readable(plan: TierPlan, retention: Retention) -> None:
    classes = {transition.storage_class for rule in plan.rules for transition in rule.transitions}
    if plan.purpose.queried:
        assert not classes & {StorageClass.GLACIER, StorageClass.DEEP_ARCHIVE}


def expires_after_the_application(plan: TierPlan, retention: Retention) -> None:
    if plan.purpose in SIGNAL_OF:
        (rule,) = expirations(plan)
        assert rule.expiration_days is not None
        assert rule.expiration_days > retention.of(SIGNAL_OF[plan.purpose]).delete_days


def expires_nothing_by_an_empty_prefix(plan: TierPlan, retention: Retention) -> None:
    if plan.purpose.queried:
        assert all(rule.prefix.endswith("/") for rule in expirations(plan))


def moves_as_s3_allows(plan: TierPlan, retention: Retention) -> None:
    assert len({rule.id for rule in plan.rules}) == len(plan.rules)
    assert any(rule.abort_multipart_days == 1 for rule in plan.rules)
    for rule in plan.rules:
        days = [transition.days for transition in rule.transitions]
        classes = [list(StorageClass).index(transition.storage_class) for transition in rule.transitions]
        assert days == sorted(set(days))
        assert classes == sorted(set(classes))
        assert rule.expiration_days is None or all(age < rule.expiration_days for age in days)
        assert rule.abort_multipart_days is None or rule.min_object_bytes is None


def explains_itself(plan: TierPlan, retention: Retention) -> None:
    assert plan.explanation.endswith(".")
    assert plan.versioned == (plan.purpose is BucketPurpose.AUDIT_ARCHIVE)


@settings(max_examples=40)
@given(retention=retentions, audit=archives())
def test_every_compiled_plan_is_legal_and_readable(retention: Retention, audit: AuditArchive) -> None:
    plans = plans_of(retention, audit)
    assert list(plans) == [plan.purpose for plan in plans.values()]
    assert set(plans) == set(BucketPurpose) - {BucketPurpose.PROFILES}
    for plan in plans.values():
        stays_readable(plan, retention)
        expires_after_the_application(plan, retention)
        expires_nothing_by_an_empty_prefix(plan, retention)
        moves_as_s3_allows(plan, retention)
        explains_itself(plan, retention)


@settings(max_examples=40)
@given(retention=retentions, audit=archives(), days=st.integers(1, 30))
def test_versions_are_added_to_a_plan_and_change_nothing_else(
    retention: Retention, audit: AuditArchive, days: int
) -> None:
    plain, kept = plans_of(retention, audit), plans_of(retention, audit, object_version_days=days)
    for purpose, plan in kept.items():
        assert plan.versioned
        if purpose is BucketPurpose.AUDIT_ARCHIVE:
            assert plan == plain[purpose]
            continue
        assert plan.rules[:-1] == plain[purpose].rules
        assert plan.application == plain[purpose].application
        old = plan.rules[-1]
        # No prefix: indexes and rules come back too; nothing that is current expires.
        assert (old.prefix, old.noncurrent_expiration_days, old.expiration_days) == ("", days, None)
        assert old.expired_delete_markers


def test_s3_takes_no_delete_markers_beside_an_age() -> None:
    with pytest.raises(ValidationError, match="takes expired_delete_markers in no rule with expiration_days"):
        LifecycleRule(id="both", expiration_days=7, expired_delete_markers=True)


def test_the_promised_retention_compiles_to_the_studied_plan() -> None:
    plans = plans_of(PROMISED, ARCHIVE)
    dates = {
        purpose: [(rule.prefix, rule.expiration_days) for rule in expirations(plan)] for purpose, plan in plans.items()
    }
    assert dates == {
        BucketPurpose.LOKI_CHUNKS: [("fake/", 21)],
        BucketPurpose.LOKI_RULER: [],
        BucketPurpose.TEMPO_TRACES: [("single-tenant/", 14)],
        BucketPurpose.MIMIR_BLOCKS: [("blocks/", 97)],
        BucketPurpose.MIMIR_RULER: [],
        BucketPurpose.AUDIT_ARCHIVE: [("", 2557)],
    }
    cold = [rule for rule in plans[BucketPurpose.MIMIR_BLOCKS].rules if rule.transitions]
    assert [(rule.prefix, rule.transitions) for rule in cold] == [("blocks/", moves((30, "GLACIER_IR")))]
    assert cold[0].min_object_bytes == 1024 * 1024


@pytest.mark.parametrize("purpose", [BucketPurpose.LOKI_CHUNKS, BucketPurpose.TEMPO_TRACES])
def test_short_lived_signals_stay_in_standard(purpose: BucketPurpose) -> None:
    plan = plans_of(PROMISED, ARCHIVE)[purpose]
    assert not any(rule.transitions for rule in plan.rules)
    assert "STANDARD" in plan.explanation


def test_metrics_that_are_cold_too_briefly_enter_no_class_with_a_minimum() -> None:
    brief = PROMISED.model_copy(update={"metrics": SignalRetention(hot_days=1, warm_days=30, delete_days=45)})
    plan = plans_of(brief, ARCHIVE)[BucketPurpose.MIMIR_BLOCKS]
    assert {transition.storage_class for transition in plan.transitions} <= {StorageClass.INTELLIGENT_TIERING}


def test_a_safety_net_beyond_all_ages_is_refused() -> None:
    endless = SignalRetention(hot_days=1, warm_days=2, delete_days=MAX_RETENTION_DAYS)
    with pytest.raises(ValidationError):
        plans_of(PROMISED.model_copy(update={"logs": endless}), ARCHIVE)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"transitions": moves((30, "GLACIER"), (60, "STANDARD_IA"))}, "must get colder"),
        ({"transitions": moves((30, "STANDARD_IA"), (30, "GLACIER"))}, "must get colder"),
        ({"transitions": moves((60, "STANDARD_IA"), (30, "GLACIER"))}, "must get colder"),
        ({"transitions": moves((30, "GLACIER"), (60, "GLACIER"))}, "each class once"),
        ({"transitions": moves((30, "GLACIER")), "expiration_days": 30}, "later than the last transition"),
        ({"abort_multipart_days": 1, "min_object_bytes": 1}, "no size filter"),
    ],
)
def test_rules_that_s3_refuses(rule: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        LifecycleRule(id="rule", **rule)


@pytest.mark.parametrize("storage_class", [StorageClass.GLACIER, StorageClass.DEEP_ARCHIVE])
@pytest.mark.parametrize("purpose", list(BucketPurpose))
def test_a_plan_that_freezes_live_data_is_refused(purpose: BucketPurpose, storage_class: StorageClass) -> None:
    rule = LifecycleRule(id="freeze", transitions=(Transition(days=90, storage_class=storage_class),))
    if purpose is BucketPurpose.AUDIT_ARCHIVE:
        assert TierPlan(purpose=purpose, rules=(rule,), explanation="Frozen.").rules == (rule,)
        return
    with pytest.raises(ValidationError, match="can't be read without a restore"):
        TierPlan(purpose=purpose, rules=(rule,), explanation="Frozen.")


@pytest.mark.parametrize(
    ("application", "deleted_after_hours"),
    [
        (loki_windows(PROMISED.logs).model_copy(update={"delete_delay_hours": 24}), 15 * 24),
        (tempo_windows(PROMISED.traces).model_copy(update={"compacted_block_retention_hours": 24}), 8 * 24),
        (mimir_windows(PROMISED.metrics).model_copy(update={"deletion_delay_hours": 24}), 91 * 24),
    ],
)
def test_s3_never_deletes_on_the_day_on_which_the_application_does(
    application: ApplicationWindows, deleted_after_hours: int
) -> None:
    """The safety net is later than retention plus delay: the same day is too early, the next one is late enough."""
    assert application.deleted_after_hours == deleted_after_hours

    def plan(days: int) -> TierPlan:
        rule = LifecycleRule(id="net", prefix="x/", expiration_days=days)
        purpose = BucketPurpose.LOKI_CHUNKS
        return TierPlan(purpose=purpose, rules=(rule,), application=application, explanation="A net.")

    the_day = deleted_after_hours // 24
    assert plan(the_day + 1).rules[0].expiration_days == the_day + 1
    for days in (the_day, the_day - 1):
        with pytest.raises(ValidationError, match=f"at day {days}, before the application deletes them"):
            plan(days)


def test_two_rules_of_one_id_are_refused() -> None:
    rule = LifecycleRule(id="twice", expiration_days=1, prefix="x/")
    with pytest.raises(ValidationError, match="rule ids must be unique"):
        TierPlan(purpose=BucketPurpose.AUDIT_ARCHIVE, rules=(rule, rule), explanation="Twice.")


@given(days=st.tuples(*[st.integers(1, MAX_RETENTION_DAYS)] * 3))
def test_retention_gets_colder_with_age(days: tuple[int, int, int]) -> None:
    hot, warm, delete = days
    assume(not hot < warm < delete)
    with pytest.raises(ValidationError, match=f"hot_days {hot} < warm_days {warm} < delete_days {delete} must hold"):
        SignalRetention(hot_days=hot, warm_days=warm, delete_days=delete)
