"""Which components the collector at hand lacks, and what can still be said of their configuration.

Where a full `otelcol-contrib` is on PATH it lacks none: then the other tests run both for real.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from telemetry.collector.agent import agent_config
from telemetry.collector.config import CollectorConfig
from telemetry.collector.gateway import gateway_config
from tests.artefacts.collector_driver import components
from tests.stacks import NAMES, stack_settings

# Their modules can't be had for the collector that is built here.
NOT_BUILT = {("exporters", "loadbalancing"), ("connectors", "servicegraph")}
# `otelcol components` (0.149) leaves out what has a former name too; the other tests start these.
NOT_LISTED = {
    *(("exporters", "otlp_grpc"), ("exporters", "otlp_http")),
    *(("receivers", "file_log"), ("processors", "k8s_attributes")),
}
# README files of both in OpenTelemetry Collector contrib 0.149.
BALANCER_KEYS = {
    "protocol",
    "resolver",
    "routing_key",
    "routing_attributes",
    "retry_on_failure",
    "sending_queue",
    "timeout",
}
GRAPH_KEYS = {
    *(
        "store",
        "dimensions",
        "cache_loop",
        "store_expiration_loop",
        "metrics_flush_interval",
        "metrics_timestamp_offset",
    ),
    *("latency_histogram_buckets", "exponential_histogram_max_size", "database_name_attributes"),
    "virtual_node_peer_attributes",
}


def configurations() -> Iterator[CollectorConfig]:
    for stack in NAMES:
        yield agent_config(stack_settings(stack))
        yield gateway_config(stack_settings(stack))


def test_every_component_but_two_is_run_by_these_tests() -> None:
    used = {
        (kind, name.partition("/")[0])
        for config in configurations()
        for kind in ("receivers", "processors", "exporters", "connectors", "extensions")
        for name in getattr(config, kind)
    }
    had = {(kind, name) for kind, names in components().items() for name in names}
    assert used - had - NOT_LISTED <= NOT_BUILT
    assert used >= NOT_BUILT


def test_routing_by_trace_id_is_configured_as_documented() -> None:
    balancers = [
        config.exporters["loadbalancing"] for config in configurations() if "loadbalancing" in config.exporters
    ]
    assert balancers
    for balancer in balancers:
        assert set(balancer) <= BALANCER_KEYS
        assert balancer["routing_key"] == "traceID"
        assert set(balancer["protocol"]) == {"otlp"}
        (resolver,) = balancer["resolver"].items()
        assert resolver[0] == "k8s"
        assert set(resolver[1]) <= {"service", "ports", "timeout", "return_hostnames"}


@pytest.mark.parametrize("stack", NAMES)
def test_the_service_graph_sees_every_span_and_is_sent_on(stack: str) -> None:
    config = gateway_config(stack_settings(stack))
    graph = config.connectors["servicegraph"]
    assert set(graph) <= GRAPH_KEYS
    assert set(graph["store"]) <= {"ttl", "max_items"}
    into = [name for name, pipeline in config.pipelines.items() if "servicegraph" in pipeline.exporters]
    out = [name for name, pipeline in config.pipelines.items() if "servicegraph" in pipeline.receivers]
    assert (into, out) == (["traces/all"], ["metrics/spans"])
