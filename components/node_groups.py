"""EKS managed node groups, for the stack that owns the cluster and for its tenant stacks alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
from pulumi_aws import ec2, eks, iam

from components.aws_environment import AwsLocation
from components.iam_policies import service_trust
from components.roles import RoleArgs, make_role
from planning.instances import Architecture
from settings.models.cluster import NodeGroup
from settings.models.names import Names
from telemetry.kubernetes.placement import DEDICATED_TAINT, STACK_LABEL

# The CNI has its own identity, so the node role carries neither AmazonEKS_CNI_Policy nor push access to ECR.
NODE_POLICIES = ("AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly")
AMI_TYPES = {Architecture.ARM64: "AL2023_ARM_64_STANDARD", Architecture.X86_64: "AL2023_x86_64_STANDARD"}
ROOT_DEVICE = "/dev/xvda"  # of AL2023
# Resources that EC2 makes from a launch template and that default tags never reach.
TAGGED_BY_TEMPLATE = ("instance", "volume", "network-interface")


@dataclass(frozen=True)
class NodeGroupsArgs:
    """Inputs of `NodeGroups`."""

    groups: Mapping[str, NodeGroup]
    names: Names
    location: AwsLocation
    tags: Mapping[str, str]
    """The stack's default tags, for instances and their volumes."""
    cluster_name: pulumi.Input[str]
    cluster_version: pulumi.Input[str]
    """Nodes follow the control plane's Kubernetes version."""
    subnet_ids: pulumi.Input[Sequence[pulumi.Input[str]]]
    architecture: Architecture
    dedicated: bool
    """Taint the nodes so that only this stack's pods come: a tenant stack's nodes in another stack's cluster."""
    fixed_names: Mapping[str, str] = field(default_factory=dict[str, str])
    """Names of groups whose size is somebody else's: they are called by name, and keep the size that they are given."""


class NodeGroups(pulumi.ComponentResource):
    """One role, and a launch template and managed node group for each entry."""

    role_arn: pulumi.Output[str]

    def __init__(self, name: str, args: NodeGroupsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("lgtm:components:NodeGroups", name, None, opts)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        role, permissions = self._role()
        for group_name, group in args.groups.items():
            self._node_group(group_name, group, role, permissions)
        self.role_arn = role.arn
        self.register_outputs({"roleArn": self.role_arn, "groups": sorted(args.groups)})

    def _role(self) -> tuple[iam.Role, list[pulumi.Resource]]:
        names, location = self._args.names, self._args.location
        trust = service_trust(f"ec2.{location.dns_suffix}")
        about = RoleArgs(names.role("nodes"), f"Nodes of {names.prefix}", trust, "nodes")
        role = make_role(f"{self._name}-role", about, location, self)
        permissions: list[pulumi.Resource] = [
            iam.RolePolicyAttachment(
                f"{self._name}-{policy}",
                role=role.name,
                policy_arn=location.managed_policy_arn(policy),
                opts=self._child,
            )
            for policy in NODE_POLICIES
        ]
        return role, permissions

    def _node_group(
        self, group_name: str, group: NodeGroup, role: iam.Role, permissions: list[pulumi.Resource]
    ) -> None:
        args, stack = self._args, self._args.names.stack
        template = self._launch_template(group_name, group)
        fixed = args.fixed_names.get(group_name)
        eks.NodeGroup(
            # EKS shows this name with a random suffix, so that a replacement can start before the old nodes go.
            f"{stack}-{group_name}",
            node_group_name=fixed,
            cluster_name=args.cluster_name,
            node_role_arn=role.arn,
            subnet_ids=args.subnet_ids,
            version=args.cluster_version,
            ami_type=AMI_TYPES[args.architecture],
            capacity_type=group.capacity_type.value.upper(),
            instance_types=list(group.instance_types),
            scaling_config=eks.NodeGroupScalingConfigArgs(
                min_size=group.min_nodes, desired_size=group.nodes, max_size=group.max_nodes
            ),
            update_config=eks.NodeGroupUpdateConfigArgs(max_unavailable=1),
            launch_template=eks.NodeGroupLaunchTemplateArgs(id=template.id, version=template.latest_version.apply(str)),
            labels={STACK_LABEL: stack},
            taints=[eks.NodeGroupTaintArgs(key=DEDICATED_TAINT, value=stack, effect="NO_SCHEDULE")]
            if args.dedicated
            else None,
            tags={"component": "nodes", "Name": f"{args.names.prefix}-{group_name}"},
            # Nodes drain and leave by these permissions, so they must outlive the group.
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=permissions,
                ignore_changes=["scalingConfig.desiredSize", "scalingConfig.minSize"] if fixed else None,
                delete_before_replace=bool(fixed),
            ),
        )

    def _launch_template(self, group_name: str, group: NodeGroup) -> ec2.LaunchTemplate:
        name = f"{self._args.names.prefix}-{group_name}"
        tags = {**self._args.tags, "component": "nodes", "Name": name}
        return ec2.LaunchTemplate(
            f"{self._args.names.stack}-{group_name}",
            name=name,
            # No key pair, no security group of its own: EKS attaches the cluster's, which admits nothing from outside.
            metadata_options=ec2.LaunchTemplateMetadataOptionsArgs(
                http_endpoint="enabled",
                http_tokens="required",
                http_put_response_hop_limit=1,  # pods never reach the node's credentials
            ),
            block_device_mappings=[
                ec2.LaunchTemplateBlockDeviceMappingArgs(
                    device_name=ROOT_DEVICE,
                    ebs=ec2.LaunchTemplateBlockDeviceMappingEbsArgs(
                        volume_type="gp3",
                        volume_size=group.root_volume_gib,
                        encrypted="true",
                        delete_on_termination="true",
                    ),
                )
            ],
            # Said on purpose: without it T types are unlimited, and charge 0.04 (T4g) or 0.05 USD a vCPU-hour above it.
            credit_specification=ec2.LaunchTemplateCreditSpecificationArgs(cpu_credits=group.cpu_credits.value)
            if group.burstable
            else None,
            tag_specifications=[
                ec2.LaunchTemplateTagSpecificationArgs(resource_type=kind, tags=tags) for kind in TAGGED_BY_TEMPLATE
            ],
            tags={"component": "nodes", "Name": name},
            opts=self._child,
        )
