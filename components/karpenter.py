"""Karpenter in the cluster that this stack owns: its identity, the nodes' identity, EC2's warnings, controller, pool.

The node groups stay as the base, on which the controller itself runs; what it starts beside them is bounded by what the
budget leaves (`telemetry.cost.node_pool`).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_aws import cloudwatch, eks, iam, sqs
from pulumi_kubernetes.apiextensions import CustomResource
from pulumi_kubernetes.core.v1 import Namespace
from pulumi_kubernetes.flowcontrol.v1 import FlowSchema
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from components.aws_environment import AwsLocation
from components.chart_release import ChartReleaseArgs, chart_release
from components.iam_policies import pod_identity_trust, service_trust
from components.karpenter_permissions import discovery_permissions, node_permissions, queue_policy
from components.namespace import POD_SECURITY, RESTRICTED, network_policy
from components.node_groups import NODE_POLICIES
from components.roles import RoleArgs, make_role
from planning.prices.table import PriceTableError
from settings.models.names import Names
from settings.models.platform import PlatformSettings
from telemetry.charts.karpenter import karpenter_values
from telemetry.charts.lock import ClusterChart
from telemetry.cost.node_pool import POOL_ROLE, own_manifests, own_pool
from telemetry.kubernetes.endpoints import KARPENTER_NAMESPACE, KARPENTER_RELEASE
from telemetry.kubernetes.karpenter import SERVICE_ACCOUNT, flow_schemas, karpenter_policies

COMPONENT = "karpenter"
# What EC2 says before it takes a node away, and what Karpenter can still do about it. Karpenter documentation,
# "Disruption", interruption (1.13): a message that is older than this is of no use.
QUEUE_SECONDS = 300
EVENTS = {
    "health": ("aws.health", "AWS Health Event"),
    "spot": ("aws.ec2", "EC2 Spot Instance Interruption Warning"),
    "rebalance": ("aws.ec2", "EC2 Instance Rebalance Recommendation"),
    "state": ("aws.ec2", "EC2 Instance State-change Notification"),
    "reservation": ("aws.ec2", "EC2 Capacity Reservation Instance Interruption Warning"),
}


@dataclass(frozen=True)
class KarpenterIdentityArgs:
    """Inputs of `KarpenterIdentity`."""

    names: Names
    location: AwsLocation
    cluster: eks.Cluster


class KarpenterIdentity(pulumi.ComponentResource):
    """AWS's side: two roles, the nodes' way into the cluster, and the queue with EC2's warnings."""

    queue_name: str
    """The queue."""

    def __init__(self, name: str, args: KarpenterIdentityArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("lgtm:components:KarpenterIdentity", name, None, opts)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        self.queue_name = f"{args.names.prefix}-interruptions"
        self._queue()
        self._nodes()
        self._controller()
        self.register_outputs({"queueName": self.queue_name})

    def _tags(self, name: str, component: str = COMPONENT) -> dict[str, str]:
        return {"component": component, "Name": name}

    @property
    def _queue_arn(self) -> str:
        """Plain, so that a preview shows the policies."""
        location = self._args.location
        return f"arn:{location.partition}:sqs:{location.region}:{location.account_id}:{self.queue_name}"

    def _queue(self) -> None:
        location, prefix = self._args.location, self._args.names.prefix
        queue = sqs.Queue(
            self._name,
            name=self.queue_name,
            message_retention_seconds=QUEUE_SECONDS,
            # SQS's own key: EventBridge needs no permission on it, and it costs nothing.
            sqs_managed_sse_enabled=True,
            tags=self._tags(self.queue_name),
            opts=self._child,
        )
        rules = {key: f"{prefix}-node-{key}" for key in EVENTS}
        arns = [
            f"arn:{location.partition}:events:{location.region}:{location.account_id}:rule/{rule}"
            for rule in rules.values()
        ]
        policy = sqs.QueuePolicy(
            self._name,
            queue_url=queue.url,
            policy=queue_policy(location, self._queue_arn, arns),
            opts=self._child,
        )
        for key, (source, detail) in EVENTS.items():
            rule = cloudwatch.EventRule(
                f"{self._name}-{key}",
                name=rules[key],
                description=f"{detail}, for Karpenter of {self._args.names.cluster}",
                event_pattern=json.dumps({"source": [source], "detail-type": [detail]}),
                tags=self._tags(rules[key]),
                opts=self._child,
            )
            cloudwatch.EventTarget(
                f"{self._name}-{key}",
                rule=rule.name,
                target_id=COMPONENT,
                arn=queue.arn,
                opts=pulumi.ResourceOptions(parent=self, depends_on=[policy]),
            )

    def _nodes(self) -> None:
        """A role of their own: EKS makes and takes away the access entry of its node groups' role by itself."""
        args, name = self._args, self._args.names.role(POOL_ROLE)
        trust = service_trust(f"ec2.{args.location.dns_suffix}")
        about = RoleArgs(name, f"Nodes that Karpenter starts for {args.names.prefix}", trust, "nodes")
        role = make_role(f"{self._name}-{POOL_ROLE}", about, args.location, self)
        for policy in NODE_POLICIES:
            iam.RolePolicyAttachment(
                f"{self._name}-{policy}",
                role=role.name,
                policy_arn=args.location.managed_policy_arn(policy),
                opts=self._child,
            )
        iam.InstanceProfile(
            f"{self._name}-{POOL_ROLE}", name=name, role=role.name, tags=self._tags(name, "nodes"), opts=self._child
        )
        eks.AccessEntry(
            f"{self._name}-{POOL_ROLE}",
            cluster_name=args.cluster.name,
            principal_arn=role.arn,
            type="EC2_LINUX",
            tags=self._tags(name, "nodes"),
            opts=self._child,
        )

    def _controller(self) -> None:
        args, name = self._args, self._args.names.role(COMPONENT)
        location, cluster = args.location, args.names.cluster
        trust = pod_identity_trust(location.cluster_arn(cluster), KARPENTER_NAMESPACE, SERVICE_ACCOUNT)
        role = make_role(self._name, RoleArgs(name, f"Karpenter of {cluster}", trust, COMPONENT), location, self)
        nodes = location.role_arn(args.names.role(POOL_ROLE))
        documents = {
            "nodes": node_permissions(location, cluster),
            "discovery": discovery_permissions(location, cluster, nodes, self._queue_arn),
        }
        permissions = [
            iam.RolePolicy(f"{self._name}-{key}", name=key, role=role.id, policy=policy, opts=self._child)
            for key, policy in documents.items()
        ]
        eks.PodIdentityAssociation(
            self._name,
            cluster_name=args.cluster.name,
            namespace=KARPENTER_NAMESPACE,
            service_account=SERVICE_ACCOUNT,
            role_arn=role.arn,
            tags=self._tags(name),
            opts=pulumi.ResourceOptions(parent=self, depends_on=permissions),
        )


@dataclass(frozen=True)
class KarpenterArgs:
    """Inputs of `Karpenter`."""

    settings: PlatformSettings
    names: Names
    identity: KarpenterIdentity


class Karpenter(pulumi.ComponentResource):
    """Kubernetes' side: a closed namespace, definitions, controller, and the pool within its bound."""

    def __init__(self, name: str, args: KarpenterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("lgtm:components:Karpenter", name, None, opts)
        self._name, self._args = name, args
        manifests = self._manifests()
        controller = self._controller(self._namespace())
        after: list[pulumi.Resource] = [controller]
        for manifest in manifests:
            # The pool after its class; deleted before it, and both while the controller is there to end the nodes.
            after.append(self._object(manifest, after))
        self.register_outputs({"limits": manifests[-1]["spec"]["limits"]})

    def _manifests(self) -> Sequence[dict[str, Any]]:
        settings, stack = self._args.settings, self._args.names.stack
        try:
            pool = own_pool(settings, stack)
            assert pool is not None  # noqa: S101 (the caller asked whether Karpenter is on)
            return own_manifests(settings, stack, pool)
        except (ValueError, PriceTableError) as error:
            raise pulumi.RunError(
                f"lgtm:platform.cluster.autoscaling: karpenter has no room: budget.usd_per_month of {error}"
            ) from None

    def _namespace(self) -> list[pulumi.Resource]:
        namespace = Namespace(
            self._name,
            metadata=ObjectMetaArgs(
                name=KARPENTER_NAMESPACE,
                labels={f"{POD_SECURITY}/{mode}": RESTRICTED for mode in ("enforce", "warn", "audit")},
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        inside = pulumi.ResourceOptions(parent=self, depends_on=[namespace], deleted_with=namespace)
        made: list[pulumi.Resource] = [namespace]
        for policy in karpenter_policies(self._args.settings):
            metadata = ObjectMetaArgs(name=policy.name, namespace=KARPENTER_NAMESPACE)
            made.append(network_policy(policy, f"{self._name}-{policy.name}", metadata, inside))
        for name, schema in flow_schemas().items():
            spec: Any = schema  # the SDK takes Kubernetes's own dictionaries, but its types know only their own
            metadata = ObjectMetaArgs(name=name)
            made.append(FlowSchema(name, metadata=metadata, spec=spec, opts=pulumi.ResourceOptions(parent=self)))
        return made

    def _controller(self, before: list[pulumi.Resource]) -> pulumi.Resource:
        args = self._args
        definitions = chart_release(
            ClusterChart.KARPENTER_CRD,
            ChartReleaseArgs(ClusterChart.KARPENTER_CRD, args.settings.charts, KARPENTER_NAMESPACE, {}),
            pulumi.ResourceOptions(parent=self, depends_on=before),
        )
        return chart_release(
            KARPENTER_RELEASE,
            ChartReleaseArgs(
                ClusterChart.KARPENTER,
                args.settings.charts,
                KARPENTER_NAMESPACE,
                karpenter_values(args.settings, args.names.cluster, args.identity.queue_name),
            ),
            pulumi.ResourceOptions(parent=self, depends_on=[*before, definitions, args.identity]),
        )

    def _object(self, manifest: dict[str, Any], after: list[pulumi.Resource]) -> CustomResource:
        return CustomResource(
            f"{self._name}-{manifest['kind'].lower()}",
            api_version=manifest["apiVersion"],
            kind=manifest["kind"],
            metadata=ObjectMetaArgs(**manifest["metadata"]),
            spec=manifest["spec"],
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(after)),
        )
