"""Names, ports, images and buckets of the local platform."""

from planning.backends import BACKENDS, backends_of
from settings.models.names import Names
from settings.models.platform import PlatformSettings
from telemetry.charts.lock import CHARTS, COLLECTOR_VERSION, ChartName
from telemetry.charts.object_storage import ObjectStorage
from telemetry.kubernetes.endpoints import Endpoints

STACK = "local"
S3_HOST = "seaweedfs"
S3_PORT = 8333
LOOPBACK = "127.0.0.1"

# The versions that the charts install, so that a query or a rule that works here works there.
IMAGES = {
    **{one.name: f"grafana/{one.name}:{CHARTS[ChartName(one.chart)].app_version}" for one in BACKENDS},
    "grafana": f"grafana/grafana:{CHARTS[ChartName.GRAFANA].app_version}",
    "collector": f"otel/opentelemetry-collector-contrib:{COLLECTOR_VERSION}",
    # Apache-2.0; the S3 server that MinIO's open-source edition was before it was archived.
    "seaweedfs": "chrislusf/seaweedfs:4.48",
}


class LocalEndpoints(Endpoints):
    """Docker's own DNS knows a service by its name alone."""

    def host(self, service: str) -> str:
        """The service's name."""
        return service


def local_storage(settings: PlatformSettings) -> ObjectStorage:
    """The buckets on the local S3 server; the credentials reach the back ends by their environment."""
    names = Names(project=settings.project, stack=STACK)
    return ObjectStorage(
        buckets={
            grant.purpose: f"{names.prefix}-{grant.purpose}"
            for backend in backends_of(settings.retention)
            for grant in backend.grants
        },
        region=settings.region,
        endpoint=f"{S3_HOST}:{S3_PORT}",
        insecure=True,
        path_style=True,
        credentials_secret="environment",  # noqa: S106 (says that there are credentials, not what they are)
    )
