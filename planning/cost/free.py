"""Resource types that cost nothing by themselves, and why; every other type without a price is named as unpriced."""

from collections.abc import Mapping

# By type token, or by its beginning up to a colon.
FREE: Mapping[str, str] = {
    "pulumi:": "Pulumi's own",
    "lgtm:": "a component: what it registers is priced",
    "random:": "kept in the state only",
    "kubernetes:": "a Kubernetes object: nodes, volumes and load balancers are priced where they are asked for",
    "aws:iam/": "IAM is free",
    "aws:ec2/vpc:Vpc": "free",
    "aws:ec2/subnet:Subnet": "free; public addresses are priced with the nodes",
    "aws:ec2/routeTable:RouteTable": "free",
    "aws:ec2/route:Route": "free",
    "aws:ec2/routeTableAssociation:RouteTableAssociation": "free",
    "aws:ec2/internetGateway:InternetGateway": "free; traffic to the internet isn't expected beyond the free 100 GB",
    "aws:ec2/securityGroup:SecurityGroup": "free",
    "aws:ec2/securityGroupRule:SecurityGroupRule": "free",
    "aws:ec2/networkAcl:NetworkAcl": "free",
    "aws:ec2/launchTemplate:LaunchTemplate": "free; its volumes are priced with the nodes",
    "aws:vpc/": "security group rules are free",
    "aws:eks/addon:Addon": "free; add-ons run on nodes that are priced",
    "aws:eks/accessEntry:AccessEntry": "free",
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": "free",
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": "free",
    "aws:kms/alias:Alias": "free",
    "aws:budgets/budget:Budget": "free; actions on a budget are not used",
    "aws:costexplorer/": "anomaly detection is free",
    "aws:sns/": "free at alert volume: the first 1000 e-mails and a million requests a month",
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": "free; transitions are priced with the bucket",
    "aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2": "free; transitions come with the bucket",
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": "free",
    "aws:s3/bucketPolicy:BucketPolicy": "free",
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": "free",
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": "free",
    "aws:s3/bucketVersioning:BucketVersioning": "free; superseded versions are priced with the bucket",
    "aws:secretsmanager/secretVersion:SecretVersion": "free; the secret is priced",
    "aws:ec2/vpcEndpoint:VpcEndpoint": "gateway endpoints are free",
}


def free_reason(type_token: str) -> str | None:
    """Why a type costs nothing; None for a type that isn't known to be free."""
    if type_token in FREE:
        return FREE[type_token]
    for end in (":", "/"):
        beginning = type_token.partition(end)[0] + end
        if beginning in FREE:
            return FREE[beginning]
    return None
