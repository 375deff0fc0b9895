"""The back ends that keep telemetry, one record each: what everything else loops over.

A back end is added by a record here, the values of its chart, and what is its own in planning (what it writes, what it
needs). Sources: values and templates of the charts in `telemetry.charts.lock`; "Configuration" and "HTTP API" in the
documentation of Grafana Loki 3.7, Tempo 2.10, Mimir 3.2 and Pyroscope 2.2.
"""

from planning.base import Frozen
from planning.buckets import KIB, MIB, BucketPurpose
from planning.retention import Retention, Signal


class BucketGrant(Frozen):
    """Read, write and delete of the objects below one prefix of one bucket."""

    purpose: BucketPurpose
    """The bucket."""
    prefix: str = ""
    """Key prefix; empty means the whole bucket."""


class Data(Frozen):
    """The bucket that holds a back end's share of its signal: what ages, is priced and is bound by retention."""

    purpose: BucketPurpose
    """The bucket."""
    prefix: str
    """Where its data is; expiring an empty prefix would also delete indexes and seed objects."""
    cold_min_bytes: int
    """Smaller objects never change class: indexes, markers, and what a compactor replaces soon."""
    cold_rule: str = "cold-blocks"
    """Id of the lifecycle rule that moves it to colder classes."""
    retention_values: tuple[str, ...]
    """Where the application's own retention stands in the values of its chart."""


class Front(Frozen):
    """A proxy in front of a back end's components, which clients talk to instead."""

    component: str
    """Its app.kubernetes.io/component."""
    port: int
    """Of its service without TLS."""
    tls_port: int
    """Of its service with TLS."""


class Backend(Frozen):
    """One back end: an own Helm release, service account and role of one name."""

    name: str
    """Helm release and app.kubernetes.io/instance of its pods, service account, last part of the role's name, scrape
    job, data source, first part of its keys under `sizes`."""
    title: str
    """Its name for people."""
    chart: str
    """Helm chart."""
    signal: Signal
    """What it keeps."""
    port: int
    """Where its pods serve HTTP: API, /metrics and /ready."""
    otlp_grpc_port: int | None = None
    """Where it takes OTLP over gRPC; None where writers use HTTP."""
    otlp_path: str = "/otlp"
    """Where it takes OTLP over HTTP."""
    push_path: str = ""
    """Of its own write API."""
    query_path: str
    """Of its query API."""
    probe_path: str = "/ready"
    """Answers without data when it is well."""
    front: Front | None = None
    """What clients talk to; None means its pods."""
    recorded_in: str | None = None
    """Back end that its ruler writes to."""
    data: Data
    """Its share of the signal."""
    other_grants: tuple[BucketGrant, ...] = ()
    """Buckets beside the data's."""
    grant_prefix: str = ""
    """What it may touch of the data's bucket."""
    object_tagging: bool = False
    """Whether it also reads and writes object tags."""
    many_components: bool = False
    """Whether series carry the pod's component."""
    tls_in_pods: bool = True
    """Whether its pods serve HTTPS themselves."""
    service_account_values: tuple[str, ...] = ()
    """Table of the chart's values that holds `serviceAccount`; empty means the top."""
    local_memory_mib: int = 1024
    """Memory limit in the local platform, in MiB."""

    @property
    def service(self) -> str:
        """The Kubernetes service that clients talk to; its certificate is called the same."""
        return f"{self.name}-{self.front.component}" if self.front else self.name

    @property
    def grants(self) -> tuple[BucketGrant, ...]:
        """What its identity may touch in S3."""
        return (BucketGrant(purpose=self.data.purpose, prefix=self.grant_prefix), *self.other_grants)

    def client_port(self, *, tls: bool) -> int:
        """Where clients reach it, on pod and service."""
        if self.front is None:
            return self.port
        return self.front.tls_port if tls else self.front.port


OTLP_GRPC_PORT = 4317

LOKI = Backend(
    name="loki",
    title="Loki",
    chart="loki",
    signal=Signal.LOGS,
    port=3100,
    push_path="/loki/api/v1/push",
    query_path="/loki/api/v1/query",
    recorded_in="mimir",
    data=Data(
        purpose=BucketPurpose.LOKI_CHUNKS,
        # Of a single tenant when multi-tenancy is off.
        prefix="fake/",
        # It keeps nothing but chunks there.
        cold_min_bytes=128 * KIB,
        cold_rule="cold-chunks",
        retention_values=("loki", "limits_config", "retention_period"),
    ),
    other_grants=(BucketGrant(purpose=BucketPurpose.LOKI_RULER),),
)
TEMPO = Backend(
    name="tempo",
    title="Tempo",
    chart="tempo",
    signal=Signal.TRACES,
    port=3200,
    otlp_grpc_port=OTLP_GRPC_PORT,
    query_path="/api/search",
    data=Data(
        purpose=BucketPurpose.TEMPO_TRACES,
        prefix="single-tenant/",
        # Keeps the tenant's index in STANDARD.
        cold_min_bytes=1 * MIB,
        retention_values=("tempo", "retention"),
    ),
    object_tagging=True,
)
MIMIR = Backend(
    name="mimir",
    title="Mimir",
    chart="mimir-distributed",
    signal=Signal.METRICS,
    port=8080,
    push_path="/api/v1/push",
    query_path="/prometheus/api/v1/query",
    probe_path="/prometheus/api/v1/query?query=vector(1)",
    # The chart's nginx listens on 80; clients use Mimir's own 8080, so the service is moved there. It keeps
    # 8080 for its probes; TLS gets a listener of its own.
    front=Front(component="gateway", port=8080, tls_port=8443),
    data=Data(
        purpose=BucketPurpose.MIMIR_BLOCKS,
        prefix="blocks/",
        # By then its compactor has replaced small source blocks; keeps bucket-index and markers in STANDARD.
        cold_min_bytes=1 * MIB,
        retention_values=("mimir", "structuredConfig", "limits", "compactor_blocks_retention_period"),
    ),
    grant_prefix="blocks/",
    other_grants=(BucketGrant(purpose=BucketPurpose.MIMIR_RULER),),
    many_components=True,
    tls_in_pods=False,
    local_memory_mib=1536,
)
# HTTP and OTLP share a port, and the exporter adds /v1development/profiles to the address.
PYROSCOPE = Backend(
    name="pyroscope",
    title="Pyroscope",
    chart="pyroscope",
    signal=Signal.PROFILES,
    port=4040,
    otlp_path="",
    push_path="/ingest",
    query_path="/pyroscope/render",
    data=Data(
        purpose=BucketPurpose.PROFILES,
        # Segments wait for their compaction below segments/.
        prefix="blocks/",
        # Compaction leaves few objects; those below never pay.
        cold_min_bytes=1 * MIB,
        retention_values=("pyroscope", "structuredConfig", "limits", "retention_period"),
    ),
    service_account_values=("pyroscope",),
)
BACKENDS = (LOKI, TEMPO, MIMIR, PYROSCOPE)

BY_DATA = {backend.data.purpose: backend for backend in BACKENDS}
BY_SIGNAL = {backend.signal: backend for backend in BACKENDS}


def backends_of(retention: Retention) -> tuple[Backend, ...]:
    """The back ends of the signals that are kept."""
    return tuple(backend for backend in BACKENDS if backend.signal in retention.signals)
