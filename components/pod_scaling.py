"""Autoscalers of the pods that may come and go freely."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_kubernetes.autoscaling.v2 import HorizontalPodAutoscaler
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from components.namespace import PART_OF, PlatformNamespace
from components.platform_context import PlatformContext
from settings.models.platform import PlatformSettings
from telemetry.kubernetes.pod_scaling import pod_scalers


@dataclass(frozen=True)
class PodScalingArgs:
    """Inputs of `PodScaling`."""

    settings: PlatformSettings
    namespace: PlatformNamespace


class PodScaling(pulumi.ComponentResource):
    """One HorizontalPodAutoscaler for each workload that the settings let scale."""

    def __init__(self, name: str, args: PodScalingArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("lgtm:components:PodScaling", name, None, opts)
        scalers = list(pod_scalers(args.settings))
        for scaler in scalers:
            spec: Any = scaler.spec()  # the SDK takes Kubernetes's own dictionaries, but its types know only their own
            HorizontalPodAutoscaler(
                scaler.name,
                metadata=ObjectMetaArgs(
                    name=scaler.name, namespace=args.namespace.name, labels={"app.kubernetes.io/part-of": PART_OF}
                ),
                spec=spec,
                opts=pulumi.ResourceOptions(parent=self, depends_on=[args.namespace]),
            )
        self.register_outputs({"scaled": [scaler.name for scaler in scalers]})


def pod_scaling_for(context: PlatformContext, after: Sequence[pulumi.Resource]) -> None:
    """Autoscalers where the settings ask for any, after what they scale."""
    if any(True for _ in pod_scalers(context.settings)):
        arguments = PodScalingArgs(context.settings, context.namespace)
        PodScaling("pod-scaling", arguments, context.cluster.options(after))
