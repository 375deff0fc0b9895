"""What the parts of one stack share: cluster, namespace, certificates, objects, identities, placement."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from components.back_end import BackEndArgs
from components.certificates import Certificates
from components.cluster_access import ClusterAccess
from components.collector import CollectorArgs
from components.grafana import GrafanaArgs
from components.namespace import PlatformNamespace
from components.object_storage import ObjectStorageAccess
from components.workload_identity import WorkloadIdentity
from settings.models.platform import PlatformSettings
from telemetry.kubernetes.endpoints import GRAFANA_RELEASE
from telemetry.kubernetes.placement import Placement, placement_for


@dataclass(frozen=True)
class PlatformContext:
    """Where the platform's parts are installed."""

    settings: PlatformSettings
    stack: str
    cluster: ClusterAccess
    namespace: PlatformNamespace
    certificates: Certificates
    objects: ObjectStorageAccess
    identities: Mapping[str, WorkloadIdentity]
    """By workload name; empty off AWS."""

    @property
    def placement(self) -> Placement:
        """On which nodes the stack's pods run."""
        return placement_for(self.settings, self.stack)

    def back_end(self, name: str) -> BackEndArgs:
        """Arguments of a back end, whose identity has its name."""
        identity = self.identities.get(name)
        return BackEndArgs(
            settings=self.settings,
            namespace=self.namespace,
            storage=self.objects.storage,
            placement=self.placement,
            storage_class=self.cluster.storage_class,
            service_account_annotations=identity.service_account_annotations if identity else {},
        )

    def back_end_options(self, name: str, *mounted: pulumi.Resource) -> pulumi.ResourceOptions:
        """A back end starts when its certificate, its buckets and what it mounts are there and its identity may touch
        the buckets."""
        identity = self.identities.get(name)
        there = [self.certificates, *self.objects.depends_on, *mounted]
        return self.cluster.options([*there, *([identity] if identity else [])])

    def grafana_options(self, *before: pulumi.Resource) -> pulumi.ResourceOptions:
        """Grafana starts when what it asks is there, its role too, whose credentials a pod gets when it is made."""
        identity = self.identities.get(GRAFANA_RELEASE)
        return self.cluster.options([*before, *([identity] if identity else [])])

    @property
    def grafana(self) -> GrafanaArgs:
        """Arguments of Grafana."""
        return GrafanaArgs(self.settings, self.namespace, self.placement, self.cluster.storage_class)

    @property
    def collector(self) -> CollectorArgs:
        """Arguments of the collectors."""
        return CollectorArgs(self.settings, self.namespace, self.placement, self.stack)
