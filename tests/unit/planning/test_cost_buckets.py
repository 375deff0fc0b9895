"""Buckets are priced under the lifecycle that is registered, for as long as the applications keep data."""

from typing import Any

import pytest

from planning.buckets import ObjectClass
from planning.capacity.objects import object_flows
from planning.capacity.series import at_rate
from planning.cost.assumptions import Assumptions
from planning.cost.inputs import REFERENCE_LOAD
from planning.cost.model import LineKind
from planning.registered import UNKNOWN, Resource
from planning.tiers.lifetime_cost import Ages, Residency, chain_cost
from tests.unit.planning.cost_cases import amounts, priced, release, resource
from tests.unit.planning.loads import US_WEST_2

BUCKET = "aws:s3/bucket:Bucket"
LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
LOAD = REFERENCE_LOAD
LOKI_14_DAYS = release(
    "loki", {"deploymentMode": "SingleBinary", "loki": {"limits_config": {"retention_period": "336h"}}}
)


def _bucket(purpose: str = "loki-chunks", **properties: Any) -> Resource:
    return resource(BUCKET, f"storage-{purpose}", tags={"purpose": purpose}, **properties)


def _lifecycle(*rules: dict[str, Any], bucket: Any = UNKNOWN, owner: Resource | None = None) -> Resource:
    deps = {"bucket": [owner]} if owner else {}
    name = owner.name if owner else "storage-loki-chunks"
    return resource(LIFECYCLE, name, bucket=bucket, rules=list(rules), deps=deps)


def _gib(report: Any, storage_class: str = "STANDARD") -> float:
    return sum(line.quantity for line in report.lines if line.item == f"{storage_class} storage")


def test_standard_storage_costs_what_the_tier_planner_says() -> None:
    flow = object_flows(LOAD.workload, LOAD.sampling, LOAD.replication).loki
    ages = LOAD.retention.logs
    expected = chain_cost(
        flow, [Residency(ObjectClass.STANDARD, 0)], Ages(ages.hot_days, ages.warm_days, ages.delete_days + 1), US_WEST_2
    )
    report = priced(_bucket(), LOKI_14_DAYS)
    assert report.usd_per_month == pytest.approx(expected.total)


@pytest.mark.parametrize("days", [7, 30])
def test_objects_live_until_the_bucket_expires_them_where_no_application_does(days: int) -> None:
    report = priced(_bucket(), _lifecycle({"expiration": {"days": days}}))
    daily = object_flows(LOAD.workload, LOAD.sampling, LOAD.replication).loki.cohorts[0].gib_per_day
    assert _gib(report) == pytest.approx(daily * (days + 1))
    assert "the bucket's lifecycle" in report.lines[0].note


def test_the_application_deletes_before_the_buckets_safety_net() -> None:
    net = _lifecycle({"status": "Enabled", "expiration": {"days": 21}})
    assert _gib(priced(_bucket(), net, LOKI_14_DAYS)) == pytest.approx(_gib(priced(_bucket(), LOKI_14_DAYS)))


def test_a_bucket_that_nothing_empties_is_counted_for_a_year_and_says_so() -> None:
    report = priced(_bucket())
    assert _gib(report) > _gib(priced(_bucket(), LOKI_14_DAYS)) * 20
    assert "nothing expires" in report.lines[0].note


def test_the_literal_glacier_table_costs_more_than_standard() -> None:
    literal = _lifecycle(
        {
            "status": "Enabled",
            "transitions": [{"days": 3, "storageClass": "STANDARD_IA"}, {"days": 7, "storageClass": "GLACIER"}],
            "expiration": {"days": 14},
        }
    )
    report = priced(_bucket(), literal, LOKI_14_DAYS)
    assert report.usd_per_month > 2 * priced(_bucket(), LOKI_14_DAYS).usd_per_month
    assert any("transitions to GLACIER" in line.item for line in report.lines)


def test_a_disabled_rule_does_nothing() -> None:
    off = _lifecycle({"status": "Disabled", "expiration": {"days": 1}})
    assert _gib(priced(_bucket(), off)) == pytest.approx(_gib(priced(_bucket())))


@pytest.mark.parametrize("link", ["dependency", "name", "id", "logical name", "inline"])
def test_a_lifecycle_finds_its_bucket_however_it_names_it(link: str) -> None:
    rule = {"status": "Enabled", "enabled": True, "expiration": {"days": 7}}
    bucket = _bucket(bucket="physical", id="physical-id")
    resources = {
        "dependency": lambda: (
            bucket,
            resource(LIFECYCLE, "x", bucket=UNKNOWN, rules=[rule], deps={"bucket": [bucket]}),
        ),
        "name": lambda: (bucket, resource(LIFECYCLE, "x", bucket="physical", rules=[rule])),
        "id": lambda: (bucket, resource(LIFECYCLE, "x", bucket="physical-id", rules=[rule])),
        "logical name": lambda: (bucket, resource(LIFECYCLE, bucket.name, bucket=UNKNOWN, rules=[rule])),
        "inline": lambda: (_bucket(lifecycleRules=[rule]),),
    }[link]()
    assert _gib(priced(*resources)) == pytest.approx(_gib(priced(_bucket(), _lifecycle(rule))))


@pytest.mark.parametrize("nested", [True, False])
def test_small_objects_stay_where_the_size_filter_leaves_them(nested: bool) -> None:
    rule: dict[str, Any] = {"transitions": [{"days": 30, "storageClass": "GLACIER_IR"}], "expiration": {"days": 90}}
    everything = priced(_bucket("mimir-blocks"), _lifecycle(rule, owner=_bucket("mimir-blocks")))
    larger = {"objectSizeGreaterThan": 10**12}
    filtered = rule | {"filter": {"and": larger} if nested else larger}
    nothing = priced(_bucket("mimir-blocks"), _lifecycle(filtered, owner=_bucket("mimir-blocks")))
    assert _gib(everything, "GLACIER_IR") > 0
    assert _gib(nothing, "GLACIER_IR") == 0


def test_intelligent_tiering_pays_for_being_watched() -> None:
    rule = {"transitions": [{"days": 1, "storageClass": "INTELLIGENT_TIERING"}], "expiration": {"days": 14}}
    assert ("storage-loki-chunks", "object monitoring") in amounts(priced(_bucket(), _lifecycle(rule)))


@pytest.mark.parametrize(("expires", "lived"), [(14, 13), (29, 28), (60, 59)])
def test_a_line_says_how_much_of_it_is_paid_for_minimum_days(expires: int, lived: int) -> None:
    """Moved to STANDARD_IA on the day after day 1, deleted on the day after it expires: paid for 30 days at least."""
    rule = {"transitions": [{"days": 1, "storageClass": "STANDARD_IA"}], "expiration": {"days": expires}}
    (line,) = [line for line in priced(_bucket(), _lifecycle(rule)).lines if line.item == "STANDARD_IA storage"]
    daily, paid = (
        object_flows(LOAD.workload, LOAD.sampling, LOAD.replication).loki.cohorts[0].gib_per_day,
        max(lived, 30),
    )
    assert line.quantity == pytest.approx(daily * paid), f"{paid} days of {daily} GiB expected"
    note = f"; {daily * (paid - lived):.1f} GB of it for minimum days and sizes" if paid > lived else ""
    assert line.note.endswith(f"deleted after {expires} days (the bucket's lifecycle){note}"), (
        f"{note!r}: {line.note!r}"
    )


def test_a_bucket_without_a_purpose_is_priced_at_a_stated_guess() -> None:
    report = priced(resource(BUCKET, "other"), assumptions=Assumptions(plain_bucket_gib=100))
    assert amounts(report) == {("other", "STANDARD storage"): 2.30}
    assert "assumed 100 GB" in report.lines[0].note


def test_more_traffic_costs_more_in_every_bucket_that_it_fills() -> None:
    double = LOAD.model_copy(update={"workload": at_rate(LOAD.workload, 1, 2 * LOAD.workload.requests_per_second)})
    for purpose in ("loki-chunks", "tempo-traces"):
        assert priced(_bucket(purpose), load=double).usd_per_month > priced(_bucket(purpose)).usd_per_month
    rules = [line.usd_per_month for line in priced(_bucket("loki-ruler"), load=double).lines]
    assert sum(rules) == pytest.approx(priced(_bucket("loki-ruler")).usd_per_month)


def test_buckets_are_storage() -> None:
    report = priced(*(_bucket(purpose) for purpose in ("loki-chunks", "tempo-traces", "mimir-blocks", "audit-archive")))
    assert {line.kind for line in report.lines} == {LineKind.BUCKET_STORAGE, LineKind.BUCKET_REQUESTS}
    assert report.by_category["storage"] == pytest.approx(report.usd_per_month)


def test_access_logs_are_a_record_for_each_request_and_cost_their_storage_alone() -> None:
    chunks, ruler = _bucket(), _bucket("loki-ruler")
    logs = resource(BUCKET, "storage-access-logs", tags={"purpose": "access-logs"})
    expire = _lifecycle({"status": "Enabled", "expiration": {"days": 30}}, owner=logs)
    before, after = priced(chunks, ruler, LOKI_14_DAYS), priced(chunks, ruler, LOKI_14_DAYS, logs, expire)
    requests = sum(
        line.quantity * 1000
        for line in before.lines
        if line.kind is LineKind.BUCKET_REQUESTS and "requests" in line.item
    )
    (line,) = [line for line in after.lines if line.resource == "storage-access-logs"]
    assert line.quantity == pytest.approx(requests * 600 / 1024**3)
    assert after.usd_per_month - before.usd_per_month == pytest.approx(line.quantity * 0.023)
    assert "kept 30 days" in line.note
