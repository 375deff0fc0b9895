"""The sampling gateway: span metrics over all spans first, then tail sampling, redaction, and the back ends.

A trace is judged `DECISION_WAIT` after its first span came. What comes later follows the decision if the trace was kept
and is dropped if it wasn't, so an error that comes more than the wait after the first span is lost with its trace.
A full memory limiter refuses what comes in, and agents keep it on disk; nothing that waits for its decision is evicted.

Sources: README files of the named components in OpenTelemetry Collector contrib 0.149.
"""

from functools import partial
from typing import Any

from planning.backends import LOKI, MIMIR, PYROSCOPE, TEMPO, Backend, backends_of
from planning.sampling_estimate import surge_budget
from settings.models.platform import PlatformSettings
from settings.models.slos import LATENCY_BOUNDARIES_MS
from telemetry.collector.config import (
    BATCH,
    HEALTH_CHECK,
    MEMORY_LIMITER,
    POD_NAME,
    CollectorConfig,
    Pipeline,
    batch,
    health_check,
    memory_limiter,
    otlp_receiver,
)
from telemetry.collector.destinations import (
    destination_connectors,
    destination_exporters,
    destination_pipelines,
    destination_processors,
    forwards,
    kept_here,
)
from telemetry.collector.log_savings import thinning
from telemetry.collector.metric_savings import dropping, merging
from telemetry.collector.queues import FILE_STORAGE, file_storage, on_disk
from telemetry.collector.redaction import REDACTORS, SPAN_NAMES, redaction_processors
from telemetry.collector.sampling import sampling_policies
from telemetry.kubernetes.endpoints import Endpoints
from telemetry.kubernetes.tls import CLIENT_DIRECTORY, collector_client, collector_server

# Python services export spans every 30 s (telemetry/integration): a trace with them is not whole before that.
DECISION_WAIT = "40s"
# Traces that wait for their decision, for each MiB of the container's limit: more than fit into it even at one small
# span each, so that the memory limiter comes first. An evicted trace would be lost, error or not.
OPEN_TRACES_PER_MIB = 400
# Decisions that are remembered for late spans.
REMEMBERED_DECISIONS = 100_000
# Latency objectives name one of these; 1 s is the line between ordinary and slow.
DURATION_BUCKETS = [f"{ms}ms" for ms in LATENCY_BOUNDARIES_MS]
MAX_SPAN_SERIES = 5_000
# Combinations of service, tenant, kind and status; the rest is counted together under otel_metric_overflow.
MAX_TENANT_SERIES = 2_000
HTTP_STATUS = "http.response.status_code"
# Resource attributes of a single pod.
OF_ONE_POD = ("service.instance.id", "k8s.pod.name", "k8s.pod.uid", "k8s.container.name", "k8s.node.name", "host.name")
# The sampler judges and hands on in one goroutine, which takes nothing in meanwhile: what is dear goes to another.
SAMPLED_BATCH = "batch/sampled"
SPAN_METRICS = "spanmetrics"
TENANT_METRICS = "spanmetrics/tenants"
# For each back end: about 20 minutes of prod's load, kept while the back end is away.
QUEUE_MIB = 256
RETRY_INTERVAL = "10s"


def gateway_config(settings: PlatformSettings, endpoints: Endpoints | None = None) -> CollectorConfig:
    """The gateway's configuration for one stack; other endpoints where it doesn't run in the stack's namespace."""
    endpoints = endpoints or Endpoints.of(settings)
    to = partial(_ways, settings)
    tenants = _tenant_metrics(settings.span_metrics.tenant_attribute)
    dropped, merged = dropping(settings.metrics), merging(settings.metrics)
    thinned = thinning(settings.logs)
    # Redaction knows no profiles (0.149): they pass as they are.
    profiles = {
        "profiles": Pipeline(receivers=("otlp",), processors=(MEMORY_LIMITER,), exporters=(exporter_of(PYROSCOPE),))
    }
    return CollectorConfig(
        receivers={"otlp": otlp_receiver(collector_server(endpoints))},
        processors={
            MEMORY_LIMITER: memory_limiter(),
            "tail_sampling": _tail_sampling(settings),
            "resource/instance": _instance(),
            **dropped,
            **merged,
            **thinned,
            **redaction_processors(settings.redaction),
            SAMPLED_BATCH: batch(),
            BATCH: batch(),
            **destination_processors(settings),
        },
        connectors={
            "forward/sampling": {},
            SPAN_METRICS: _span_metrics(),
            **tenants,
            "servicegraph": _service_graph(),
            **destination_connectors(settings),
        },
        exporters={
            **dict(_exporter(one, endpoints) for one in backends_of(settings.retention) if kept_here(settings, one)),
            **destination_exporters(settings),
        },
        extensions={HEALTH_CHECK: health_check(), FILE_STORAGE: file_storage()},
        pipelines={
            "traces/all": Pipeline(
                receivers=("otlp",),
                processors=(MEMORY_LIMITER, SPAN_NAMES),
                exporters=(SPAN_METRICS, *tenants, "servicegraph", "forward/sampling"),
            ),
            "traces/sampled": Pipeline(
                receivers=("forward/sampling",),
                processors=("tail_sampling", SAMPLED_BATCH, *REDACTORS, BATCH),
                exporters=to(TEMPO),
            ),
            "metrics": Pipeline(
                receivers=("otlp",),
                processors=(MEMORY_LIMITER, *dropped, *REDACTORS, BATCH),
                exporters=to(MIMIR),
            ),
            "metrics/spans": Pipeline(
                receivers=(SPAN_METRICS, *tenants, "servicegraph"),
                processors=("resource/instance", *dropped, *merged, *REDACTORS, BATCH),
                exporters=to(MIMIR),
            ),
            "logs": Pipeline(
                receivers=("otlp",),
                processors=(MEMORY_LIMITER, *thinned, *REDACTORS, BATCH),
                exporters=to(LOKI),
            ),
            **(profiles if settings.profiles.enabled else {}),
            **destination_pipelines(settings),
        },
    )


def _ways(settings: PlatformSettings, backend: Backend) -> tuple[str, ...]:
    """Where a redacted pipeline goes: other destinations first, as the own back end may hold its sender back."""
    own = (exporter_of(backend),) if kept_here(settings, backend) else ()
    return *forwards(settings, backend.signal), *own


def _tail_sampling(settings: PlatformSettings) -> dict[str, Any]:
    size = settings.sizes.collector_gateway
    budget = surge_budget(settings.workload, settings.sampling, settings.ingestion.traces_mb_per_second)
    return {
        "decision_wait": DECISION_WAIT,
        "num_traces": size.memory_limit_mib * OPEN_TRACES_PER_MIB,
        "sample_on_first_match": True,
        "decision_cache": {
            "sampled_cache_size": REMEMBERED_DECISIONS,
            "non_sampled_cache_size": REMEMBERED_DECISIONS,
        },
        "policies": sampling_policies(settings.sampling, settings.services, budget.of_one(size.most_replicas)),
    }


def _instance() -> dict[str, Any]:
    """Two gateways count the same series, each for its own traces; this label keeps them apart.

    Series of a service are of all its pods, so what names the pod whose span came first is taken away.
    """
    own = {"key": "collector.instance.id", "value": POD_NAME, "action": "upsert"}
    return {"attributes": [own, *({"key": key, "action": "delete"} for key in OF_ONE_POD)]}


def _span_metrics() -> dict[str, Any]:
    return {
        "namespace": "traces.span.metrics",
        "histogram": {"unit": "s", "explicit": {"buckets": DURATION_BUCKETS}},
        "dimensions": [{"name": HTTP_STATUS}],
        "exemplars": {"enabled": True},
        "aggregation_cardinality_limit": MAX_SPAN_SERIES,
        **_any_span_metrics(),
    }


def _tenant_metrics(attribute: str | None) -> dict[str, dict[str, Any]]:
    """Calls by tenant, without operations and durations, which would multiply with the tenants."""
    if attribute is None:
        return {}
    return {
        TENANT_METRICS: {
            "namespace": "traces.tenants",
            "histogram": {"disable": True},
            "dimensions": [{"name": attribute}],
            "exclude_dimensions": ["span.name"],
            "aggregation_cardinality_limit": MAX_TENANT_SERIES,
            **_any_span_metrics(),
        }
    }


def _any_span_metrics() -> dict[str, Any]:
    return {
        "metrics_flush_interval": "30s",
        "metrics_expiration": "10m",
        # Versions apart, so that a new one can be compared with the last.
        "resource_metrics_key_attributes": [
            "service.name",
            "service.namespace",
            "service.version",
            "deployment.environment.name",
        ],
    }


def _service_graph() -> dict[str, Any]:
    return {"store": {"ttl": "5s", "max_items": 5000}, "metrics_flush_interval": "30s"}


def exporter_of(backend: Backend) -> str:
    """The name of a back end's exporter."""
    return f"{'otlp_grpc' if backend.otlp_grpc_port else 'otlp_http'}/{backend.name}"


def _exporter(backend: Backend, endpoints: Endpoints) -> tuple[str, dict[str, Any]]:
    """A back end may be away for as long as its queue has room."""
    http = f"{endpoints.url(backend)}{backend.otlp_path}"
    return exporter_of(backend), {
        "endpoint": endpoints.otlp_grpc_of(backend) if backend.otlp_grpc_port else http,
        "tls": collector_client(endpoints, CLIENT_DIRECTORY),
        # Log records wait in agents' queues and files. A held span would be counted by the span metrics again, when the
        # agent sends it once more; held metrics are too old for Mimir.
        **on_disk(QUEUE_MIB, RETRY_INTERVAL, waits=backend is LOKI),
    }
