"""`backups verify`: what would be left after a loss: buckets, volume snapshots, and Pulumi's own state."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from ops.backends.aws import asking, bucket_names, client, error_code
from ops.backends.errors import LiveError
from ops.backends.pulumi import states_url
from ops.checks.health import failed
from ops.report.checks import Check, Report, State
from ops.stacks import settings_of
from planning.backends import BY_DATA
from planning.buckets import BucketPurpose
from settings.models.platform import PlatformSettings
from settings.project import project_root
from telemetry.kubernetes.endpoints import Endpoints

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

T = TypeVar("T")
ENABLED = "Enabled"
# Loki flushes chunks after at most two hours, Mimir uploads blocks every two, Tempo every five minutes.
FRESH_HOURS = 6.0
SNAPSHOT_HOURS = 26.0
HOURS = 3600.0
# The EBS CSI driver tags volumes, and AWS Backup and DLM copy tags to snapshots.
CLAIM_NAMESPACE_TAG = "kubernetes.io/created-for/pvc/namespace"


def verify(stack: str, project: Path | None = None, now: datetime | None = None) -> Report:
    """Every check; one that can't be made is named as such."""
    project = project or project_root()
    settings = settings_of(stack, project)
    moment = now or datetime.now(UTC)
    checks: list[Check] = []
    try:
        buckets = bucket_names(settings, stack)
        s3 = client("s3", settings.region)
        for purpose, bucket in buckets.items():
            checks += _bucket(s3, settings, purpose, bucket, moment)
    except LiveError as error:
        checks.append(failed("buckets", error))
    if settings.on_aws:
        checks.append(_snapshots(settings, moment))
    checks.append(_pulumi_state(settings, project))
    return Report(title=f"Backups of {stack}", checks=tuple(checks))


def _bucket(
    s3: S3Client, settings: PlatformSettings, purpose: BucketPurpose, bucket: str, now: datetime
) -> Iterator[Check]:
    try:
        with asking(bucket):
            s3.head_bucket(Bucket=bucket)
    except LiveError as error:
        yield failed(f"{purpose}", error)
        return
    lacking = [*_lacking(s3, settings, purpose, bucket)]
    yield Check(
        name=f"{purpose}: protection",
        state=State.FINDING if lacking else State.OK,
        detail="; ".join(lacking) or "encrypted, private, with its lifecycle rules",
        advice="pulumi refresh, then pulumi up, brings it back to the plan" if lacking else "",
    )
    if purpose in BY_DATA:
        yield _freshness(s3, purpose, bucket, now)


def _lacking(s3: S3Client, settings: PlatformSettings, purpose: BucketPurpose, bucket: str) -> Iterator[str]:
    plan = settings.tier_plans.get(purpose)
    rules = _asked(lambda: s3.get_bucket_lifecycle_configuration(Bucket=bucket), bucket)
    found = {rule.get("ID") for rule in rules["Rules"] if rule["Status"] == "Enabled"} if rules else set[str]()
    if plan is not None and (missing := [rule.id for rule in plan.rules if rule.id not in found]):
        yield f"lifecycle rules missing: {', '.join(missing)}"
    versioning = _versioning(s3, bucket)
    if plan is not None and plan.versioned and versioning != ENABLED:
        yield f"versioning is {versioning.lower()}, planned: enabled"
    if not _asked(lambda: s3.get_bucket_encryption(Bucket=bucket), bucket):
        yield "no default encryption"
    block = _asked(lambda: s3.get_public_access_block(Bucket=bucket), bucket)
    if not block or not all(block["PublicAccessBlockConfiguration"].values()):
        yield "public access isn't blocked"


def _versioning(s3: S3Client, bucket: str) -> str:
    with asking(bucket):
        return s3.get_bucket_versioning(Bucket=bucket).get("Status", "never")


def _asked(ask: Callable[[], T], bucket: str) -> T | None:
    """An answer, or None where S3 says that nothing of the kind is configured."""
    from botocore.exceptions import ClientError

    with asking(bucket):
        try:
            return ask()
        except ClientError as error:
            if error_code(error).startswith(("NoSuch", "ServerSideEncryptionConfigurationNotFound")):
                return None
            raise


def _freshness(s3: S3Client, purpose: BucketPurpose, bucket: str, now: datetime) -> Check:
    with asking(f"listing {bucket}"):
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        found = (one.get("LastModified") for page in pages for one in page.get("Contents", []))
        newest = max(filter(None, found), default=None)
    name = f"{purpose}: last object"
    if newest is None:
        detail = "the bucket is empty: nothing that came in would survive the loss of the volumes"
        return Check(name=name, state=State.FINDING, detail=detail, advice="look at the back end's log for uploads")
    hours = max(0.0, (now - newest).total_seconds() / HOURS)
    late = hours > FRESH_HOURS
    return Check(
        name=name,
        state=State.FINDING if late else State.OK,
        detail=f"{hours:.1f} h ago",
        advice="the back end doesn't upload: its log says why; what it holds is only on its volume" if late else "",
        value=hours,
        limit=FRESH_HOURS,
        unit="h",
    )


def _snapshots(settings: PlatformSettings, now: datetime) -> Check:
    namespace = Endpoints.of(settings).namespace
    try:
        ec2 = client("ec2", settings.region)
        with asking("ec2:DescribeSnapshots"):
            found = ec2.describe_snapshots(
                OwnerIds=["self"], Filters=[{"Name": f"tag:{CLAIM_NAMESPACE_TAG}", "Values": [namespace]}]
            )["Snapshots"]
    except LiveError as error:
        return failed("volume snapshots", error)
    if not found:
        wanted = settings.backup.volume_snapshot_days is not None
        return Check(
            name="volume snapshots",
            state=State.FINDING if wanted else State.UNKNOWN,
            detail=f"none of the volumes of {namespace}: the hours since the last upload, and Grafana's own database, "
            "live on one volume each",
            advice="the first is taken within a day of pulumi up; after that the policy's status says why: "
            "aws dlm get-lifecycle-policies"
            if wanted
            else "by choice: backup.volume_snapshot_days has daily ones taken, and pulumi preview says what they cost",
        )
    hours = (now - max(filter(None, (one.get("StartTime") for one in found)))).total_seconds() / HOURS
    late = hours > SNAPSHOT_HOURS
    return Check(
        name="volume snapshots",
        state=State.FINDING if late else State.OK,
        detail=f"{len(found)}, the last {hours:.1f} h ago",
        advice="the snapshot policy has stopped" if late else "",
        value=hours,
        limit=SNAPSHOT_HOURS,
        unit="h",
    )


def _pulumi_state(settings: PlatformSettings, project: Path) -> Check:
    name = "Pulumi state"
    try:
        url = states_url(project)
        parts = urlsplit(url)
        if parts.scheme == "s3":
            return _state_bucket(settings, parts.netloc)
    except LiveError as error:
        return failed(name, error)
    if parts.scheme == "file":
        advice = "pulumi login s3://<versioned bucket>, or Pulumi Cloud: without its state a stack can't be changed"
        return Check(name=name, state=State.FINDING, detail=f"only on this machine: {url}", advice=advice)
    return Check(name=name, state=State.OK, detail=f"kept by {parts.netloc or url}")


def _state_bucket(settings: PlatformSettings, bucket: str) -> Check:
    if _versioning(client("s3", settings.region), bucket) == ENABLED:
        return Check(name="Pulumi state", state=State.OK, detail=f"in s3://{bucket}, versioned")
    advice = f"aws s3api put-bucket-versioning --bucket {bucket} --versioning-configuration Status=Enabled"
    return Check(name="Pulumi state", state=State.FINDING, detail=f"in s3://{bucket}, not versioned", advice=advice)
