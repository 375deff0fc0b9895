"""Buckets: private, encrypted, TLS only, ageing by their plan."""

import json
from typing import Any, cast

import pytest

from components.aws_environment import AwsLocation
from components.encryption import key_policy
from components.private_bucket import lifecycle_rules
from components.tier_buckets import bucket_policy
from planning.aws.lifecycle import LifecycleRule
from planning.aws.types import BUCKET, LIFECYCLE
from planning.buckets import BucketPurpose
from telemetry.cost.expected_resources import expected_resources
from tests.unit.recording import ACCOUNT_ID, Graph

PURPOSES = [purpose.value for purpose in BucketPurpose if purpose is not BucketPurpose.PROFILES]
LOCATION = AwsLocation(account_id=ACCOUNT_ID, region="us-west-2", partition="aws", dns_suffix="amazonaws.com")


@pytest.fixture
def prod(compose: Any, make_settings: Any) -> Graph:
    return compose(make_settings("prod"))


@pytest.fixture
def dev(compose: Any, make_settings: Any) -> Graph:
    return compose(make_settings("dev"))


def test_one_bucket_per_purpose_by_the_naming_rule(prod: Graph) -> None:
    buckets = {bucket.name: bucket.inputs["bucket"] for bucket in prod.of("s3/bucket:Bucket")}
    assert buckets == {f"storage-{p}": f"acme-monitoring-prod-{p}-{ACCOUNT_ID}" for p in PURPOSES}
    storage = prod.result[1].storage
    assert sorted(storage.buckets.values()) == sorted(buckets.values())
    assert (storage.region, storage.endpoint) == ("us-west-2", "s3.us-west-2.amazonaws.com")
    assert (storage.insecure, storage.path_style, storage.credentials_secret) == (False, False, None)


@pytest.mark.parametrize(
    "type_",
    [
        "s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        "s3/bucketOwnershipControls:BucketOwnershipControls",
        "s3/bucketPolicy:BucketPolicy",
        "s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        "s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
    ],
)
def test_every_bucket_has_each_safeguard(prod: Graph, type_: str) -> None:
    buckets = {bucket.id for bucket in prod.of("s3/bucket:Bucket")}
    assert {resource.inputs["bucket"] for resource in prod.of(type_)} == buckets
    assert len(prod.of(type_)) == len(PURPOSES)


def test_buckets_are_private_and_owned_by_the_account(prod: Graph) -> None:
    for block in prod.of("s3/bucketPublicAccessBlock:BucketPublicAccessBlock"):
        flags = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
        assert all(block.inputs[flag] is True for flag in flags)
    for controls in prod.of("s3/bucketOwnershipControls:BucketOwnershipControls"):
        assert controls.inputs["rule"] == {"objectOwnership": "BucketOwnerEnforced"}


def test_changes_of_one_bucket_follow_each_other(prod: Graph) -> None:
    for purpose in PURPOSES:
        name = f"storage-{purpose}"
        block = prod.one("s3/bucketPublicAccessBlock:BucketPublicAccessBlock", name)
        policy = prod.one("s3/bucketPolicy:BucketPolicy", name)
        controls = prod.one("s3/bucketOwnershipControls:BucketOwnershipControls", name)
        assert block.urn in policy.dependencies
        assert policy.urn in controls.dependencies


def test_kms_encryption_shares_one_key_and_uses_bucket_keys(prod: Graph) -> None:
    key = f"arn:aws:kms:us-west-2:{ACCOUNT_ID}:key/storage-objects"
    for configuration in prod.of("s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"):
        (rule,) = configuration.inputs["rules"]
        assert rule["applyServerSideEncryptionByDefault"] == {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": key}
        assert rule["bucketKeyEnabled"] is True
    resource = prod.one("kms/key:Key", "storage-objects")
    assert resource.inputs["enableKeyRotation"] is True
    assert resource.inputs["policy"] == key_policy(LOCATION, only_through_s3=True)


def test_s3_encryption_needs_no_key(dev: Graph) -> None:
    assert dev.of("kms/key:Key") == []
    for configuration in dev.of("s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"):
        (rule,) = configuration.inputs["rules"]
        assert rule["applyServerSideEncryptionByDefault"] == {"sseAlgorithm": "AES256"}
    assert dev.result[1].kms_key_arn is None


def test_key_is_refused_to_everything_but_s3() -> None:
    account, deny = json.loads(key_policy(LOCATION, only_through_s3=True))["Statement"]
    assert account["Principal"] == {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"}
    assert deny["Effect"] == "Deny"
    assert deny["Condition"] == {"StringNotEquals": {"kms:ViaService": "s3.us-west-2.amazonaws.com"}}
    # Denying more would lock the account out of managing the key.
    assert not any(action.startswith(("kms:*", "kms:Put", "kms:Schedule")) for action in deny["Action"])


@pytest.mark.parametrize("kms", [True, False])
def test_bucket_policy_refuses_plain_http_and_old_tls(kms: bool) -> None:
    statements = json.loads(bucket_policy("arn:aws:s3:::b", kms=kms))["Statement"]
    assert {statement["Effect"] for statement in statements} == {"Deny"}  # it opens nothing
    http, tls = statements[:2]
    assert http["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert tls["Condition"] == {"NumericLessThan": {"s3:TlsVersion": "1.2"}}
    assert http["Resource"] == tls["Resource"] == ["arn:aws:s3:::b", "arn:aws:s3:::b/*"]
    assert len(statements) == (3 if kms else 2)


def test_each_bucket_policy_is_about_its_own_bucket(prod: Graph) -> None:
    for policy in prod.of("s3/bucketPolicy:BucketPolicy"):
        bucket = prod.one("s3/bucket:Bucket", policy.name).inputs["bucket"]
        for statement in json.loads(policy.inputs["policy"])["Statement"]:
            assert all(arn.split("/")[0] == f"arn:aws:s3:::{bucket}" for arn in statement["Resource"])


def test_lifecycle_of_metrics_as_planned(prod: Graph) -> None:
    lifecycle = prod.one("s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", "storage-mimir-blocks").inputs
    assert lifecycle["transitionDefaultMinimumObjectSize"] == "all_storage_classes_128K"
    rules = {rule["id"]: rule for rule in lifecycle["rules"]}
    assert {rule["status"] for rule in rules.values()} == {"Enabled"}
    cold = [rule for rule in rules.values() if rule.get("transitions")]
    assert [t["storageClass"] for rule in cold for t in rule["transitions"]] == ["GLACIER_IR"]
    expiring = [rule for rule in rules.values() if "expiration" in rule]
    assert all(rule["filter"].get("prefix") or "and" in rule["filter"] for rule in expiring)
    aborting = [rule for rule in rules.values() if "abortIncompleteMultipartUpload" in rule]
    assert aborting[0]["abortIncompleteMultipartUpload"] == {"daysAfterInitiation": 1}


def test_only_the_audit_archive_is_versioned_and_before_its_lifecycle(prod: Graph) -> None:
    (versioning,) = prod.of("s3/bucketVersioning:BucketVersioning")
    assert versioning.name == "storage-audit-archive"
    assert versioning.inputs["versioningConfiguration"] == {"status": "Enabled"}
    lifecycle = prod.one("s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", "storage-audit-archive")
    assert versioning.urn in lifecycle.dependencies
    (archive,) = [rule for rule in lifecycle.inputs["rules"] if rule["id"] == "archive"]
    assert archive["noncurrentVersionExpiration"] == {"noncurrentDays": 30}


@pytest.mark.parametrize(("environment", "forced"), [("dev", True), ("staging", True), ("prod", False)])
def test_force_destroy_by_the_settings(compose: Any, make_settings: Any, environment: str, forced: bool) -> None:
    graph = compose(make_settings(environment))
    assert {bucket.inputs["forceDestroy"] for bucket in graph.of("s3/bucket:Bucket")} == {forced}


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (LifecycleRule(id="r"), {"prefix": ""}),
        (LifecycleRule(id="r", prefix="fake/"), {"prefix": "fake/"}),
        (LifecycleRule(id="r", min_object_bytes=5), {"objectSizeGreaterThan": 5}),
        (
            LifecycleRule(id="r", prefix="blocks/", min_object_bytes=5),
            {"and": {"prefix": "blocks/", "objectSizeGreaterThan": 5}},
        ),
    ],
)
def test_filter_has_one_predicate_or_an_and_of_two(rule: LifecycleRule, expected: dict[str, Any]) -> None:
    (registered,) = lifecycle_rules([rule])
    assert cast("dict[str, Any]", registered)["filter"] == expected


# --- access logs


LOGGING = "s3/bucketLogging:BucketLogging"
LOG_BUCKET = f"acme-monitoring-dev-access-logs-{ACCOUNT_ID}"


@pytest.fixture
def logged(compose: Any, make_settings: Any) -> Graph:
    settings = make_settings("dev")
    return compose(settings.model_copy(update={"storage": settings.storage.model_copy(update={"access_log_days": 30})}))


def test_access_logs_are_made_by_choice_only(dev: Graph) -> None:
    assert dev.of(LOGGING) == []
    assert not [one for one in dev.of("s3/bucket:Bucket") if "access-logs" in one.name]


def test_every_bucket_is_logged_but_the_one_with_the_logs(logged: Graph) -> None:
    buckets = {one.id: one.inputs["tags"]["purpose"] for one in logged.of("s3/bucket:Bucket")}
    made = {one.inputs["bucket"]: one for one in logged.of(LOGGING)}
    assert {buckets[bucket] for bucket in made} == set(buckets.values()) - {"access-logs"}
    policy = logged.one("s3/bucketPolicy:BucketPolicy", "storage-access-logs")
    for bucket, logging in made.items():
        assert buckets[logging.inputs["targetBucket"]] == "access-logs"
        assert logging.inputs["targetPrefix"] == f"{buckets[bucket]}/"
        assert logged.waits_for(logging, policy), "S3 refuses to log into a bucket that doesn't let it write"


def test_the_bucket_of_access_logs_is_closed_and_takes_them_from_this_stack_alone(logged: Graph) -> None:
    assert logged.one("s3/bucket:Bucket", "storage-access-logs").inputs["bucket"] == LOG_BUCKET
    statements = json.loads(logged.one("s3/bucketPolicy:BucketPolicy", "storage-access-logs").inputs["policy"])
    plain, old, writes = statements["Statement"]
    assert (plain["Sid"], old["Sid"]) == ("DenyPlainHttp", "DenyOldTls")
    assert (writes["Principal"], writes["Action"]) == ({"Service": "logging.s3.amazonaws.com"}, ["s3:PutObject"])
    assert writes["Resource"] == [f"arn:aws:s3:::{LOG_BUCKET}/*"]
    assert writes["Condition"] == {
        "StringEquals": {"aws:SourceAccount": ACCOUNT_ID},
        "ArnLike": {"aws:SourceArn": "arn:aws:s3:::acme-monitoring-dev-*"},
    }
    # S3 delivers to no bucket with a key of KMS.
    encryption = "s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    (rule,) = logged.one(encryption, "storage-access-logs").inputs["rules"]
    assert rule["applyServerSideEncryptionByDefault"] == {"sseAlgorithm": "AES256"}
    for type_ in (
        "s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        "s3/bucketOwnershipControls:BucketOwnershipControls",
    ):
        logged.one(type_, "storage-access-logs")


def test_access_logs_expire_and_are_planned_as_they_are_made(compose: Any, make_settings: Any, logged: Graph) -> None:
    lifecycle = logged.one("s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", "storage-access-logs")
    assert [rule.get("expiration") for rule in lifecycle.inputs["rules"]] == [{"days": 30}, None]
    settings = make_settings("dev", storage={"access_log_days": 30})
    planned = [one for one in expected_resources(settings, "dev", None) if one.name == "storage-access-logs"]
    assert {one.type for one in planned} == {BUCKET, LIFECYCLE}
    assert planned[1].at("rules") == lifecycle.inputs["rules"]
