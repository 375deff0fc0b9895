"""The policies of the three roles that workflows take, as plain documents: narrowed to one stack's names and tags."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from planning.aws.permissions import (
    ACTIONS,
    EC2_NEW,
    LINKED_SERVICES,
    MANAGED_POLICIES,
    PASSED_TO,
    Scope,
)
from planning.cost.services import FLOW_LOG_GROUPS
from settings.models.names import Names

Document = dict[str, Any]
Statement = dict[str, Any]
# IAM User Guide, "IAM and AWS STS quotas": a managed policy's characters, spaces left out; ten policies a role.
MOST_CHARACTERS, MOST_POLICIES = 6144, 10
# What `lgtm validate --aws` asks, and nothing that a stack keeps.
LOOK_AT_NETWORK = (
    "ec2:DescribeRouteTables", "ec2:DescribeSubnets", "ec2:DescribeVpcAttribute", "ec2:DescribeVpcEndpoints",
    "ec2:DescribeVpcs",
)  # fmt: skip
# What `lgtm recover` looks for after a lost run: things that were made and that the state doesn't know by their ids.
FIND = (
    "dlm:GetLifecyclePolicies", "ec2:DescribeTags", "eks:ListNodegroups", "eks:ListPodIdentityAssociations",
    "iam:ListOpenIDConnectProviders", "kms:ListKeys",
)  # fmt: skip
# Reads that know no resource, or only ids that nobody knows before.
ANY_RESOURCE = frozenset({Scope.EC2, Scope.LOGS, Scope.KEY, Scope.ALIAS, Scope.SNAPSHOTS, Scope.ISSUER})


class Account(NamedTuple):
    """Where the roles are, and what else of the account they reach."""

    partition: str
    account_id: str
    region: str
    state_bucket: str
    """Bucket with Pulumi's state."""
    state_key_arn: str
    """KMS key of the stack's secrets."""
    role_path: str
    boundary_arn: str | None
    """Policy that every role of the program carries."""


class Roles(NamedTuple):
    """A role's statements by its name."""

    pull_request: tuple[Statement, ...]
    """Looks at the network; no state, no key, so no secret of a stack."""
    plan: tuple[Statement, ...]
    """Previews and drift on the main branch: reads what runs, the state, and opens its secrets."""
    deploy: tuple[Statement, ...]
    """The same, and makes, changes and deletes."""


def role_documents(type_tokens: Iterable[str], names: Names, cluster: str, account: Account) -> Roles:
    """Statements for exactly these resource types. Raises `KeyError` for a type without actions."""
    wanted = {token: ACTIONS[token] for token in sorted(set(type_tokens))}
    look: dict[Scope, set[str]] = defaultdict(set)
    change: dict[Scope, set[str]] = defaultdict(set)
    for one in wanted.values():
        look[one.scope].update(one.look)
        change[one.scope].update(one.change)
    network = _statement("Network", LOOK_AT_NETWORK, ["*"])
    looks = (_who(), network, *_looks(look, names, cluster, account), _versions(account))
    return Roles(
        pull_request=(_who(), network),
        plan=(*_state(account, write=False), *looks),
        deploy=(
            *_state(account, write=True),
            *looks,
            _statement("Find", FIND, ["*"]),
            *_changes(change, names, cluster, account),
        ),
    )


def policies(statements: Sequence[Statement]) -> list[Document]:
    """As many policies as IAM's limit of characters asks for, statements kept in their order."""
    found: list[list[Statement]] = [[]]
    for statement in statements:
        if found[-1] and _characters([*found[-1], statement]) > MOST_CHARACTERS:
            found.append([])
        found[-1].append(statement)
    return [_document(one) for one in found]


def characters(document: Document) -> int:
    """As IAM counts them."""
    return len("".join(json.dumps(document).split()))


def trust(account: Account, repository: str, subjects: Sequence[str]) -> Document:
    """Who may take a role from GitHub's workflows; no subject ends in a wildcard."""
    host = "token.actions.githubusercontent.com"
    return _document(
        [
            {
                "Effect": "Allow",
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Principal": {
                    "Federated": f"arn:{account.partition}:iam::{account.account_id}:oidc-provider/{host}",
                },
                "Condition": {
                    "StringEquals": {
                        f"{host}:aud": "sts.amazonaws.com",
                        f"{host}:sub": [f"repo:{repository}:{subject}" for subject in subjects],
                    }
                },
            }
        ]
    )


def _document(statements: Sequence[Statement]) -> Document:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _characters(statements: Sequence[Statement]) -> int:
    return characters(_document(statements))


def _statement(
    sid: str, actions: Iterable[str], resources: Sequence[str], condition: Mapping[str, Any] | None = None
) -> Statement:
    statement: Statement = {
        "Sid": sid, "Effect": "Allow", "Action": sorted(set(actions)), "Resource": list(resources),
    }  # fmt: skip
    return statement | ({"Condition": dict(condition)} if condition else {})


def _who() -> Statement:
    return _statement("Who", ["sts:GetCallerIdentity"], ["*"])


def _state(account: Account, *, write: bool) -> Iterator[Statement]:
    bucket = f"arn:{account.partition}:s3:::{account.state_bucket}"
    objects = ["s3:GetObject", *(["s3:PutObject", "s3:DeleteObject"] if write else [])]
    yield _statement("State", objects, [f"{bucket}/*"])
    yield _statement("StateList", ["s3:ListBucket"], [bucket])
    secrets = ["kms:Decrypt", *(["kms:Encrypt", "kms:GenerateDataKey"] if write else [])]
    yield _statement("StackSecrets", secrets, [account.state_key_arn])


def _versions(account: Account) -> Statement:
    """What EKS offers, for `addons pin`."""
    offered = ["eks:DescribeAddonVersions", "eks:DescribeClusterVersions"]
    return _statement("Versions", offered, ["*"], {"StringEquals": {"aws:RequestedRegion": account.region}})


def _looks(look: Mapping[Scope, set[str]], names: Names, cluster: str, account: Account) -> Iterator[Statement]:
    anywhere = {action for scope in ANY_RESOURCE for action in look.get(scope, ())}
    if anywhere:
        yield _statement("Look", anywhere, ["*"])
    for scope, actions in look.items():
        if scope not in ANY_RESOURCE:
            yield _statement(f"Look{scope.value.title()}", actions, _arns(scope, names, cluster, account))


def _changes(change: Mapping[Scope, set[str]], names: Names, cluster: str, account: Account) -> Iterator[Statement]:
    everything = {action for actions in change.values() for action in actions}
    here = {"StringEquals": {"aws:RequestedRegion": account.region}}
    own = {"StringEquals": {"aws:ResourceTag/project": names.project, "aws:ResourceTag/stack": names.stack}}
    roles = _arns(Scope.ROLE, names, cluster, account)
    if "iam:PassRole" in everything:
        yield _statement("PassOwn", ["iam:PassRole"], roles, {"StringEquals": {"iam:PassedToService": list(PASSED_TO)}})
    if "iam:CreateServiceLinkedRole" in everything:
        linked = f"arn:{account.partition}:iam::{account.account_id}:role/aws-service-role/*"
        condition = {"StringEquals": {"iam:AWSServiceName": list(LINKED_SERVICES)}}
        yield _statement("ServicesRoles", ["iam:CreateServiceLinkedRole"], [linked], condition)
    if grants := everything & {"kms:CreateGrant"}:
        condition = {"Bool": {"kms:GrantIsForAWSResource": "true"}, **own}
        yield _statement("ClusterKey", grants, _arns(Scope.KEY, names, cluster, account), condition)
    if delivery := {action for action in everything if action.startswith("logs:") and "LogDelivery" in action}:
        yield _statement("LogDelivery", delivery, ["*"], here)
    ec2 = {action for action in everything if action.startswith("ec2:")}
    if new := ec2 & EC2_NEW:
        yield _statement("MakeInEc2", new, ["*"], here)
    if old := ec2 - EC2_NEW:
        yield _statement("ChangeOwnInEc2", old, ["*"], {"StringEquals": here["StringEquals"] | own["StringEquals"]})
    for scope, actions in change.items():
        mine = {action for action in actions if action.partition(":")[0] == _SERVICES[scope]}
        if scope is not Scope.EC2 and (mine := mine - {"iam:PassRole", "iam:CreateServiceLinkedRole"}):
            yield from _owned(scope, mine, names, cluster, account)


_SERVICES: Mapping[Scope, str] = {
    Scope.EC2: "ec2", Scope.ROLE: "iam", Scope.PROFILE: "iam", Scope.ISSUER: "iam", Scope.CLUSTER: "eks",
    Scope.LOGS: "logs", Scope.KEY: "kms", Scope.ALIAS: "kms", Scope.BUCKET: "s3", Scope.QUEUE: "sqs",
    Scope.RULE: "events", Scope.SCHEDULE: "scheduler", Scope.SNAPSHOTS: "dlm", Scope.BUDGET: "budgets",
    Scope.ANOMALIES: "ce", Scope.TOPIC: "sns",
}  # fmt: skip


def _owned(scope: Scope, actions: set[str], names: Names, cluster: str, account: Account) -> Iterator[Statement]:
    """What is known by its name; and by its tags what only has an id."""
    title, arns = scope.value.title(), _arns(scope, names, cluster, account)
    marked = {"StringEquals": {"aws:ResourceTag/project": names.project, "aws:ResourceTag/stack": names.stack}}
    asked = {"StringEquals": {"aws:RequestTag/project": names.project, "aws:RequestTag/stack": names.stack}}
    match scope:
        case Scope.ROLE:
            yield from _roles(actions, arns, account)
        case Scope.CLUSTER | Scope.ANOMALIES:
            # These know no resource: nothing is named before it is there.
            if new := actions & {"eks:CreateCluster", "ce:CreateAnomalyMonitor", "ce:CreateAnomalySubscription"}:
                yield _statement(f"Make{title}", new, ["*"], asked)
            yield _statement(title, actions - new, arns)
        case Scope.KEY:
            new = actions & {"kms:CreateKey", "kms:TagResource"}
            yield _statement("MakeKey", new, ["*"], asked)
            yield _statement("Key", actions - {"kms:CreateKey"}, arns, marked)
        case Scope.ALIAS:
            yield _statement("Alias", actions, arns)
            yield _statement("AliasOfKey", actions, _arns(Scope.KEY, names, cluster, account), marked)
        case Scope.SNAPSHOTS:
            new = actions & {"dlm:CreateLifecyclePolicy", "dlm:TagResource"}
            yield _statement("MakeSnapshotPolicy", new, ["*"], asked)
            yield _statement("SnapshotPolicy", actions - {"dlm:CreateLifecyclePolicy"}, arns, marked)
        case _:
            yield _statement(title, actions, arns)


def _roles(actions: set[str], arns: Sequence[str], account: Account) -> Iterator[Statement]:
    """Roles that can't become more than the program makes of them: their boundary, and AWS's policies by name."""
    attach = actions & {"iam:AttachRolePolicy", "iam:DetachRolePolicy"}
    granting = actions & {"iam:CreateRole", "iam:PutRolePolicy", "iam:PutRolePermissionsBoundary"}
    bounded = {"ArnEquals": {"iam:PermissionsBoundary": account.boundary_arn}} if account.boundary_arn else None
    if bounded:
        # Nobody takes the boundary away again by this role.
        actions = actions - {"iam:DeleteRolePermissionsBoundary"}
    else:
        granting -= {"iam:PutRolePermissionsBoundary"}
    if attach:
        known = [f"arn:{account.partition}:iam::aws:policy/{name}" for name in MANAGED_POLICIES]
        condition: dict[str, Any] = {"ArnEquals": {"iam:PolicyARN": known}}
        yield _statement("AttachKnown", attach, arns, condition)
    if granting:
        yield _statement("MakeRoles", granting, arns, bounded)
    if rest := actions - attach - granting - {"iam:PutRolePermissionsBoundary"}:
        yield _statement("Role", rest, arns)


def _arns(scope: Scope, names: Names, cluster: str, account: Account) -> list[str]:
    """By the naming rule of `settings.models.names`."""
    prefix, (partition, number, region) = names.prefix, account[:3]

    def arn(service: str, resource: str, *, everywhere: bool = False) -> str:
        return f"arn:{partition}:{service}:{'' if everywhere else region}:{number}:{resource}"

    match scope:
        case Scope.ROLE:
            return [arn("iam", f"role{account.role_path}{prefix}-*", everywhere=True)]
        case Scope.PROFILE:
            return [arn("iam", f"instance-profile/{prefix}-*", everywhere=True)]
        case Scope.ISSUER:
            return [arn("iam", "oidc-provider/oidc.eks.*", everywhere=True)]
        case Scope.CLUSTER:
            kinds = ("nodegroup", "addon", "access-entry", "podidentityassociation")
            return [arn("eks", f"cluster/{cluster}"), *(arn("eks", f"{kind}/{cluster}/*") for kind in kinds)]
        case Scope.LOGS:
            groups = (f"/aws/eks/{cluster}/cluster", f"{FLOW_LOG_GROUPS}{prefix}")
            return [arn("logs", f"log-group:{group}{end}") for group in groups for end in ("", ":*")]
        case Scope.KEY:
            return [arn("kms", "key/*")]
        case Scope.ALIAS:
            return [arn("kms", f"alias/{prefix}*")]
        case Scope.BUCKET:
            return [f"arn:{partition}:s3:::{prefix}-*-{number}", f"arn:{partition}:s3:::{prefix}-*-{number}/*"]
        case Scope.QUEUE:
            return [arn("sqs", f"{prefix}-*")]
        case Scope.RULE:
            return [arn("events", f"rule/{prefix}-*")]
        case Scope.SCHEDULE:
            return [arn("scheduler", f"schedule-group/{prefix}-hours"), arn("scheduler", f"schedule/{prefix}-hours/*")]
        case Scope.SNAPSHOTS:
            return [arn("dlm", "policy/*")]
        case Scope.TOPIC:
            return [arn("sns", f"{prefix}-*")]
        case Scope.BUDGET:
            return [arn("budgets", f"budget/{prefix}*", everywhere=True)]
        case Scope.ANOMALIES:
            return [arn("ce", f"{kind}/*", everywhere=True) for kind in ("anomalymonitor", "anomalysubscription")]
        case Scope.EC2:
            return ["*"]
