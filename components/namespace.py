"""The platform's namespaces: closed by default, bounded by quotas, and one apart for the agents' host paths."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource
from pulumi_kubernetes.core.v1 import (
    LimitRange,
    LimitRangeItemArgs,
    LimitRangeSpecArgs,
    Namespace,
    ResourceQuota,
    ResourceQuotaSpecArgs,
    Secret,
)
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs
from pulumi_kubernetes.networking.v1 import NetworkPolicy

from settings.document.pulumi_config import object_store_credentials
from settings.models.platform import PlatformSettings
from telemetry.charts.object_storage import ObjectStorage
from telemetry.kubernetes.endpoints import Endpoints
from telemetry.kubernetes.network_policies import agent_policies, platform_policies
from telemetry.kubernetes.placement import STACK_LABEL
from telemetry.kubernetes.policy_parts import Kind, Policy
from telemetry.kubernetes.quotas import (
    DEFAULT_CPU_MILLICORES,
    DEFAULT_LIMIT_MIB,
    DEFAULT_REQUEST_MIB,
    NamespaceQuota,
    agent_quota,
    platform_quota,
)

PART_OF = "lgtm-platform"
POD_SECURITY = "pod-security.kubernetes.io"
RESTRICTED = "restricted"
# Host paths, which the agents need for log files and host metrics, are refused by `baseline` too.
PRIVILEGED = "privileged"


@dataclass(frozen=True)
class PlatformNamespaceArgs:
    """Inputs of `PlatformNamespace`."""

    settings: PlatformSettings
    storage: ObjectStorage
    stack: str


class PlatformNamespace(pulumi.ComponentResource):
    """Two namespaces with pod security labels, quotas, default sizes and network policies."""

    name: str
    """Namespace of the platform."""
    agent_name: str
    """Namespace of the collector agents."""

    def __init__(self, name: str, args: PlatformNamespaceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("lgtm:components:PlatformNamespace", name, None, opts)
        settings = args.settings
        endpoints = Endpoints.of(settings)
        self.name, self.agent_name = endpoints.namespace, endpoints.agent_namespace
        namespace = self._namespace(
            args.stack,
            self.name,
            pod_security={"enforce": RESTRICTED, "warn": RESTRICTED, "audit": RESTRICTED},
            quota=platform_quota(settings),
            policies=platform_policies(settings, args.storage, self.agent_name),
        )
        self._namespace(
            args.stack,
            self.agent_name,
            # Warnings and audit entries still show what else the agents' pods do that `restricted` wouldn't allow.
            pod_security={"enforce": PRIVILEGED, "audit": RESTRICTED},
            quota=agent_quota(settings),
            policies=agent_policies(settings),
        )
        if args.storage.credentials_secret is not None:
            self._object_store_secret(args.storage.credentials_secret, namespace)
        self.register_outputs({"name": self.name, "agentName": self.agent_name})

    def _namespace(
        self,
        stack: str,
        name: str,
        *,
        pod_security: dict[str, str],
        quota: NamespaceQuota | None,
        policies: Sequence[Policy],
    ) -> Namespace:
        labels = {"app.kubernetes.io/part-of": PART_OF, STACK_LABEL: stack}
        namespace = Namespace(
            name,
            metadata=ObjectMetaArgs(
                name=name,
                labels=labels | {f"{POD_SECURITY}/{mode}": level for mode, level in pod_security.items()},
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        inside = pulumi.ResourceOptions(parent=self, depends_on=[namespace], deleted_with=namespace)
        if quota is not None:
            ResourceQuota(
                f"{name}-quota",
                metadata=ObjectMetaArgs(name="platform", namespace=name, labels=labels),
                spec=ResourceQuotaSpecArgs(hard=quota.hard()),
                opts=inside,
            )
        LimitRange(
            f"{name}-limits",
            metadata=ObjectMetaArgs(name="defaults", namespace=name, labels=labels),
            spec=LimitRangeSpecArgs(limits=[_container_defaults()]),
            opts=inside,
        )
        for policy in policies:
            metadata = ObjectMetaArgs(name=policy.name, namespace=name, labels=labels)
            network_policy(policy, f"{name}-{policy.name}", metadata, inside)
        return namespace

    def _object_store_secret(self, name: str, namespace: Namespace) -> None:
        """From the stack's secrets where it has them; else the Secret is its owner's to make."""
        credentials = object_store_credentials()
        if credentials is not None:
            Secret(
                "object-store",
                metadata=ObjectMetaArgs(name=name, namespace=self.name, labels={"app.kubernetes.io/part-of": PART_OF}),
                type="Opaque",
                string_data=credentials,
                opts=pulumi.ResourceOptions(parent=self, depends_on=[namespace]),
            )


def _container_defaults() -> LimitRangeItemArgs:
    return LimitRangeItemArgs(
        type="Container",
        default={"memory": f"{DEFAULT_LIMIT_MIB}Mi"},
        default_request={"cpu": f"{DEFAULT_CPU_MILLICORES}m", "memory": f"{DEFAULT_REQUEST_MIB}Mi"},
    )


def network_policy(
    policy: Policy, name: str, metadata: ObjectMetaArgs, options: pulumi.ResourceOptions
) -> pulumi.Resource:
    """One policy as an object; the SDK takes Kubernetes's own dictionaries, but its types know only their own."""
    spec: Any = policy.spec
    if policy.kind is Kind.KUBERNETES:
        return NetworkPolicy(name, metadata=metadata, spec=spec, opts=options)
    api_version, _, kind = policy.kind.rpartition("/")
    return CustomResource(name, api_version=api_version, kind=kind, metadata=metadata, spec=spec, opts=options)
