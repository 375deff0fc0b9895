"""The sampling gateway: span metrics over all spans first, then tail sampling, then the three back ends.

Sources: README files of the named components in OpenTelemetry Collector contrib 0.158.
"""

from typing import Any

from settings.models import PlatformSettings
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
from telemetry.collector.sampling import sampling_policies
from telemetry.endpoints import Endpoints

# How long a trace's spans may trickle in before the trace is judged; most traces here end within a second or two.
DECISION_WAIT = "10s"
# Open traces in memory: about 10 KiB each, 200 MiB at this number.
MAX_OPEN_TRACES = 20_000
# Decisions that are remembered for late spans.
REMEMBERED_DECISIONS = 100_000
# Seconds; 1 s is the line between ordinary and slow.
DURATION_BUCKETS = ["5ms", "10ms", "25ms", "50ms", "100ms", "250ms", "500ms", "1s", "2s", "5s", "10s"]
MAX_SPAN_SERIES = 5_000


def gateway_config(settings: PlatformSettings) -> CollectorConfig:
    """The gateway's configuration for one stack."""
    endpoints = Endpoints.of(settings)
    return CollectorConfig(
        receivers={"otlp": otlp_receiver()},
        processors={
            MEMORY_LIMITER: memory_limiter(),
            "tail_sampling": _tail_sampling(settings),
            "resource/instance": _instance(),
            BATCH: batch(),
        },
        connectors={
            "forward/sampling": {},
            "spanmetrics": _span_metrics(),
            "servicegraph": _service_graph(),
        },
        exporters={
            "otlp_grpc/tempo": _insecure(endpoints.tempo_otlp_grpc),
            "otlp_http/loki": {"endpoint": f"{endpoints.loki_url}/otlp", **_retries()},
            "otlp_http/mimir": {"endpoint": f"{endpoints.mimir_url}/otlp", **_retries()},
        },
        extensions={HEALTH_CHECK: health_check()},
        pipelines={
            "traces/all": Pipeline(
                receivers=("otlp",),
                processors=(MEMORY_LIMITER,),
                exporters=("spanmetrics", "servicegraph", "forward/sampling"),
            ),
            "traces/sampled": Pipeline(
                receivers=("forward/sampling",),
                processors=("tail_sampling", BATCH),
                exporters=("otlp_grpc/tempo",),
            ),
            "metrics": Pipeline(
                receivers=("otlp",), processors=(MEMORY_LIMITER, BATCH), exporters=("otlp_http/mimir",)
            ),
            "metrics/spans": Pipeline(
                receivers=("spanmetrics", "servicegraph"),
                processors=("resource/instance", BATCH),
                exporters=("otlp_http/mimir",),
            ),
            "logs": Pipeline(receivers=("otlp",), processors=(MEMORY_LIMITER, BATCH), exporters=("otlp_http/loki",)),
        },
    )


def _tail_sampling(settings: PlatformSettings) -> dict[str, Any]:
    return {
        "decision_wait": DECISION_WAIT,
        "num_traces": MAX_OPEN_TRACES,
        "decision_cache": {
            "sampled_cache_size": REMEMBERED_DECISIONS,
            "non_sampled_cache_size": REMEMBERED_DECISIONS,
        },
        "policies": sampling_policies(settings.sampling, settings.services),
    }


def _instance() -> dict[str, Any]:
    """Two gateways count the same series, each for its own traces; this label keeps them apart."""
    return {"attributes": [{"key": "collector.instance.id", "value": POD_NAME, "action": "upsert"}]}


def _span_metrics() -> dict[str, Any]:
    return {
        "namespace": "traces.span.metrics",
        "histogram": {"unit": "s", "explicit": {"buckets": DURATION_BUCKETS}},
        "exemplars": {"enabled": True},
        "metrics_flush_interval": "30s",
        "metrics_expiration": "10m",
        "aggregation_cardinality_limit": MAX_SPAN_SERIES,
        "resource_metrics_key_attributes": ["service.name", "service.namespace", "deployment.environment.name"],
    }


def _service_graph() -> dict[str, Any]:
    return {"store": {"ttl": "5s", "max_items": 5000}, "metrics_flush_interval": "30s"}


def _retries() -> dict[str, Any]:
    """A back end's restart is waited for in memory; then the memory limiter refuses, and agents keep data on disk."""
    return {
        "retry_on_failure": {
            "enabled": True,
            "initial_interval": "1s",
            "max_interval": "10s",
            "max_elapsed_time": "300s",
        },
        "sending_queue": {"enabled": True, "queue_size": 500, "num_consumers": 8},
    }


def _insecure(endpoint: str) -> dict[str, Any]:
    """Plain gRPC inside the cluster, between pods that network policies name."""
    return {"endpoint": endpoint, "tls": {"insecure": True}, **_retries()}
