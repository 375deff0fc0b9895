"""AWS permissions of one workload: a role for its service account that reaches its own objects, or reads what it shows,
and nothing else."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_aws import eks, iam

from components.aws_environment import AwsEnvironment, AwsLocation
from components.cluster_access import ClusterAccess
from components.eks_cluster import OidcProvider
from components.iam_policies import Statement, pod_identity_trust, policy_document, service_account_trust
from components.object_storage import ObjectStorageAccess
from components.roles import RoleArgs, make_role
from planning.backends import MIMIR, Backend, BucketGrant, backends_of
from planning.buckets import BucketPurpose
from settings.models.grafana import AwsDataSource
from settings.models.names import Names
from settings.models.platform import PlatformSettings
from telemetry.grafana.aws_datasources import ACTIONS, LOG_GROUP_ACTIONS
from telemetry.kubernetes.endpoints import GRAFANA_RELEASE

ROLE_ANNOTATION = "eks.amazonaws.com/role-arn"
OBJECT_ACTIONS = ("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload")
TAGGING_ACTIONS = ("s3:GetObjectTagging", "s3:PutObjectTagging")
KEY_ACTIONS = ("kms:Decrypt", "kms:GenerateDataKey")


@dataclass(frozen=True)
class WorkloadIdentityArgs:
    """Inputs of `WorkloadIdentity`."""

    workload: str
    """Name of the service account, and of the role after the stack's prefix."""
    policy_name: str
    """Name of the role's inline policy: what it is for."""
    permissions: pulumi.Output[str]
    """That policy's document."""
    names: Names
    location: AwsLocation
    namespace: str
    cluster_name: pulumi.Input[str]
    cluster_arn: pulumi.Input[str]
    oidc: OidcProvider | None
    """The cluster's issuer for IRSA; None means EKS Pod Identity."""


class WorkloadIdentity(pulumi.ComponentResource):
    """A role, its inline policy, and the link to the service account."""

    role_arn: pulumi.Output[str]
    service_account_annotations: dict[str, str]
    """What the service account must carry; empty with Pod Identity, whose link is on AWS's side."""

    def __init__(self, name: str, args: WorkloadIdentityArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("lgtm:components:WorkloadIdentity", name, None, opts)
        workload, child = args.workload, pulumi.ResourceOptions(parent=self)
        role_name = args.names.role(workload)
        about = RoleArgs(role_name, f"Service account {args.namespace}/{workload}", _trust(args), workload)
        role = make_role(name, about, args.location, self)
        policy = iam.RolePolicy(name, name=args.policy_name, role=role.id, policy=args.permissions, opts=child)
        if args.oidc is None:
            eks.PodIdentityAssociation(
                name,
                cluster_name=args.cluster_name,
                namespace=args.namespace,
                service_account=workload,
                role_arn=role.arn,
                tags={"component": workload, "Name": role_name},
                opts=pulumi.ResourceOptions(parent=self, depends_on=[policy]),
            )
        self.role_arn = role.arn
        self.service_account_annotations = {ROLE_ANNOTATION: args.location.role_arn(role_name)} if args.oidc else {}
        self.register_outputs({"roleArn": self.role_arn})


def workload_identities(
    settings: PlatformSettings,
    names: Names,
    aws: AwsEnvironment | None,
    cluster: ClusterAccess,
    objects: ObjectStorageAccess,
) -> dict[str, WorkloadIdentity]:
    """An identity for each back end and for what else asks AWS, by its name; none off AWS."""
    if aws is None or cluster.arn is None:
        return {}
    location, arn = aws.location, cluster.arn

    def identity(workload: str, policy_name: str, permissions: pulumi.Output[str]) -> WorkloadIdentity:
        args = WorkloadIdentityArgs(
            workload=workload,
            policy_name=policy_name,
            permissions=permissions,
            names=names,
            location=location,
            namespace=settings.namespace,
            cluster_name=cluster.name,
            cluster_arn=arn,
            oidc=cluster.oidc,
        )
        return WorkloadIdentity(workload, args, aws.options())

    found = {
        backend.name: identity(
            backend.name,
            "own-objects",
            _own_objects(backend, objects, location, settings.alerting.receivers.topics if backend is MIMIR else ()),
        )
        for backend in backends_of(settings.retention)
    }
    if sources := settings.grafana.aws_data_sources:
        reading = pulumi.Output.from_input(data_source_policy(sources, location))
        found[GRAFANA_RELEASE] = identity(GRAFANA_RELEASE, "read-aws", reading)
    return found


def data_source_policy(sources: Collection[AwsDataSource], location: AwsLocation) -> str:
    """What Grafana's data sources read, in the stack's region alone."""
    here = {"StringEquals": {"aws:RequestedRegion": location.region}}
    actions = sorted({action for source in sources for action in ACTIONS[source]})
    statements = [Statement(actions=actions, resources=["*"], condition=here)]
    if AwsDataSource.CLOUDWATCH_LOGS in sources:
        groups = f"arn:{location.partition}:logs:{location.region}:{location.account_id}:log-group:*"
        statements.append(Statement(actions=LOG_GROUP_ACTIONS, resources=[groups]))
    return policy_document(*statements)


def workload_policy(
    backend: Backend,
    bucket_arns: Mapping[BucketPurpose, str],
    kms_key_arn: str | None,
    location: AwsLocation,
    topics: Sequence[str] = (),
) -> str:
    """The workload's own buckets, prefixes, key and topics; no wildcard actions."""
    statements = [
        statement
        for grant in backend.grants
        for statement in _bucket_statements(grant, bucket_arns[grant.purpose], tagging=backend.object_tagging)
    ]
    if kms_key_arn is not None:
        statements.append(
            Statement(
                actions=KEY_ACTIONS,
                resources=[kms_key_arn],
                condition={"StringEquals": {"kms:ViaService": location.s3_endpoint}},
            )
        )
    if topics:
        statements.append(Statement(actions=["sns:Publish"], resources=list(topics)))
    return policy_document(*statements)


def _bucket_statements(grant: BucketGrant, bucket_arn: str, *, tagging: bool) -> tuple[Statement, Statement]:
    listing = Statement(
        actions=["s3:ListBucket"],
        resources=[bucket_arn],
        # IfExists: a GET of a missing key has no prefix in its context, and S3 answers it 404 only to those who may
        # list; the back ends take 404 for "not there yet" and 403 for a failure.
        condition={"StringLikeIfExists": {"s3:prefix": f"{grant.prefix}*"}} if grant.prefix else None,
    )
    objects = Statement(
        actions=[*OBJECT_ACTIONS, *(TAGGING_ACTIONS if tagging else ())],
        resources=[f"{bucket_arn}/{grant.prefix}*"],
    )
    return listing, objects


def _own_objects(
    backend: Backend, objects: ObjectStorageAccess, location: AwsLocation, topics: Sequence[str]
) -> pulumi.Output[str]:
    """With the SNS topics that it may publish to."""
    purposes = [grant.purpose for grant in backend.grants]
    arns = pulumi.Output.all(*(objects.bucket_arns[purpose] for purpose in purposes))
    key = pulumi.Output.from_input(objects.kms_key_arn)
    return pulumi.Output.all(arns, key).apply(
        lambda known: workload_policy(backend, dict(zip(purposes, known[0], strict=True)), known[1], location, topics)
    )


def _trust(args: WorkloadIdentityArgs) -> pulumi.Output[str]:
    namespace, account = args.namespace, args.workload
    if args.oidc is None:
        return pulumi.Output.from_input(args.cluster_arn).apply(lambda arn: pod_identity_trust(arn, namespace, account))
    return pulumi.Output.all(args.oidc.arn, args.oidc.issuer_url).apply(
        lambda known: service_account_trust(str(known[0]), str(known[1]), namespace, account)
    )
