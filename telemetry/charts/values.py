"""What the charts' values have in common: resources, volumes, placement, security contexts."""

from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from settings.models.sizes import WorkloadSize
from telemetry.charts.object_storage import ObjectStorage
from telemetry.kubernetes.placement import Placement
from telemetry.kubernetes.tls import CERTIFICATE_FILE, KEY_FILE, MIN_VERSION_OF_BACK_ENDS

# Leave the Go runtime a tenth of the limit for stacks, mapped files and garbage between collections.
GO_MEMORY_SHARE = 0.9


class ChartValues(BaseModel):
    """A section of a chart's values; fields are written in camelCase unless a serialization alias says otherwise."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
    )

    def to_values(self) -> dict[str, Any]:
        """Plain data as Helm takes it; fields that are None are left to the chart's default."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


class AppConfig(BaseModel):
    """A section of an application's own configuration file, in its own snake_case words."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class GrpcClientConfig(AppConfig):
    """How one component of a back end calls another."""

    grpc_compression: str = "snappy"
    """Three copies of every write cross availability zones and are paid by the GB; snappy costs little CPU."""


class IngesterClient(AppConfig):
    """The distributors' client of the ingesters, the same words in Loki and Mimir."""

    grpc_client_config: GrpcClientConfig = GrpcClientConfig()
    """Transport."""


class ResourceAmounts(ChartValues):
    """Kubernetes quantities of CPU and memory."""

    cpu: str | None = None
    """CPU, such as 250m; never set as a limit, so that bursts are not throttled."""
    memory: str
    """Memory, such as 512Mi."""


class Resources(ChartValues):
    """Requests and limits of one container."""

    requests: ResourceAmounts
    """What the scheduler reserves."""
    limits: ResourceAmounts
    """Where the kernel stops the container."""


class Toleration(ChartValues):
    """A taint that pods accept."""

    key: str
    """Taint key."""
    operator: str = "Equal"
    """Equal compares the value."""
    value: str
    """Taint value."""
    effect: str
    """Taint effect."""


class TopologySpreadConstraint(ChartValues):
    """How far replicas of one workload may crowd together."""

    max_skew: int = 1
    """Largest difference in pods between two domains."""
    topology_key: str
    """Node label that makes the domains."""
    when_unsatisfiable: str
    """DoNotSchedule or ScheduleAnyway."""
    label_selector: dict[str, Any] | None = None
    """Pods that count; None where the chart fills it in."""


class HttpGetScheme(ChartValues):
    """A probe's HTTP request; path and port are the chart's."""

    scheme: str = "HTTPS"
    """The kubelet doesn't verify the certificate."""


class HttpsProbe(ChartValues):
    """The one key of a chart's probe that TLS changes."""

    http_get: HttpGetScheme = HttpGetScheme()
    """Request."""


class HttpTls(AppConfig):
    """The certificate of an HTTP server, read again at each handshake."""

    cert_file: str = CERTIFICATE_FILE
    """Certificate."""
    key_file: str = KEY_FILE
    """Key."""


class EncryptedServer(AppConfig):
    """The keys of a back end's `server` section that TLS changes, the same words in Loki and Tempo."""

    tls_min_version: str = MIN_VERSION_OF_BACK_ENDS
    """Oldest version of TLS."""
    http_tls_config: HttpTls = HttpTls()
    """Certificate."""


class ServiceAccount(ChartValues):
    """The identity of a release's pods; annotations that bind it to a cloud identity come with the release."""

    create: bool = True
    """Let the chart create it."""
    name: str
    """Name that the cloud identity is bound to."""
    automount_service_account_token: bool | None = None
    """Whether pods may talk to the Kubernetes API."""


def quantity_mib(mib: int) -> str:
    """Memory in MiB as a Kubernetes quantity."""
    return f"{mib}Mi"


def quantity_gib(gib: int) -> str:
    """Storage in GiB as a Kubernetes quantity."""
    return f"{gib}Gi"


def resources(cpu_request_millicores: int, memory_request_mib: int, memory_limit_mib: int) -> Resources:
    """Requests and limits of one container."""
    return Resources(
        requests=ResourceAmounts(cpu=f"{cpu_request_millicores}m", memory=quantity_mib(memory_request_mib)),
        limits=ResourceAmounts(memory=quantity_mib(memory_limit_mib)),
    )


def resources_of(size: WorkloadSize) -> Resources:
    """Requests and limits of a workload whose pods have one container."""
    return resources(size.cpu_request_millicores, size.memory_request_mib, size.memory_limit_mib)


def volume_size(size: WorkloadSize, key: str) -> str:
    """Volume of one pod as a quantity. Raises `ValueError` when the size has none and the workload can't do without."""
    if size.volume_gib is None:
        raise ValueError(f"sizes.{key}: volume_gib is missing; its data lives on a volume between uploads")
    return quantity_gib(size.volume_gib)


def replication_factor(size: WorkloadSize) -> int:
    """Copies of each sample, span or log line among the replicas."""
    return size.replication_factor


def tolerations(placement: Placement) -> list[Toleration]:
    """The placement's tolerations as Kubernetes writes them."""
    return [Toleration(key=t.key, value=t.value, effect=t.effect) for t in placement.tolerations]


def go_memory_limit(size: WorkloadSize) -> list[dict[str, str]]:
    """The environment variable that makes Go collect garbage before the kernel kills the container."""
    return [{"name": "GOMEMLIMIT", "value": f"{int(size.memory_limit_mib * GO_MEMORY_SHARE)}MiB"}]


def credentials_from(storage: ObjectStorage) -> list[dict[str, Any]] | None:
    """Environment from the credentials Secret of an S3-compatible server; None on AWS, where pods have identities."""
    if storage.credentials_secret is None:
        return None
    return [{"secretRef": {"name": storage.credentials_secret}}]


def restricted_container() -> dict[str, Any]:
    """A container security context that Pod Security `restricted` accepts."""
    return {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    }
