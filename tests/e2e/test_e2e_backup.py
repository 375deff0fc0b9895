"""Copies by choice on the real engine: switched on, brought back from, changed in place, switched off, destroyed."""

from tests.e2e.conftest import Platform, change_counts

STACK = ("--stack", "staging")
NOW = ("--yes", "--skip-preview", *STACK)
POLICY = "aws:dlm/lifecyclePolicy:LifecyclePolicy"


def test_versions_and_snapshots_are_made_and_stay_the_same(platform: Platform) -> None:
    platform.change_settings("staging", backup={"object_version_days": 7, "volume_snapshot_days": 3})
    platform.pulumi("up", *NOW)
    platform.pulumi("up", *NOW, "--expect-no-changes")
    platform.pulumi("refresh", *NOW, "--expect-no-changes")


def test_a_deleted_object_comes_back(platform: Platform) -> None:
    s3, bucket = platform.client("s3"), platform.outputs("staging")["buckets"]["loki-chunks"]
    s3.put_object(Bucket=bucket, Key="fake/chunk", Body=b"log lines")
    s3.delete_object(Bucket=bucket, Key="fake/chunk")
    (marker,) = s3.list_object_versions(Bucket=bucket, Prefix="fake/")["DeleteMarkers"]
    s3.delete_object(Bucket=bucket, Key="fake/chunk", VersionId=marker["VersionId"])
    assert s3.get_object(Bucket=bucket, Key="fake/chunk")["Body"].read() == b"log lines"
    rules = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    (old,) = [rule for rule in rules if rule["ID"] == "expire-old-versions"]
    assert old["NoncurrentVersionExpiration"]["NoncurrentDays"] == 7
    assert old["Expiration"] == {"ExpiredObjectDeleteMarker": True}


def test_snapshots_select_the_stacks_own_volumes(platform: Platform) -> None:
    dlm = platform.client("dlm")
    (listed,) = dlm.get_lifecycle_policies()["Policies"]
    policy = dlm.get_lifecycle_policy(PolicyId=listed["PolicyId"])["Policy"]
    (target,) = policy["PolicyDetails"]["TargetTags"]
    classes = platform.kubectl_json(platform.kubeconfig("staging"), "get", "storageclasses")
    (parameters,) = [one["parameters"] for one in classes if one["metadata"]["name"] == "gp3"]
    written = {value for key, value in parameters.items() if key.startswith("tagSpecification_")}
    # What the driver makes of it for a claim in the stack's namespace.
    assert f"{target['Key']}={target['Value']}" in {one.replace("{{ .PVCNamespace }}", "monitoring") for one in written}
    (schedule,) = policy["PolicyDetails"]["Schedules"]
    assert schedule["RetainRule"] == {"Interval": 3, "IntervalUnit": "DAYS"}


def test_other_days_change_in_place_and_none_takes_all_away(platform: Platform) -> None:
    platform.change_settings("staging", backup={"object_version_days": 7, "volume_snapshot_days": 5})
    result = platform.pulumi("up", *NOW)
    counts = change_counts(result.stdout)
    assert counts["updated"] == 1, result.stdout
    # The planned cost, which is data of rules and dashboards, is in ConfigMaps that are made anew.
    replaced = [line for line in result.stdout.splitlines() if "deleting original" in line]
    assert all("kubernetes:core/v1:ConfigMap" in line for line in replaced), result.stdout
    assert counts.keys() <= {"updated", "replaced", "unchanged"}, result.stdout
    platform.change_settings("staging", backup={})
    platform.pulumi("up", *NOW)
    assert platform.client("dlm").get_lifecycle_policies()["Policies"] == []
    bucket = platform.outputs("staging")["buckets"]["loki-chunks"]
    assert platform.client("s3").get_bucket_versioning(Bucket=bucket)["Status"] == "Suspended"
    platform.pulumi("up", *NOW, "--expect-no-changes")


def test_destroy_takes_versions_along_where_data_may_be_lost(platform: Platform) -> None:
    platform.pulumi("destroy", *NOW)
    assert platform.client("s3").list_buckets()["Buckets"] == []
