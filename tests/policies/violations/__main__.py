"""A program that breaks the pack's rules on purpose: what somebody writes who has never heard of them.

In the stack prod-deployed it leaves out what takes a control plane, so that it can be deployed within seconds.
"""

import json
from collections.abc import Mapping

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes

TRUST_NOBODY = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "pods.eks.amazonaws.com"}}
TRUST_EKS = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "eks.amazonaws.com"}}


def document(*statements: Mapping[str, object]) -> str:
    """A policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def storage() -> None:
    """Buckets without any of what belongs to them, one frozen, one that keeps every version; a key that stays."""
    aws.s3.Bucket("open-logs", force_destroy=True, tags={"purpose": "loki-chunks"})
    frozen = aws.s3.Bucket("frozen-traces", tags={"purpose": "tempo-traces"})
    aws.s3.BucketLifecycleConfiguration(
        "frozen-traces",
        bucket=frozen.id,
        rules=[
            {
                "id": "freeze",
                "status": "Enabled",
                "filter": {"prefix": ""},
                "transitions": [{"days": 3, "storage_class": "GLACIER"}],
                "expiration": {"days": 14},
            }
        ],
    )
    versions = aws.s3.Bucket("all-versions", tags={"purpose": "mimir-blocks"})
    aws.s3.BucketVersioning("all-versions", bucket=versions.id, versioning_configuration={"status": "Enabled"})
    aws.kms.Key("still-key", description="one key for ever")


def permissions() -> None:
    """A role that may do everything, and that any pod of the account may take."""
    role = aws.iam.Role("anything", assume_role_policy=document(TRUST_NOBODY))
    everything = document({"Effect": "Allow", "Action": "*", "Resource": "*"})
    aws.iam.RolePolicy("anything", role=role.id, policy=everything)


def network() -> list[aws.ec2.Subnet]:
    """Two NAT gateways, and SSH open to the world."""
    vpc = aws.ec2.Vpc("vpc", cidr_block="10.9.0.0/16")
    subnets = [
        aws.ec2.Subnet(
            f"subnet-{zone}",
            vpc_id=vpc.id,
            cidr_block=f"10.9.{number}.0/24",
            availability_zone=f"us-west-2{zone}",
            map_public_ip_on_launch=True,
        )
        for number, zone in enumerate("ab")
    ]
    gateway = aws.ec2.InternetGateway("gateway", vpc_id=vpc.id)
    for zone, subnet in zip("ab", subnets, strict=True):
        address = aws.ec2.Eip(f"nat-{zone}", domain="vpc")
        aws.ec2.NatGateway(
            f"nat-{zone}",
            allocation_id=address.id,
            subnet_id=subnet.id,
            opts=pulumi.ResourceOptions(depends_on=[gateway]),
        )
    group = aws.ec2.SecurityGroup("ssh", vpc_id=vpc.id, description="SSH")
    aws.vpc.SecurityGroupIngressRule(
        "ssh", security_group_id=group.id, ip_protocol="tcp", from_port=22, to_port=22, cidr_ipv4="0.0.0.0/0"
    )
    return subnets


def template() -> aws.ec2.LaunchTemplate:
    """IMDSv1, and a large old volume in the clear."""
    return aws.ec2.LaunchTemplate(
        "old-nodes",
        metadata_options={"http_endpoint": "enabled", "http_tokens": "optional", "http_put_response_hop_limit": 3},
        block_device_mappings=[
            {"device_name": "/dev/xvda", "ebs": {"volume_size": 500, "volume_type": "gp2", "encrypted": "false"}}
        ],
    )


def cluster(subnets: list[aws.ec2.Subnet], nodes: aws.ec2.LaunchTemplate) -> pulumi.Output[str]:
    """An open control plane without audit, encrypted secrets or a promise to leave extended support; dear nodes."""
    role = aws.iam.Role("cluster", assume_role_policy=document(TRUST_EKS))
    control_plane = aws.eks.Cluster(
        "open-cluster",
        role_arn=role.arn,
        version="1.35",
        upgrade_policy={"support_type": "EXTENDED"},
        enabled_cluster_log_types=["api"],
        vpc_config={
            "subnet_ids": [subnet.id for subnet in subnets],
            "endpoint_public_access": True,
            "public_access_cidrs": ["0.0.0.0/0"],
        },
    )
    aws.eks.NodeGroup(
        "dear-nodes",
        cluster_name=control_plane.name,
        node_role_arn=role.arn,
        subnet_ids=[subnet.id for subnet in subnets],
        instance_types=["m7g.4xlarge", "t4g.medium"],
        ami_type="AL2023_ARM_64_STANDARD",
        capacity_type="ON_DEMAND",
        launch_template={"id": nodes.id, "version": nodes.latest_version.apply(str)},
        scaling_config={"desired_size": 3, "min_size": 3, "max_size": 40},
    )
    return control_plane.endpoint


def workloads(endpoint: pulumi.Output[str]) -> None:
    """A chart of any version with a password and a moving image, roles for everything, pods without end."""
    provider = kubernetes.Provider("kubernetes", kubeconfig=endpoint)
    options = pulumi.ResourceOptions(provider=provider)
    kubernetes.helm.v3.Release(
        "dashboards",
        chart="oci://registry.example.com/charts/grafana",
        values={"adminPassword": "changeme", "image": {"repository": "grafana/grafana", "tag": "latest"}},
        opts=options,
    )
    kubernetes.rbac.v1.ClusterRole(
        "everything", rules=[{"api_groups": ["*"], "resources": ["*"], "verbs": ["*"]}], opts=options
    )
    kubernetes.rbac.v1.Role(
        "all-secrets", rules=[{"api_groups": [""], "resources": ["secrets"], "verbs": ["get"]}], opts=options
    )
    kubernetes.autoscaling.v2.HorizontalPodAutoscaler(
        "endless",
        spec={
            "min_replicas": 1,
            "max_replicas": 400,
            "scale_target_ref": {"api_version": "apps/v1", "kind": "Deployment", "name": "grafana"},
        },
        opts=options,
    )


storage()
permissions()
subnets, nodes = network(), template()
aws.cloudwatch.LogGroup("kept-for-ever", name="/app/kept-for-ever")
if pulumi.get_stack() != "prod-deployed":
    workloads(cluster(subnets, nodes))
