"""An EKS control plane: encrypted secrets, access entries only, logs with retention, endpoint limited by CIDR."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi_aws import cloudwatch, eks, iam

from components.aws_environment import AwsLocation
from components.encryption import EncryptionKey, EncryptionKeyArgs
from components.iam_policies import Statement, own_account, policy_document, service_trust
from components.kubeconfig import eks_kubeconfig
from components.roles import RoleArgs, make_role
from settings.models.cluster import EksCluster as EksClusterSettings
from settings.models.names import Names

CLUSTER_ADMIN_POLICY = "AmazonEKSClusterAdminPolicy"


@dataclass(frozen=True)
class EksClusterArgs:
    """Inputs of `EksCluster`."""

    settings: EksClusterSettings
    names: Names
    location: AwsLocation
    subnet_ids: Sequence[pulumi.Input[str]]
    """Where the control plane's network interfaces go: private subnets in at least two zones."""
    protect: bool
    """Refuse deletion of the cluster and its key."""
    deployer_arn: str
    """Who runs this program: the Kubernetes objects that follow are made with these credentials."""
    irsa: bool = False
    """Whether to register the cluster's OIDC issuer with IAM."""


@dataclass(frozen=True)
class OidcProvider:
    """The cluster's issuer as IAM knows it."""

    arn: pulumi.Output[str]
    """ARN of the IAM OIDC provider."""
    issuer_url: pulumi.Output[str]
    """https:// URL of the issuer."""


class EksCluster(pulumi.ComponentResource):
    """The control plane, its role, key, log group and administrators."""

    resource: eks.Cluster
    name: pulumi.Output[str]
    arn: pulumi.Output[str]
    version: pulumi.Output[str]
    kubeconfig: pulumi.Output[str]
    """Secret."""
    oidc: OidcProvider | None

    def __init__(self, name: str, args: EksClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("lgtm:components:EksCluster", name, None, opts)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        key = self._secrets_key()
        role, permissions = self._role(key)
        logs = self._log_group(key)
        self.resource = cluster = self._cluster(role, key, [*permissions, *logs])
        self._administrators(cluster)
        self.name, self.arn, self.version = cluster.name, cluster.arn, cluster.version
        self.kubeconfig = pulumi.Output.secret(self._kubeconfig(cluster))
        self.oidc = self._oidc_provider(cluster) if args.irsa else None
        self.register_outputs({"name": self.name, "arn": self.arn, "kubeconfig": self.kubeconfig})

    def _secrets_key(self) -> EncryptionKey:
        args = self._args
        return EncryptionKey(
            f"{self._name}-secrets",
            EncryptionKeyArgs(
                alias=args.names.cluster,
                description=f"Kubernetes secrets of {args.names.cluster}",
                component="cluster",
                location=args.location,
                protect=args.protect,
                log_group=args.names.log_group if self._encrypts_logs else None,
            ),
            self._child,
        )

    @property
    def _encrypts_logs(self) -> bool:
        settings = self._args.settings
        return bool(settings.control_plane_logs) and settings.encrypt_logs

    def _role(self, key: EncryptionKey) -> tuple[iam.Role, list[pulumi.Resource]]:
        role_name, location = self._args.names.role("cluster"), self._args.location
        cluster = self._args.names.cluster
        trust = service_trust("eks.amazonaws.com", own_account(location, "eks", f"cluster/{cluster}"))
        about = RoleArgs(role_name, f"Control plane of {cluster}", trust, "cluster")
        role = make_role(f"{self._name}-role", about, location, self)
        managed = iam.RolePolicyAttachment(
            f"{self._name}-role",
            role=role.name,
            policy_arn=self._args.location.managed_policy_arn("AmazonEKSClusterPolicy"),
            opts=self._child,
        )
        secrets = iam.RolePolicy(
            f"{self._name}-secrets",
            name="secrets-encryption",
            role=role.id,
            policy=key.arn.apply(_secrets_policy),
            opts=self._child,
        )
        return role, [managed, secrets]

    def _log_group(self, key: EncryptionKey) -> list[pulumi.Resource]:
        """Made before the cluster: otherwise EKS makes it, without retention, and nobody owns it."""
        settings, names = self._args.settings, self._args.names
        if not settings.control_plane_logs:
            return []
        return [
            cloudwatch.LogGroup(
                f"{self._name}-logs",
                name=names.log_group,
                retention_in_days=settings.log_retention_days,
                log_group_class=settings.log_class.upper(),
                kms_key_id=key.arn if self._encrypts_logs else None,
                tags={"component": "cluster", "Name": names.log_group},
                opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),  # its name is fixed
            )
        ]

    def _cluster(self, role: iam.Role, key: EncryptionKey, before: list[pulumi.Resource]) -> eks.Cluster:
        args, settings = self._args, self._args.settings
        cidrs = [str(cidr) for cidr in settings.public_access_cidrs]
        return eks.Cluster(
            self._name,
            name=args.names.cluster,
            role_arn=role.arn,
            version=settings.kubernetes_version,
            # EXTENDED would cost 438 USD a month once the version leaves standard support; STANDARD upgrades instead.
            upgrade_policy=eks.ClusterUpgradePolicyArgs(support_type="STANDARD"),
            access_config=eks.ClusterAccessConfigArgs(
                # The creator must be named to get in, or is the only one who can: EKS asks once, at creation.
                authentication_mode="API",
                bootstrap_cluster_creator_admin_permissions=not settings.admin_role_arns,
            ),
            bootstrap_self_managed_addons=False,
            encryption_config=eks.ClusterEncryptionConfigArgs(
                provider=eks.ClusterEncryptionConfigProviderArgs(key_arn=key.arn), resources=["secrets"]
            ),
            enabled_cluster_log_types=list(settings.control_plane_logs),
            vpc_config=eks.ClusterVpcConfigArgs(
                subnet_ids=list(args.subnet_ids),
                endpoint_private_access=True,
                endpoint_public_access=bool(cidrs),
                public_access_cidrs=cidrs or None,
            ),
            deletion_protection=args.protect,
            tags={"component": "cluster", "Name": args.names.cluster},
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=before,  # the role must still work while EKS removes its network interfaces
                protect=args.protect,
                delete_before_replace=True,  # its name is fixed
                # What was asked at creation means nothing later, and a changed answer would replace the cluster.
                ignore_changes=["accessConfig.bootstrapClusterCreatorAdminPermissions"],
            ),
        )

    def _administrators(self, cluster: eks.Cluster) -> None:
        partition = self._args.location.partition
        admins, deployer = self._args.settings.admin_role_arns, self._args.deployer_arn
        if admins and principal_name(deployer) not in map(principal_name, admins):
            pulumi.warn(
                f"lgtm:platform.cluster.admin_role_arns: {deployer}, who deploys, is not among them; unless another "
                "access entry lets it in, Kubernetes objects can't be made: name its role",
                self,
            )
        # Entries go with the cluster: no call for each of them when it is deleted.
        options = pulumi.ResourceOptions(parent=self, deleted_with=cluster, protect=self._args.protect)
        for arn in self._args.settings.admin_role_arns:
            name = f"{self._name}-admin-{principal_name(arn)}"
            entry = eks.AccessEntry(
                name,
                cluster_name=cluster.name,
                principal_arn=arn,
                type="STANDARD",
                tags={"component": "cluster"},
                opts=options,
            )
            eks.AccessPolicyAssociation(
                name,
                cluster_name=cluster.name,
                principal_arn=entry.principal_arn,
                policy_arn=f"arn:{partition}:eks::aws:cluster-access-policy/{CLUSTER_ADMIN_POLICY}",
                access_scope=eks.AccessPolicyAssociationAccessScopeArgs(type="cluster"),
                opts=options,
            )

    def _kubeconfig(self, cluster: eks.Cluster) -> pulumi.Output[str]:
        region = self._args.location.region
        authority = cluster.certificate_authority.apply(lambda authority: authority.data or "")
        return pulumi.Output.all(cluster.name, cluster.endpoint, authority).apply(
            lambda values: eks_kubeconfig(
                cluster_name=str(values[0]),
                region=region,
                endpoint=str(values[1]),
                certificate_authority=str(values[2]),
            )
        )

    def _oidc_provider(self, cluster: eks.Cluster) -> OidcProvider:
        issuer = cluster.identities.apply(lambda identities: str((identities[0].oidcs or [])[0].issuer))
        provider = iam.OpenIdConnectProvider(
            f"{self._name}-oidc",
            url=issuer,
            client_id_lists=["sts.amazonaws.com"],
            tags={"component": "cluster", "Name": self._args.names.cluster},
            opts=self._child,
        )
        return OidcProvider(arn=provider.arn, issuer_url=issuer)


def _secrets_policy(key_arn: str) -> str:
    return policy_document(
        Statement(actions=["kms:Encrypt", "kms:Decrypt", "kms:ListGrants", "kms:DescribeKey"], resources=[key_arn])
    )


def principal_name(arn: str) -> str:
    """account-kind-name of a role or user ARN: unique, since IAM names are unique in an account whatever the path.

    A session of a role (STS leaves the path out) is its role.
    """
    account, principal = arn.split(":")[4:6]
    kind, _, path = principal.partition("/")
    if kind == "assumed-role":
        return f"{account}-role-{path.partition('/')[0]}"
    return f"{account}-{kind}-{path.rpartition('/')[2]}"
