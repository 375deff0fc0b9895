"""The simulated AWS provider as a whole: its types, functions and configuration."""

from __future__ import annotations

from sandbox.providers.aws import (
    budgets,
    dlm,
    ec2_endpoints,
    ec2_launch_template,
    ec2_network,
    ec2_routing,
    ec2_security,
    eks,
    eks_access,
    eks_nodes,
    iam,
    iam_policies,
    kms,
    logs,
    s3_bucket,
    s3_lifecycle,
    scheduler,
)
from sandbox.providers.aws.cloud import AwsCloud, connect, default_tags
from sandbox.providers.aws.invokes import INVOKES
from sandbox.providers.definition import ProviderDefinition, register

VERSION = "7.51.1"  # of pulumi_aws: the engine asks for exactly this plugin

DEFINITION: ProviderDefinition[AwsCloud] = ProviderDefinition(
    name="aws",
    version=VERSION,
    types=register(
        budgets.Budget(),
        dlm.LifecyclePolicy(),
        ec2_endpoints.VpcEndpoint(),
        ec2_launch_template.LaunchTemplate(),
        ec2_network.InternetGateway(),
        ec2_network.Subnet(),
        ec2_network.Vpc(),
        ec2_routing.Eip(),
        ec2_routing.NatGateway(),
        ec2_routing.Route(),
        ec2_routing.RouteTable(),
        ec2_routing.RouteTableAssociation(),
        ec2_security.DefaultSecurityGroup(),
        ec2_security.SecurityGroup(),
        ec2_security.SecurityGroupEgressRule(),
        ec2_security.SecurityGroupIngressRule(),
        eks.Cluster(),
        eks_nodes.NodeGroup(),
        eks_access.AccessEntry(),
        eks_access.AccessPolicyAssociation(),
        eks_access.Addon(),
        eks_access.PodIdentityAssociation(),
        iam_policies.InstanceProfile(),
        iam_policies.OpenIdConnectProvider(),
        iam_policies.Policy(),
        iam.Role(),
        iam.RolePolicy(),
        iam.RolePolicyAttachment(),
        kms.Alias(),
        kms.Key(),
        logs.LogGroup(),
        s3_bucket.Bucket(),
        s3_bucket.BucketOwnershipControls(),
        s3_bucket.BucketPolicy(),
        s3_bucket.BucketPublicAccessBlock(),
        s3_bucket.BucketServerSideEncryptionConfiguration(),
        s3_bucket.BucketVersioning(),
        s3_lifecycle.BucketLifecycleConfiguration(),
        scheduler.Schedule(),
        scheduler.ScheduleGroup(),
    ),
    connect=connect,
    invokes=INVOKES,
    default_tags=default_tags,
    region=lambda cloud: cloud.region,
)
