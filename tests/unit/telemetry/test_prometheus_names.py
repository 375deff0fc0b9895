"""The translation of OTLP metric names, against the examples of the specification and of Mimir's documentation."""

import pytest

from tests.artefacts.prometheus_names import label_name, metric_name


@pytest.mark.parametrize(
    ("name", "unit", "kind", "expected"),
    [
        ("system.cpu.time", "s", "counter", "system_cpu_time_seconds_total"),
        ("system.memory.usage", "By", "gauge", "system_memory_usage_bytes"),
        ("system.memory.utilization", "1", "gauge", "system_memory_utilization_ratio"),
        ("system.cpu.load_average.1m", "{thread}", "gauge", "system_cpu_load_average_1m"),
        ("system.network.io", "By", "counter", "system_network_io_bytes_total"),
        ("system.filesystem.inodes.usage", "{inodes}", "gauge", "system_filesystem_inodes_usage"),
        ("k8s.pod.cpu.usage", "{cpu}", "gauge", "k8s_pod_cpu_usage"),
        ("k8s.node.uptime", "s", "counter", "k8s_node_uptime_seconds_total"),
        ("traces.span.metrics.calls", "{call}", "counter", "traces_span_metrics_calls_total"),
        ("traces.span.metrics.calls", "1", "counter", "traces_span_metrics_calls_total"),
        ("traces.span.metrics.duration", "s", "histogram", "traces_span_metrics_duration_seconds"),
        ("http.server.request.duration", "s", "histogram", "http_server_request_duration_seconds"),
        ("otelcol_exporter_queue_size", "", "gauge", "otelcol_exporter_queue_size"),
        ("otelcol_process_uptime_total", "", "counter", "otelcol_process_uptime_total"),
        ("request_total_errors", "", "counter", "request_errors_total"),
        ("throughput", "By/s", "gauge", "throughput_bytes_per_second"),
        ("speed", "m/s", "gauge", "speed_meters_per_second"),
        ("queue.wait_seconds", "s", "gauge", "queue_wait_seconds"),
        ("odd__name.of--things", "widget", "gauge", "odd_name_of_things_widget"),
        ("2xx", "", "counter", "_2xx_total"),
    ],
)
def test_names(name: str, unit: str, kind: str, expected: str) -> None:
    assert metric_name(name, unit, counter=kind == "counter", gauge=kind == "gauge") == expected


@pytest.mark.parametrize(
    ("attribute", "label"),
    [("http.response.status_code", "http_response_status_code"), ("a-b", "a_b"), ("1st", "key_1st")],
)
def test_labels(attribute: str, label: str) -> None:
    assert label_name(attribute) == label
