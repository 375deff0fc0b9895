"""`storage`, `backups verify`, `import` and `cost actual` against the AWS that moto keeps."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from components.aws_environment import aws_environment_for
from components.tier_buckets import TierBuckets, TierBucketsArgs
from ops.backends.aws import client
from ops.backends.errors import LiveError
from ops.cost import storage
from ops.cost.actual import actual_cost
from ops.cost.charges import category_of
from ops.recovery import backups, importing
from ops.report.terminal import plain
from planning.buckets import BucketPurpose
from planning.budget import Category
from settings.models.names import Names
from tests.stacks import PROJECT, settings_of
from tests.unit.ops.running import run

pytestmark = pytest.mark.usefixtures("alone")

ACCOUNT = "123456789012"
NAMES = {
    purpose: f"acme-monitoring-staging-{purpose}-{ACCOUNT}"
    for purpose in BucketPurpose
    if purpose is not BucketPurpose.PROFILES
}
Tools = Callable[[str, str], Path]


def _bucket(s3: Any, purpose: BucketPurpose) -> str:
    s3.create_bucket(Bucket=NAMES[purpose], CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    return NAMES[purpose]


@pytest.fixture
def buckets(s3: Any) -> Any:
    """Every bucket of staging with some objects."""
    for purpose in NAMES:
        _bucket(s3, purpose)
    chunks, blocks = NAMES[BucketPurpose.LOKI_CHUNKS], NAMES[BucketPurpose.MIMIR_BLOCKS]
    for number in range(3):
        s3.put_object(Bucket=chunks, Key=f"fake/{number}", Body=b"x" * 1000)
    s3.put_object(Bucket=blocks, Key="blocks/a", Body=b"x" * 2000, StorageClass="GLACIER_IR")
    s3.put_object(Bucket=blocks, Key="blocks/b", Body=b"x" * 500)
    return s3


@pytest.mark.usefixtures("buckets")
def test_bytes_by_signal_and_class() -> None:
    use = storage.measured(settings_of("staging"), "staging")
    found = {(one.purpose, one.storage_class): (one.objects, round(one.gib * 2**30)) for one in use.uses}
    assert found == {
        (BucketPurpose.LOKI_CHUNKS, "STANDARD"): (3, 3000),
        (BucketPurpose.MIMIR_BLOCKS, "GLACIER_IR"): (1, 2000),
        (BucketPurpose.MIMIR_BLOCKS, "STANDARD"): (1, 500),
    }
    assert use.list_requests == len(NAMES)
    ran = run("storage", "--stack", "staging")
    assert ran.code == 0, ran.out
    assert "listed with 6 requests (0.000030 USD)" in ran.out
    assert json.loads(run("storage", "--stack", "staging", "--json").out)["report"]["checks"][0]["unit"] == "GiB"


@pytest.mark.usefixtures("buckets")
def test_objects_that_should_be_gone_and_more_than_planned() -> None:
    settings = settings_of("staging")
    use = storage.measured(settings, "staging", now=datetime.now(UTC) + timedelta(days=30))
    late = {check.name: check.state.value for check in storage.judged("staging", settings, use).checks}
    assert late["logs deleted in time"] == "finding"
    assert late["metrics deleted in time"] == "ok"
    assert late["traces deleted in time"] == "unknown"
    much = use.model_copy(update={"uses": tuple(one.model_copy(update={"gib": 900.0}) for one in use.uses)})
    found = {check.name: check.state.value for check in storage.judged("staging", settings, much).checks}
    assert (found["logs stored"], found["total"]) == ("finding", "finding")


@pytest.mark.usefixtures("aws")
def test_a_bucket_that_is_missing_is_named() -> None:
    ran = run("storage", "--stack", "staging")
    assert (ran.code, ran.out) == (3, "")
    assert ran.err.startswith("error: AWS answers with an error: listing acme-monitoring-staging-loki-chunks-")
    assert "NoSuchBucket" in ran.err


def test_no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    ran = run("storage", "--stack", "staging")
    assert ran.code == 3
    assert "AWS can't be reached: no credentials for sts:GetCallerIdentity" in ran.err


def test_without_boto3(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "boto3", None)
    ran = run("storage", "--stack", "staging")
    assert (ran.code, ran.err) == (2, "error: this command talks to AWS and needs boto3: pip install boto3\n")


def _protect(s3: Any, stack: str) -> None:
    for purpose, plan in settings_of(stack).tier_plans.items():
        bucket = NAMES[purpose]
        rules = [
            {"ID": rule.id, "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 9}}
            for rule in plan.rules
        ]
        s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": rules})
        block = dict.fromkeys(
            ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
        )
        s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=block)
        encryption = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
        s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=encryption)
        if plan.versioned:
            s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})


def test_backups_that_are_in_order(buckets: Any, tools: Tools) -> None:
    _protect(buckets, "staging")
    buckets.put_object(Bucket=NAMES[BucketPurpose.TEMPO_TRACES], Key="single-tenant/a", Body=b"x")
    ec2 = client("ec2", "us-west-2")
    volume = ec2.create_volume(AvailabilityZone="us-west-2a", Size=1)["VolumeId"]
    tag = {"Key": backups.CLAIM_NAMESPACE_TAG, "Value": "monitoring"}
    ec2.create_snapshot(VolumeId=volume, TagSpecifications=[{"ResourceType": "snapshot", "Tags": [tag]}])
    tools("pulumi", 'print(\'{"url": "https://app.pulumi.com/x"}\')')
    ran = run("backups", "verify", "--stack", "staging")
    assert ran.code == 0, ran.out
    assert "kept by app.pulumi.com" in ran.out


def test_backups_that_lack_something(buckets: Any, tools: Tools) -> None:
    _protect(buckets, "staging")
    chunks = NAMES[BucketPurpose.LOKI_CHUNKS]
    buckets.delete_bucket_lifecycle(Bucket=chunks)
    buckets.delete_public_access_block(Bucket=chunks)
    buckets.put_bucket_versioning(
        Bucket=NAMES[BucketPurpose.MIMIR_RULER], VersioningConfiguration={"Status": "Suspended"}
    )
    buckets.delete_bucket(Bucket=NAMES[BucketPurpose.AUDIT_ARCHIVE])
    tools("pulumi", 'print(\'{"url": "file://~"}\')')
    report = backups.verify("staging", now=datetime.now(UTC) + timedelta(hours=12))
    found = {check.name: check.detail for check in report.checks if check.state.value != "ok"}
    assert "lifecycle rules missing: " in found["loki-chunks: protection"]
    assert "public access isn't blocked" in found["loki-chunks: protection"]
    assert found["loki-chunks: last object"].startswith("12.")
    assert "the bucket is empty" in found["tempo-traces: last object"]
    assert "404" in found["audit-archive"]
    assert "none of the volumes of monitoring" in found["volume snapshots"]
    assert found["Pulumi state"] == "only on this machine: file://~"
    versioned = settings_of("staging").tier_plans[BucketPurpose.MIMIR_RULER].versioned
    assert ("versioning is suspended" in found.get("mimir-ruler: protection", "")) == versioned


@pytest.mark.parametrize("versioned", [True, False])
def test_pulumis_state_in_a_bucket(versioned: bool, buckets: Any, tools: Tools) -> None:
    buckets.create_bucket(Bucket="states", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    if versioned:
        buckets.put_bucket_versioning(Bucket="states", VersioningConfiguration={"Status": "Enabled"})
    tools("pulumi", 'print(\'{"url": "s3://states?region=us-west-2"}\')')
    check = backups.verify("staging").checks[-1]
    assert check.state.value == ("ok" if versioned else "finding")
    assert ("put-bucket-versioning --bucket states" in check.advice) is not versioned


def test_buckets_that_are_there_become_an_import_file(s3: Any, tmp_path: Path) -> None:
    _bucket(s3, BucketPurpose.LOKI_CHUNKS)
    ruler = _bucket(s3, BucketPurpose.MIMIR_RULER)
    s3.put_bucket_versioning(Bucket=ruler, VersioningConfiguration={"Status": "Enabled"})
    shown = run("import", "buckets", "--stack", "staging")
    assert shown.code == 0
    assert "nothing written: --output FILE writes it" in shown.out
    output = tmp_path / "import.json"
    ran = run("import", "buckets", "--stack", "staging", "--output", str(output))
    assert "pulumi import --stack staging --file" in ran.out
    assert ran.out.count("is missing: pulumi up makes it") == 4
    resources = json.loads(output.read_text(encoding="utf-8"))["resources"]
    assert resources[0] == {"type": "lgtm:components:TierBuckets", "name": "storage", "component": True}
    assert len({one["name"] for one in resources}) == len(resources) == 1 + 6 + 7
    assert {one["logicalName"] for one in resources[1:]} == {"storage-loki-chunks", "storage-mimir-ruler"}
    assert {one["id"] for one in resources[1:]} == {NAMES[BucketPurpose.LOKI_CHUNKS], ruler}
    ran = run("import", "buckets", "--stack", "staging", "--output", str(tmp_path))
    assert (ran.code, "can't be written" in ran.err) == (2, True)


def test_the_import_file_stands_alone_as_json(s3: Any) -> None:
    _bucket(s3, BucketPurpose.LOKI_CHUNKS)
    ran = run("import", "buckets", "--stack", "staging", "--json")
    assert len(json.loads(ran.out)["resources"]) == 1 + 6
    assert ran.err.count("is missing: pulumi up makes it") == 5
    assert "nothing written: --output FILE writes it" in ran.err


@pytest.mark.usefixtures("aws")
def test_nothing_to_import() -> None:
    assert run("import", "buckets", "--stack", "staging").code == 1


ALIAS = "alias/acme-monitoring-prod-objects"


@pytest.fixture
def protected(s3: Any) -> tuple[Any, str]:
    """A bucket of prod and the key that it encrypts with: a KMS client and the key's id."""
    import boto3

    untyped: Any = boto3
    kms = untyped.client("kms", region_name="us-west-2")
    key_id = kms.create_key()["KeyMetadata"]["KeyId"]
    bucket = f"acme-monitoring-prod-loki-chunks-{ACCOUNT}"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": f"arn:aws:kms:us-west-2:{ACCOUNT}:key/{key_id}"}
    s3.put_bucket_encryption(
        Bucket=bucket,
        ServerSideEncryptionConfiguration={"Rules": [{"ApplyServerSideEncryptionByDefault": default}]},
    )
    return kms, key_id


@pytest.mark.parametrize("alias", [True, False])
def test_the_key_comes_with_its_buckets(alias: bool, protected: tuple[Any, str], tmp_path: Path) -> None:
    kms, key_id = protected
    if alias:
        kms.create_alias(AliasName=ALIAS, TargetKeyId=key_id)
    output = tmp_path / "import.json"
    ran = run("import", "buckets", "--stack", "prod", "--output", str(output))
    assert ran.code == 0, ran.err
    assert f"key {key_id}" in ran.out
    resources = json.loads(output.read_text(encoding="utf-8"))["resources"]
    assert len({one["name"] for one in resources}) == len(resources)
    ids = {one["type"]: one["id"] for one in resources if "kms" in one["type"]}
    assert ids == {"aws:kms/key:Key": key_id} | ({"aws:kms/alias:Alias": ALIAS} if alias else {})


def test_a_key_that_waits_to_be_deleted_is_saved_first(protected: tuple[Any, str]) -> None:
    kms, key_id = protected
    kms.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=30)
    ran = run("import", "buckets", "--stack", "prod")
    assert ran.code == 2
    assert f"aws kms cancel-key-deletion --key-id {key_id}" in ran.err


def test_a_key_that_is_gone_is_named(s3: Any) -> None:
    bucket = f"acme-monitoring-prod-loki-chunks-{ACCOUNT}"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    s3.put_bucket_encryption(
        Bucket=bucket,
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
        },
    )
    assert "the key is missing: pulumi up makes one" in run("import", "buckets", "--stack", "prod").out


@pytest.mark.parametrize("stack", ["staging", "prod"])
def test_the_import_names_what_the_program_registers(stack: str, run: Any, make_settings: Any) -> None:
    settings = make_settings(stack)
    names = Names(project=settings.project, stack=stack)

    def program() -> None:
        environment = aws_environment_for(settings, names)
        assert environment is not None
        arguments = TierBucketsArgs(settings.storage, names, environment.location, settings.tier_plans)
        TierBuckets("storage", arguments, environment.options())

    registered = run(program, stack=stack).resources
    named = {(one.type, one.name) for one in registered}
    providers = {
        one.provider.rpartition("::")[0] for one in registered if one.name.startswith("storage-") and one.provider
    }
    project = registered[0].urn.split("::")[1]
    for purpose, plan in settings.tier_plans.items():
        found = importing.Found(purpose=purpose, bucket="b", exists=True, versioned=plan.versioned)
        document = importing.import_file((found,), stack, project)
        component, *resources = document["resources"]
        assert (component["type"], component["name"]) in named
        assert {document["nameTable"][one["provider"]] for one in resources} == providers
        assert {(one["type"], one["logicalName"]) for one in resources} == {
            one for one in named if one[1] == f"storage-{purpose}"
        }
    key = importing.import_file((), stack, project, importing.FoundKey(key_id="k", alias="a"))["resources"][1:]
    kept = {(one["type"], one.get("logicalName", one["name"])) for one in key}
    assert (kept <= named) is (settings.storage.encryption == "sse_kms")
    assert kept == {one for one in named if one[1] == "storage-objects"} or not kept <= named
    assert importing.project_name(PROJECT) == "lgtm"


def test_an_existing_cluster_is_settings() -> None:
    arguments = ("import", "cluster", "--stack", "dev", "--context", "kind-dev")
    ran = run(*arguments, "--eks-cluster-name", "shop", "--storage-class", "gp3")
    assert ran.code == 0
    assert 'mode: existing\n  context: "kind-dev"\n  storage_class: gp3\n  eks_cluster_name: shop' in ran.out
    assert "object_store:" in run(*arguments).out


def _charged(monkeypatch: pytest.MonkeyPatch, *pages: Any) -> list[Any]:
    """Cost Explorer's answers, in the shape of the API reference of GetCostAndUsage."""
    asked: list[Any] = []
    left = list(pages)

    class Explorer:
        def get_cost_and_usage(self, **request: Any) -> Any:
            asked.append(dict(request))
            return left.pop(0)

    monkeypatch.setattr("ops.cost.actual.client", lambda service, region: Explorer())  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    return asked


def _page(token: str | None = None, **usd: str) -> Any:
    groups = [
        {"Keys": [name.replace("_", ":")], "Metrics": {"UnblendedCost": {"Amount": amount, "Unit": "USD"}}}
        for name, amount in usd.items()
    ]
    return {"ResultsByTime": [{"Groups": groups}]} | ({"NextPageToken": token} if token else {})


def test_charges_become_a_month_by_category(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = {"USW2-BoxUsage_t4g.large": "10", "USW2-EBS_VolumeUsage.gp3": "2", "USW2-NatGateway-Hours": "3"}
    asked = _charged(monkeypatch, _page("more", **usage), _page(**{"USW2-BoxUsage_t4g.large": "5"}))
    found = actual_cost("staging", 10, date(2026, 11, 25))
    month = 365 / 12 / 10
    assert found.usd_per_month[Category.COMPUTE] == pytest.approx(15 * month)
    assert found.usd_per_month[Category.STORAGE] == pytest.approx(2 * month)
    assert found.usd_per_month[Category.OPERATIONS] == pytest.approx(3 * month)
    assert asked[0]["TimePeriod"] == {"Start": "2026-11-15", "End": "2026-11-25"}
    tags = [one["Tags"] for one in asked[0]["Filter"]["And"]]
    assert tags == [{"Key": "project", "Values": ["acme-monitoring"]}, {"Key": "stack", "Values": ["staging"]}]
    assert (asked[1]["NextPageToken"], found.requests) == ("more", 2)
    assert "asked with 2 requests (0.02 USD)" in plain(found.document())
    assert not found.over


def test_over_budget_is_exit_code_1(monkeypatch: pytest.MonkeyPatch) -> None:
    _charged(monkeypatch, _page(**{"USW2-BoxUsage_t4g.large": "900"}))
    ran = run("cost", "actual", "--stack", "staging")
    assert ran.code == 1
    assert "OVER BUDGET: 912.50 of 165.00 USD a month; " in ran.out


def test_no_cost_is_explained_and_garbage_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    _charged(monkeypatch, {"ResultsByTime": []})
    ran = run("cost", "actual", "--stack", "staging")
    assert ran.code == 3
    assert "activate both as cost allocation tags" in ran.err
    _charged(monkeypatch, {"ResultsByTime": [{"Groups": [{"Keys": []}]}]})
    with pytest.raises(LiveError, match="an answer without the usual fields"):
        actual_cost("staging", 30)


@pytest.mark.usefixtures("aws")
def test_cost_explorer_itself_is_asked_in_its_region() -> None:
    ran = run("cost", "actual", "--stack", "staging")
    assert ran.code == 3
    assert "Cost Explorer" in ran.err


@pytest.mark.parametrize(
    ("usage", "category"),
    [
        ("USW2-SpotUsage:t4g.large", Category.COMPUTE),
        ("USW2-AmazonEKS-Hours:perCluster", Category.COMPUTE),
        ("USW2-TimedStorage-GIR-ByteHrs", Category.STORAGE),
        ("USW2-EBS:SnapshotUsage", Category.STORAGE),
        ("USW2-DataTransfer-Regional-Bytes", Category.OPERATIONS),
        ("us-west-2-KMS-Keys", Category.OPERATIONS),
    ],
)
def test_categories_of_usage_types(usage: str, category: Category) -> None:
    assert category_of(usage) is category
