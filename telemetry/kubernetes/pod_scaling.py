"""Which workloads scale by themselves, and how: HorizontalPodAutoscalers over the CPU that pods ask for.

Source: Kubernetes documentation, "Horizontal Pod Autoscaling" (autoscaling/v2): metrics come from metrics-server, which
needs nothing of this platform; without it the number of pods stays as it is.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from planning.base import Frozen
from settings.models.platform import PlatformSettings
from settings.models.sizes import SCALABLE_WORKLOADS

# Of what pods ask for. Requests are what a pod needs on average: pods may use more, and do in peaks.
CPU_PERCENT = 80
# Up at once, at most doubled a minute; down by one pod in five minutes, after a quarter of an hour of less load: a
# gateway that goes hands its waiting traces on, and routing by trace id moves with every change.
UP_SECONDS, DOWN_SECONDS, ONE_LESS_EVERY_SECONDS = 0, 900, 300


class PodScaler(Frozen):
    """One workload that scales by itself."""

    name: str
    """Of the autoscaler, and of what it scales."""
    kind: str
    """Deployment or StatefulSet."""
    least: int
    """Fewest pods."""
    most: int
    """Most pods."""

    def spec(self) -> Mapping[str, Any]:
        """The `spec` of a HorizontalPodAutoscaler."""
        utilization = {"type": "Utilization", "averageUtilization": CPU_PERCENT}
        return {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": self.kind, "name": self.name},
            "minReplicas": self.least,
            "maxReplicas": self.most,
            "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": utilization}}],
            "behavior": {
                "scaleUp": {
                    "stabilizationWindowSeconds": UP_SECONDS,
                    "policies": [{"type": "Percent", "value": 100, "periodSeconds": 60}],
                },
                "scaleDown": {
                    "stabilizationWindowSeconds": DOWN_SECONDS,
                    "policies": [{"type": "Pods", "value": 1, "periodSeconds": ONE_LESS_EVERY_SECONDS}],
                },
            },
        }


def pod_scalers(settings: PlatformSettings) -> Iterator[PodScaler]:
    """Every workload whose size has max_replicas."""
    for key, size in settings.sizes.workloads():
        if size.max_replicas is not None and key in SCALABLE_WORKLOADS:
            kind, name = SCALABLE_WORKLOADS[key]
            yield PodScaler(name=name, kind=kind, least=size.replicas, most=size.max_replicas)
