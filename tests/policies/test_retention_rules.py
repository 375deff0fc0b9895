"""What must end in time, what must stay, and what must stay readable."""

from collections.abc import Mapping, Sequence

import pytest

from planning.aws.types import (
    BACKUP_PLAN,
    BUCKET,
    CLUSTER,
    INTELLIGENT_TIERING,
    LIFECYCLE,
    LOG_GROUP,
    RELEASE,
    SNAPSHOT_POLICY,
)
from planning.registered import UNKNOWN, Property, Resource
from policies.releases import chart_of, hours_of
from tests.policies.buckets import abort_rule, bucket, bucket_with, moves_rule, versions_rule
from tests.policies.cases import FAIL, PASS, UNKNOWN_YET, Case, check, resource

MIB = 1024 * 1024


def expires(purpose: Property, days: Property, prefix: str = "") -> list[Resource]:
    return bucket_with(purpose, abort_rule(), moves_rule({}, days, prefix))


def inline_bucket() -> Resource:
    own: Property = {"lifecycleRules": [{"id": "old"}], "versioning": {"enabled": True}}
    return resource(BUCKET, {"bucket": "b", "tags": {"purpose": "loki-chunks"}, **own})


def lifecycle(*rules: Mapping[str, Property]) -> list[Resource]:
    return [resource(LIFECYCLE, {"rules": list(rules)})]


def release(chart: Property, values: Property) -> list[Resource]:
    return [resource(RELEASE, {"chart": chart, "values": values})]


def loki(period: Property = "336h", **compactor: Property) -> list[Resource]:
    kept: Property = {"retention_enabled": True, "delete_request_store": "s3", **compactor}
    return release("oci://r/loki", {"loki": {"limits_config": {"retention_period": period}, "compactor": kept}})


def mimir(period: Property, **more: Property) -> list[Resource]:
    limits: Property = {"limits": {"compactor_blocks_retention_period": period}}
    return release("mimir-distributed", {"mimir": {"structuredConfig": limits}, **more})


def log_group(days: Property, name: Property = "/app") -> Resource:
    return resource(LOG_GROUP, {"name": name, "retentionInDays": days})


def cluster_logs(name: Property = "c") -> Resource:
    return resource(CLUSTER, {"name": name, "enabledClusterLogTypes": ["audit"]})


def backup(days: Property) -> list[Resource]:
    return [resource(BACKUP_PLAN, {"rules": [{"ruleName": "daily", "lifecycle": {"deleteAfter": days}}]})]


def schedule(**rule: Property) -> list[Resource]:
    return [resource(SNAPSHOT_POLICY, {"policyDetails": {"schedules": [{"name": "daily", "retainRule": rule}]}})]


DISABLED = {**moves_rule({}, 21, "fake/"), "status": "Disabled"}
FROZEN_VALUES: Property = {"loki": {"storage_config": {"aws": {"storage_class": "GLACIER"}}}}
ARCHIVE_TIERS: Property = {"tierings": [{"accessTier": "ARCHIVE_ACCESS", "days": 90}]}
CASES: Sequence[Case] = (
    Case("buckets-expire", PASS, expires("loki-chunks", 21, "fake/")),
    Case("buckets-expire", PASS, expires("loki-chunks", 21)),
    Case("buckets-expire", PASS, bucket_with("loki-ruler", abort_rule())),
    Case("buckets-expire", PASS, expires("something-else", 90)),
    Case("buckets-expire", UNKNOWN_YET, expires(UNKNOWN, 21)),
    Case("buckets-expire", UNKNOWN_YET, expires("loki-chunks", UNKNOWN)),
    Case("buckets-expire", FAIL, [bucket("loki-chunks")], "no lifecycle rule expires its objects under fake/"),
    Case("buckets-expire", FAIL, bucket_with("loki-chunks", DISABLED), "no lifecycle rule"),
    Case("buckets-expire", FAIL, expires("loki-chunks", 21, "other/"), "under fake/"),
    Case("buckets-expire", FAIL, bucket_with("loki-chunks", moves_rule({}, 21, "fake/", MIB)), "under fake/"),
    Case("buckets-expire", FAIL, expires("loki-chunks", 90, "fake/"), "expire at day 90; accepted: day 21 at most"),
    Case(
        "buckets-expire", FAIL, expires("loki-chunks", 14, "fake/"), "the application keeps and queries them to day 14"
    ),
    Case("buckets-expire", FAIL, expires("mimir-ruler", 30), "must stay"),
    Case("buckets-expire", FAIL, expires("something-else", 1000), "accepted: day 400"),
    Case("buckets-expire", FAIL, expires("audit-archive", 3000), "accepted: day 2557"),
    Case("indexes-untouched", PASS, expires("loki-chunks", 21, "fake/")),
    Case("indexes-untouched", PASS, bucket_with("mimir-blocks", moves_rule({"GLACIER_IR": 30}, 97, "blocks/", MIB))),
    Case("indexes-untouched", PASS, expires("audit-archive", 400)),
    Case("indexes-untouched", UNKNOWN_YET, bucket_with("loki-chunks", UNKNOWN)),
    Case("indexes-untouched", FAIL, expires("loki-chunks", 21), "no prefix: it would also take indexes"),
    Case("indexes-untouched", FAIL, expires("loki-chunks", 21, "index/"), "accepted: fake/"),
    Case("indexes-untouched", FAIL, expires("loki-ruler", 21, "rules/"), "no rule that moves or expires"),
    Case(
        "indexes-untouched", FAIL, bucket_with("mimir-blocks", moves_rule({"GLACIER_IR": 30}, 97, "blocks/")), "1048576"
    ),
    Case("versions-expire", PASS, bucket_with("audit-archive", versions_rule(30), versioned="Enabled")),
    Case("versions-expire", PASS, bucket_with("loki-chunks", abort_rule())),
    Case("versions-expire", PASS, bucket_with("loki-chunks", abort_rule(), versioned="Suspended")),
    Case("versions-expire", UNKNOWN_YET, bucket_with("loki-chunks", UNKNOWN, versioned="Enabled")),
    Case("versions-expire", UNKNOWN_YET, bucket_with("loki-chunks", abort_rule(), versioned=UNKNOWN)),
    Case("versions-expire", FAIL, bucket_with("loki-chunks", abort_rule(), versioned="Enabled"), "keeps every version"),
    Case("versions-expire", FAIL, bucket_with("a", versions_rule(30, "fake/"), versioned="Enabled"), "keeps every"),
    Case("versions-expire", FAIL, bucket_with("a", versions_rule(90), versioned="Enabled"), "after 90 days"),
    Case("versions-expire", FAIL, [inline_bucket()], "keeps every version"),
    Case("uploads-aborted", PASS, bucket_with("loki-chunks", abort_rule())),
    Case("uploads-aborted", UNKNOWN_YET, bucket_with("loki-chunks", UNKNOWN)),
    Case("uploads-aborted", FAIL, [bucket("loki-chunks")], "never"),
    Case("uploads-aborted", FAIL, bucket_with("loki-chunks", abort_rule(60)), "after 60 days"),
    Case("queried-data-readable", PASS, bucket_with("mimir-blocks", moves_rule({"GLACIER_IR": 30}, 97))),
    Case("queried-data-readable", PASS, bucket_with("audit-archive", moves_rule({"GLACIER": 30}, 400))),
    Case("queried-data-readable", UNKNOWN_YET, bucket_with("mimir-blocks", UNKNOWN)),
    Case("queried-data-readable", FAIL, bucket_with("loki-chunks", moves_rule({"GLACIER": 7}, 21)), "403"),
    Case("queried-data-readable", FAIL, bucket_with("new", moves_rule({"DEEP_ARCHIVE": 7}, 21)), "DEEP_ARCHIVE"),
    Case("queried-data-readable", FAIL, [resource(INTELLIGENT_TIERING, ARCHIVE_TIERS)], "ARCHIVE_ACCESS"),
    Case("queried-data-readable", PASS, release("loki", {"storage_class": "STANDARD", "note": "was GLACIER"})),
    Case("queried-data-readable", PASS, release("loki", {"banner": "GLACIER"})),
    Case("queried-data-readable", FAIL, release("tempo", {"s3": {"storageClass": "DEEP_ARCHIVE"}}), "DEEP_ARCHIVE"),
    Case("queried-data-readable", FAIL, release("loki", FROZEN_VALUES), "storage_class is GLACIER"),
    Case("transitions-legal", PASS, lifecycle(moves_rule({"STANDARD_IA": 3, "GLACIER": 7}, 21), abort_rule())),
    Case("transitions-legal", UNKNOWN_YET, lifecycle(moves_rule({"STANDARD_IA": UNKNOWN}, 21))),
    Case(
        "transitions-legal",
        FAIL,
        lifecycle(moves_rule({"GLACIER": 3, "STANDARD_IA": 7}, 21)),
        "no objects from GLACIER",
    ),
    Case("transitions-legal", FAIL, lifecycle(moves_rule({"STANDARD_IA": 3, "GLACIER": 3}, 21)), "two moves at day 3"),
    Case("transitions-legal", FAIL, lifecycle(moves_rule({"GLACIER": 30}, 21)), "comes before the move at day 30"),
    Case("transitions-legal", FAIL, lifecycle(moves_rule({"STANDARD": 30})), "no class to move to"),
    Case("transitions-legal", FAIL, lifecycle(moves_rule({"GLACIER": None})), "has no day"),
    Case("transitions-legal", FAIL, lifecycle(abort_rule(), abort_rule()), "used twice"),
    Case("transitions-legal", FAIL, lifecycle(), "0 rules"),
    Case("transitions-legal", FAIL, [inline_bucket()], "lifecycleRules of its own"),
    Case("transitions-legal", FAIL, lifecycle(moves_rule({}, 0)), "1 or later"),
    Case("applications-retain", PASS, loki()),
    Case("applications-retain", PASS, loki("14d")),
    Case("applications-retain", PASS, release("grafana", {})),
    Case("applications-retain", UNKNOWN_YET, loki(UNKNOWN)),
    Case("applications-retain", UNKNOWN_YET, release(UNKNOWN, {})),
    Case("applications-retain", FAIL, loki("720h"), "retention_period is 720h; accepted: 336h (14 days"),
    Case("applications-retain", FAIL, loki("0s"), "nothing would be deleted"),
    Case("applications-retain", FAIL, loki(retention_enabled=False), "no log would be deleted"),
    Case("applications-retain", FAIL, loki(delete_request_store=None), "delete_request_store"),
    Case("applications-retain", FAIL, release("loki", {}), "is absent", count=3),
    Case("applications-retain", PASS, release("tempo", {"tempo": {"retention": "168h"}})),
    Case("applications-retain", FAIL, release("./charts/tempo-2.2.4.tgz", {"tempo": {"retention": "24h"}}), "168h"),
    Case("applications-retain", PASS, mimir("90d")),
    Case("applications-retain", FAIL, mimir("1y"), "accepted: 2160h"),
    *(
        Case(
            "applications-retain",
            PASS,
            mimir("90d", runtimeConfig={"overrides": {"x": {"compactor_blocks_retention_period": same}}}),
        )
        for same in ("2160h", "90d", UNKNOWN)
    ),
    Case(
        "applications-retain",
        FAIL,
        mimir("90d", runtimeConfig={"overrides": {"x": {"compactor_blocks_retention_period": "0"}}}),
        "values.runtimeConfig.overrides.x",
    ),
    Case("logs-bounded", PASS, [log_group(30.0)]),
    Case("logs-bounded", PASS, [log_group(7.0, "/aws/eks/c/cluster"), cluster_logs()]),
    Case("logs-bounded", UNKNOWN_YET, [log_group(UNKNOWN)]),
    Case("logs-bounded", UNKNOWN_YET, [log_group(7, "/aws/eks/c/cluster"), cluster_logs(UNKNOWN)]),
    Case("logs-bounded", FAIL, [log_group(None)], "kept for ever"),
    Case("logs-bounded", FAIL, [log_group(0)], "kept for ever"),
    Case("logs-bounded", FAIL, [log_group(400)], "accepted: 365 at most"),
    Case("logs-bounded", FAIL, [cluster_logs()], "which this stack does not make"),
    Case("backups-bounded", PASS, backup(35)),
    Case("backups-bounded", UNKNOWN_YET, backup(UNKNOWN)),
    Case("backups-bounded", FAIL, backup(None), "kept for ever"),
    Case("backups-bounded", FAIL, backup(3650), "3650 days"),
    Case("backups-bounded", PASS, schedule(count=7)),
    Case("backups-bounded", FAIL, schedule(count=1000), "1000 snapshots"),
    Case("backups-bounded", PASS, schedule(interval=5, intervalUnit="DAYS")),
    Case("backups-bounded", PASS, schedule(interval=4, intervalUnit="WEEKS")),
    Case("backups-bounded", PASS, schedule(interval=1, intervalUnit="MONTHS")),
    Case("backups-bounded", FAIL, schedule(interval=9, intervalUnit="WEEKS"), "63 days"),
    Case("backups-bounded", FAIL, schedule(interval=3, intervalUnit="MONTHS"), "93 days"),
    Case("backups-bounded", FAIL, schedule(interval=2, intervalUnit="YEARS"), "732 days"),
    Case("backups-bounded", FAIL, [resource("aws:ebs/snapshot:Snapshot", {})], "nothing ever deletes"),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_retention_rule(case: Case) -> None:
    check(case)


@pytest.mark.parametrize(
    ("text", "hours"), [("336h", 336), ("14d", 336), ("2w", 336), ("1h30m", 1.5), ("0s", 0), ("soon", None), ("", None)]
)
def test_durations_of_the_applications(text: str, hours: float | None) -> None:
    assert hours_of(text) == hours


@pytest.mark.parametrize(
    "chart",
    ["loki", "oci://ghcr.io/charts/loki", "./mirror/loki", "/charts/loki-18.11.0.tgz", "mirror/loki-1.0.0-rc.1.tgz"],
)
def test_charts_by_their_own_name(chart: str) -> None:
    assert chart_of(resource(RELEASE, {"chart": chart})) == "loki"
