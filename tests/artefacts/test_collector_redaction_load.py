"""Ordinary words that redaction looks for, many at once: nothing is refused, nothing comes twice."""

from __future__ import annotations

import time
from pathlib import Path

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs

from telemetry.collector.gateway import gateway_config
from tests.artefacts.agent_driver import agent_for, running_cluster
from tests.artefacts.collector_driver import POD_ENVIRONMENT, Ports, on_loopback, running
from tests.artefacts.kubernetes_driver import eventually
from tests.artefacts.otlp_sink import Sink
from tests.artefacts.otlp_source import post, value
from tests.artefacts.redaction_run import HASH_KEY
from tests.stacks import stack_settings

WORDS = ("token expired", "secret rotated", "password reset requested", "api_key ok", "order stored")
LINE_BYTES = 530
ONE_CORE = {"GOMAXPROCS": "1"}
BATCHES, BATCH = 4, 4096


def test_an_incident_of_authentication_passes_once(tmp_path: Path) -> None:
    ports = Ports.free()
    (tmp_path / "state").mkdir()
    (tmp_path / "cluster").mkdir()
    lines = [(f"{word} in the course of a request " * 20)[:LINE_BYTES] for word in WORDS]
    with Sink() as sink, running_cluster(tmp_path / "cluster") as cluster:
        rendered = gateway_config(stack_settings("prod")).document()
        document = on_loopback(rendered, ports, tmp_path / "state", sink.back_ends)
        agent = agent_for("prod", cluster, tmp_path / "agent", f"127.0.0.1:{ports.grpc}")
        with (
            running(document, ports, tmp_path, {**POD_ENVIRONMENT, **HASH_KEY, **ONE_CORE}) as gateway,
            running(agent.document, agent.ports, tmp_path / "agent", agent.environment) as sender,
        ):
            for _ in range(BATCHES):
                records = [
                    LogRecord(time_unix_nano=time.time_ns(), body=value(lines[number % len(lines)]))
                    for number in range(BATCH)
                ]
                post(agent.ports, "logs", ExportLogsServiceRequest(
                    resource_logs=[ResourceLogs(scope_logs=[ScopeLogs(log_records=records)])]
                ))  # fmt: skip
            eventually(lambda: len(list(sink.records())) >= BATCHES * BATCH)
            eventually(lambda: sender.own_metric("otelcol_exporter_queue_size") == 0)
            assert sender.own_metric("otelcol_exporter_send_failed_log_records_total") == 0
            assert gateway.own_metric("otelcol_receiver_refused_log_records_total") == 0
    bodies = [record.body.string_value for _, record in sink.records()]
    assert len(bodies) == BATCHES * BATCH
    assert set(bodies) == set(lines)
