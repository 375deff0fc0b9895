"""AWS permissions of one workload: a role for its service account that reaches its own objects and nothing else."""

from collections.abc import Mapping, Sequence
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
from settings.models.names import Names
from settings.models.platform import PlatformSettings

ROLE_ANNOTATION = "eks.amazonaws.com/role-arn"
OBJECT_ACTIONS = ("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload")
TAGGING_ACTIONS = ("s3:GetObjectTagging", "s3:PutObjectTagging")
KEY_ACTIONS = ("kms:Decrypt", "kms:GenerateDataKey")


@dataclass(frozen=True)
class WorkloadIdentityArgs:
    """Inputs of `WorkloadIdentity`."""

    backend: Backend
    names: Names
    location: AwsLocation
    namespace: str
    cluster_name: pulumi.Input[str]
    cluster_arn: pulumi.Input[str]
    bucket_arns: Mapping[BucketPurpose, pulumi.Input[str]]
    kms_key_arn: pulumi.Input[str] | None
    oidc: OidcProvider | None
    """The cluster's issuer for IRSA; None means EKS Pod Identity."""
    topics: Sequence[str] = ()
    """ARNs of SNS topics that it may publish to."""


class WorkloadIdentity(pulumi.ComponentResource):
    """A role, its inline policy, and the link to the service account."""

    role_arn: pulumi.Output[str]
    service_account_annotations: dict[str, str]
    """What the service account must carry; empty with Pod Identity, whose link is on AWS's side."""

    def __init__(self, name: str, args: WorkloadIdentityArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("lgtm:components:WorkloadIdentity", name, None, opts)
        backend, child = args.backend, pulumi.ResourceOptions(parent=self)
        role_name = args.names.role(backend.name)
        about = RoleArgs(role_name, f"Service account {args.namespace}/{backend.name}", _trust(args), backend.name)
        role = make_role(name, about, args.location, self)
        policy = iam.RolePolicy(name, name="own-objects", role=role.id, policy=_permissions(args), opts=child)
        if args.oidc is None:
            eks.PodIdentityAssociation(
                name,
                cluster_name=args.cluster_name,
                namespace=args.namespace,
                service_account=backend.name,
                role_arn=role.arn,
                tags={"component": backend.name, "Name": role_name},
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
    """An identity for each back end, by its name; none off AWS."""
    if aws is None or cluster.arn is None:
        return {}
    return {
        backend.name: WorkloadIdentity(
            backend.name,
            WorkloadIdentityArgs(
                backend=backend,
                names=names,
                location=aws.location,
                namespace=settings.namespace,
                cluster_name=cluster.name,
                cluster_arn=cluster.arn,
                bucket_arns=objects.bucket_arns,
                kms_key_arn=objects.kms_key_arn,
                oidc=cluster.oidc,
                topics=settings.alerting.receivers.topics if backend is MIMIR else (),
            ),
            aws.options(),
        )
        for backend in backends_of(settings.retention)
    }


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


def _permissions(args: WorkloadIdentityArgs) -> pulumi.Output[str]:
    purposes = [grant.purpose for grant in args.backend.grants]
    arns = pulumi.Output.all(*(args.bucket_arns[purpose] for purpose in purposes))
    key = pulumi.Output.from_input(args.kms_key_arn)
    return pulumi.Output.all(arns, key).apply(
        lambda known: workload_policy(
            args.backend, dict(zip(purposes, known[0], strict=True)), known[1], args.location, args.topics
        )
    )


def _trust(args: WorkloadIdentityArgs) -> pulumi.Output[str]:
    namespace, account = args.namespace, args.backend.name
    if args.oidc is None:
        return pulumi.Output.from_input(args.cluster_arn).apply(lambda arn: pod_identity_trust(arn, namespace, account))
    return pulumi.Output.all(args.oidc.arn, args.oidc.issuer_url).apply(
        lambda known: service_account_trust(str(known[0]), str(known[1]), namespace, account)
    )
