"""`iam roles`: the policies of the roles that workflows take, for one stack, written to files."""

import json
from collections.abc import Iterator
from pathlib import Path

from ops.errors import CommandError
from ops.files import text_of, write_folder
from ops.report.model import Text, document, table
from ops.report.output import Answer
from ops.setup.iam_documents import MOST_POLICIES, Account, characters, policies, role_documents, trust
from ops.stacks import settings_of
from planning.aws import types
from planning.aws.permissions import ACTIONS
from planning.base import Frozen
from planning.registered_sources import resources_in
from settings.models.cluster import EksCluster, SharedCluster
from settings.models.names import Names
from settings.models.node_pool import NodeScaling
from settings.models.platform import PlatformSettings

OWN_NETWORK = (
    types.VPC, types.SUBNET, types.INTERNET_GATEWAY, types.NAT_GATEWAY, types.ELASTIC_IP, types.ROUTE_TABLE,
    types.ROUTE, types.ROUTE_TABLE_ASSOCIATION, types.VPC_ENDPOINT, types.DEFAULT_SECURITY_GROUP,
)  # fmt: skip
IDENTITIES = (types.ROLE, types.ROLE_POLICY, types.ROLE_POLICY_ATTACHMENT)
BUCKETS = (
    types.BUCKET, types.BUCKET_LOGGING,
    types.LIFECYCLE, types.BUCKET_OWNERSHIP, types.BUCKET_POLICY, types.PUBLIC_ACCESS_BLOCK,
    types.BUCKET_ENCRYPTION, types.VERSIONING,
)  # fmt: skip
OWN_CLUSTER = (types.CLUSTER, types.ADDON, types.ACCESS_ENTRY, types.ACCESS_POLICY_ASSOCIATION, types.LOG_GROUP)
KEYS = (types.KEY, types.KEY_ALIAS)
POOL = (types.QUEUE, types.QUEUE_POLICY, types.EVENT_RULE, types.EVENT_TARGET, types.INSTANCE_PROFILE)


class WrittenRole(Frozen):
    """One role's files."""

    role: str
    """pull-request, plan or deploy."""
    files: tuple[str, ...]
    """Policies, in as many files as IAM's limit of characters asks for."""
    actions: int
    """Different actions that they allow."""
    most_characters: int
    """Of the largest policy, as IAM counts."""


def iam_roles(
    stack: str,
    account_id: str,
    state_bucket: str,
    state_key_arn: str,
    folder: Path,
    *,
    repository: str | None = None,
    registered: Path | None = None,
) -> Answer:
    """Writes the policies. Raises `CommandError`, `SettingsError`, `UnreadableResourcesError`."""
    settings = settings_of(stack)
    if not settings.on_aws:
        raise CommandError(f"lgtm:platform.cluster.object_store of stack {stack}: nothing of it is on AWS")
    names = Names(project=settings.project, stack=stack)
    cluster = settings.cluster
    owner = names.model_copy(update={"stack": cluster.owner_stack}) if isinstance(cluster, SharedCluster) else names
    account = Account(
        partition="aws",
        account_id=account_id,
        region=settings.region,
        state_bucket=state_bucket,
        state_key_arn=state_key_arn,
        role_path=settings.iam.role_path,
        boundary_arn=settings.iam.permissions_boundary_arn,
    )
    roles = role_documents(_types(settings, registered), names, owner.cluster, account)
    subjects = {
        "pull-request": ("pull_request",),
        "plan": ("ref:refs/heads/main",),
        "deploy": (f"environment:{stack}",),
    }
    files: dict[str, str] = {}
    written: list[WrittenRole] = []
    for role, statements in zip(subjects, roles, strict=True):
        found = policies(statements)
        if len(found) > MOST_POLICIES:
            raise CommandError(f"{role}: {len(found)} policies, more than the {MOST_POLICIES} that a role may have")
        mine = {
            f"{stack}-{role}{f'-{number}' if len(found) > 1 else ''}.json": one
            for number, one in enumerate(found, start=1)
        }
        files |= {name: json.dumps(one, indent=2) + "\n" for name, one in mine.items()}
        if repository:
            files[f"{stack}-{role}-trust.json"] = (
                json.dumps(trust(account, repository, subjects[role]), indent=2) + "\n"
            )
        actions = {action for statement in statements for action in statement["Action"]}
        largest = max(characters(one) for one in found)
        written.append(WrittenRole(role=role, files=tuple(mine), actions=len(actions), most_characters=largest))
    write_folder(folder, files)
    rows = [(one.role, ", ".join(one.files), str(one.actions), str(one.most_characters)) for one in written]
    return Answer(
        {"roles": written, "folder": str(folder)},
        lambda: document(
            f"Roles for {stack}, written to {folder}",
            table(("role", "policies", "actions", "characters"), rows, numbers=(2, 3)),
            Text(words="pull-request opens no state and no secret; plan reads both; deploy changes what carries the "
                 "stack's names and tags. See docs/deploy.md."),
        ),
    )  # fmt: skip


def _types(settings: PlatformSettings, registered: Path | None) -> set[str]:
    """Those of a preview or state, or all that such a stack registers."""
    if registered is None:
        return set(types_of(settings))
    found = {one.type for one in resources_in(text_of(registered), registered.name) if one.type.startswith("aws:")}
    if unknown := sorted(found - ACTIONS.keys()):
        raise CommandError(
            f"--registered {registered.name}: nobody knows the actions of {', '.join(unknown)}; "
            "accepted: resources of this program, or a row for each in planning/aws/permissions.py"
        )
    return found


def types_of(settings: PlatformSettings) -> Iterator[str]:
    """The types that a stack with these settings registers on AWS."""
    cluster = settings.cluster
    yield from (*IDENTITIES, *BUCKETS)
    if settings.identity == "pod_identity":
        yield types.POD_IDENTITY
    if settings.storage.encryption == "sse_kms":
        yield from KEYS
    if settings.backup.volume_snapshot_days is not None:
        yield types.SNAPSHOT_POLICY
    if isinstance(cluster, EksCluster | SharedCluster):
        yield from (types.NODE_GROUP, types.LAUNCH_TEMPLATE)
    if settings.cost_alerts is not None:
        yield types.AWS_BUDGET
        if settings.cost_alerts.anomalies_usd is not None:
            yield from (types.ANOMALY_MONITOR, types.ANOMALY_SUBSCRIPTION)
    if settings.schedule is not None:
        yield from (types.SCHEDULE, types.SCHEDULE_GROUP)
    if not isinstance(cluster, EksCluster):
        return
    yield from (*OWN_CLUSTER, *KEYS)
    if settings.identity == "irsa":
        yield types.OIDC_PROVIDER
    if cluster.autoscaling is NodeScaling.KARPENTER:
        yield from (*POOL, types.POD_IDENTITY)
    if settings.network and settings.network.own:
        yield from OWN_NETWORK
        if settings.network.flow_log_days is not None:
            yield types.FLOW_LOG
