"""A back end away for longer than the queues last: what is old is kept, what is new waits in the pods' log files."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from telemetry.collector.agent import agent_config
from telemetry.collector.gateway import gateway_config
from tests.artefacts.collector_driver import Collector, Document, Ports, on_loopback, running
from tests.artefacts.kubernetes_driver import eventually
from tests.artefacts.otlp_sink import Sink, text
from tests.stacks import stack_settings

LINES, PADDING = 16_000, "x" * 160
# Both queues together hold a fraction of the lines.
QUIET_SECONDS = 10.0
QUEUE_BYTES = 1024 * 1024
# So that a batch is a part of such a queue, as it is of the real one.
SMALL_BATCHES = {"timeout": "200ms", "send_batch_size": 256, "send_batch_max_size": 512}


class PodLog:
    """A container's log file, as the kubelet writes it."""

    def __init__(self, folder: Path) -> None:
        pod = folder / "shop_checkout-1_0a1b2c3d-0000-4000-8000-000000000001" / "app"
        pod.mkdir(parents=True)
        self.path = pod / "0.log"
        self.written = 0

    def write(self, count: int) -> None:
        """So many more lines, numbered."""
        with self.path.open("a", encoding="utf-8") as file:
            for number in range(self.written, self.written + count):
                file.write(f"2026-11-28T10:00:00.{number:09d}Z stdout F line {number} {PADDING}\n")
        self.written += count


def agent_for(gateway: Ports, logs: Path, directory: Path) -> tuple[Document, Ports]:
    """Prod's agent, of which only the pipeline of pods' logs runs: what else it does needs a cluster."""
    document, ports = agent_config(stack_settings("prod")).document(), Ports.free()
    document["receivers"]["file_log"]["include"] = [f"{logs}/*/*/*.log"]
    document["receivers"]["file_log"]["poll_interval"] = "50ms"
    pipeline = document["service"]["pipelines"]["logs/pods"]
    pipeline["processors"] = [one for one in pipeline["processors"] if one in ("memory_limiter", "batch")]
    document["service"]["pipelines"] = {"logs/pods": pipeline}
    document["service"]["extensions"] = ["health_check", "file_storage"]
    document["receivers"] = {name: document["receivers"][name] for name in ("otlp", "file_log")}
    document["processors"] = {name: document["processors"][name] for name in pipeline["processors"]}
    document["processors"]["batch"] = SMALL_BATCHES
    document["exporters"].pop("loadbalancing", None)
    exporter = document["exporters"]["otlp_grpc"]
    exporter["timeout"] = "2s"
    exporter["sending_queue"]["queue_size"] = QUEUE_BYTES
    exporter["sending_queue"]["batch"]["max_size"] = QUEUE_BYTES // 8
    state = directory / "agent-state"
    state.mkdir()
    return on_loopback(document, ports, state, {"otlp_grpc": f"127.0.0.1:{gateway.grpc}"}), ports


def gateway_for(sink: Sink, directory: Path) -> tuple[Document, Ports]:
    """Prod's gateway with a small queue."""
    document, ports = gateway_config(stack_settings("prod")).document(), Ports.free()
    document["exporters"]["otlp_http/loki"]["sending_queue"]["queue_size"] = QUEUE_BYTES
    document["processors"]["batch"] = SMALL_BATCHES
    state = directory / "gateway-state"
    state.mkdir()
    return on_loopback(document, ports, state, sink.back_ends), ports


def numbers(sink: Sink) -> Counter[int]:
    """How often each line arrived."""
    found = (re.match(r"line (\d+) ", text(record.body)) for _, record in sink.records())
    return Counter(int(match[1]) for match in found if match)


@contextmanager
def away(what: str, sink: Sink, gateway: Document, ports: Ports, directory: Path) -> Generator[None]:
    """The gateway, or Loki behind it, is away within the block."""
    if what == "gateway":
        yield
    else:
        sink.go()
        with running(gateway, ports, directory):
            yield


def lost(sink: Sink) -> list[tuple[int, int]]:
    """First and last number of each run of lines that didn't arrive, once nothing more comes for a while."""
    eventually(lambda: len(numbers(sink)) == LINES or sink.logs)
    before = -1
    while len(sink.logs) != before:
        before = len(sink.logs)
        time.sleep(QUIET_SECONDS)
    here, runs = numbers(sink), list[tuple[int, int]]()
    for number in range(LINES):
        if number not in here:
            follows = bool(runs) and runs[-1][1] == number - 1
            runs = [*runs[:-1], (runs[-1][0], number)] if follows else [*runs, (number, number)]
    return runs


def full(collector: Collector) -> bool:
    return collector.own_metric("otelcol_exporter_queue_size") > QUEUE_BYTES / 2


@pytest.mark.parametrize("what", ["gateway", "loki"])
def test_no_line_is_lost_by_an_outage_that_fills_every_queue(what: str, tmp_path: Path) -> None:
    """Also where the agent is killed meanwhile: what it had read and not yet written to its queue is read again."""
    log = PodLog(tmp_path / "pods")
    with Sink() as sink:
        gateway, gateway_ports = gateway_for(sink, tmp_path)
        agent, ports = agent_for(gateway_ports, tmp_path / "pods", tmp_path)
        folder = tmp_path / "agent"
        folder.mkdir()
        with away(what, sink, gateway, gateway_ports, tmp_path):
            with running(agent, ports, folder) as first:
                log.write(LINES // 2)
                eventually(lambda: full(first))
                log.write(LINES // 4)
                first.kill()
            with running(agent, ports, folder) as second:
                eventually(lambda: full(second))
                log.write(LINES // 4)
                assert second.own_metric("otelcol_exporter_enqueue_failed_log_records_total") == 0
                if what == "gateway":
                    with running(gateway, gateway_ports, tmp_path):
                        assert lost(sink) == []
                else:
                    sink.come()
                    assert lost(sink) == []
