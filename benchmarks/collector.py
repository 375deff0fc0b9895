"""`python -m benchmarks.collector`: what the gateway costs beside a collector that only passes on.

The gateway's configuration is prod's, as it is deployed; passing on is otlp → memory_limiter → batch → the same
exporter with its queue in memory. Both run on one machine, in turns, in one run, into a collector that throws away what
it gets. Two readings of throughput: what is acknowledged a second while four requests are under way, and what one
core's second of CPU carries from receiver to exporter, which other programs on the machine hardly change: that one is
judged. A gateway that keeps every trace (`sampling.mode: full`) shows what redaction costs where nothing is thinned.
Where the CPU goes is told by leaving processors out, one more with each row: the collector keeps no account of it.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import grpc

from benchmarks.collector_load import (
    LINES_A_REQUEST,
    SPANS_A_TRACE,
    TRACES_A_REQUEST,
    log_requests,
    trace_requests,
)
from ops.stacks import settings_of
from settings.models.platform import PlatformSettings
from telemetry.collector.gateway import gateway_config
from telemetry.collector.redaction import SPAN_NAMES, TEXTS
from tests.artefacts.collector_driver import (
    DECISION_WAIT_SECONDS,
    LOOPBACK,
    POD_ENVIRONMENT,
    Collector,
    Ports,
    on_loopback,
    running,
)

STACK = "prod"
BARE, NAMES_ONLY = "gateway, not redacting", "gateway, names only"
SENDERS = 4
PATIENCE_SECONDS = 300.0
# Traces with redaction, by CPU, over the same gateway without; logs over passing on.
MOST_FOR_TRACES, LEAST_OF_LOGS = 1.25, 0.3
EXPORTERS = {"traces": "otlp_grpc/tempo", "logs": "otlp_http/loki"}
METHODS = {
    "traces": "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
    "logs": "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
}
SENT = {"traces": "otelcol_exporter_sent_spans_total", "logs": "otelcol_exporter_sent_log_records_total"}
DECIDED = "otelcol_processor_tail_sampling_global_count_traces_sampled_total"
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
MIB_KIB = 1024

Document = dict[str, Any]


@dataclass(frozen=True)
class Reading:
    """One configuration, measured once."""

    intake_per_second: float
    """Spans or lines acknowledged a second."""
    cpu_seconds_per_million: float
    """CPU seconds of the collector for a million spans or lines, until the last one is exported or dropped."""
    peak_rss_mib: float

    @property
    def per_core_second(self) -> float:
        return 1e6 / self.cpu_seconds_per_million


@dataclass(frozen=True)
class Case:
    """One row of the table."""

    signal: str
    name: str
    document: Document
    requests: Sequence[bytes]
    items: int
    decided_traces: int


def main() -> int:
    """Prints the table; 1 when redaction costs more than is expected."""
    arguments = _arguments()
    prod = _unthinned(settings_of(STACK))
    whole = gateway_config(prod).document()
    everything = prod.sampling.model_copy(update={"mode": "full"})
    keeping = gateway_config(prod.model_copy(update={"sampling": everything})).document()
    spans, lines = list(trace_requests(arguments.traces)), list(log_requests(arguments.lines))
    traces = len(spans) * TRACES_A_REQUEST
    span_count, line_count = traces * SPANS_A_TRACE, len(lines) * LINES_A_REQUEST
    passing = {signal: passing_on(whole, signal) for signal in METHODS}
    cases = (
        Case("traces", "passing on", passing["traces"], spans, span_count, 0),
        Case("traces", BARE, _without(whole, SPAN_NAMES, TEXTS), spans, span_count, traces),
        Case("traces", NAMES_ONLY, _without(whole, TEXTS), spans, span_count, traces),
        Case("traces", "gateway", whole, spans, span_count, traces),
        Case("traces", "gateway, every trace kept", keeping, spans, span_count, traces),
        Case("logs", "passing on", passing["logs"], lines, line_count, 0),
        Case("logs", "gateway", whole, lines, line_count, 0),
    )
    readings: list[list[Reading]] = [[] for _ in cases]
    for _ in range(arguments.runs):
        for case, taken in zip(cases, readings, strict=True):
            taken.append(measure(case))
    print(f"{traces:,} traces of {SPANS_A_TRACE} spans, {line_count:,} log lines; medians of {arguments.runs} runs")
    cpu = _print_table(cases, readings)
    _print_shares(cpu)
    times = cpu["traces", "gateway"] / cpu["traces", BARE]
    part = cpu["logs", "passing on"] / cpu["logs", "gateway"]
    reached = times <= MOST_FOR_TRACES and part >= LEAST_OF_LOGS
    print(f"traces: {times:.2f} times the CPU without redaction (expected {MOST_FOR_TRACES:g} at most)")
    print(f"logs: {part:.2f} of passing on (expected {LEAST_OF_LOGS:g} at least): {'yes' if reached else 'NO'}")
    return 0 if reached else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.collector", description=__doc__)
    parser.add_argument("--traces", type=int, default=20_000, help="traces sent in each run, in hundreds (20000)")
    parser.add_argument("--lines", type=int, default=200_000, help="log lines sent in each run, in thousands (200000)")
    parser.add_argument("--runs", type=int, default=3, help="runs of each configuration, in turns (default 3)")
    arguments = parser.parse_args()
    for name, least in (("traces", TRACES_A_REQUEST), ("lines", LINES_A_REQUEST), ("runs", 1)):
        if getattr(arguments, name) < least:
            parser.error(f"--{name} must be at least {least}")
    return arguments


def _unthinned(settings: PlatformSettings) -> PlatformSettings:
    """So large a load that the benchmark's burst isn't a surge, which would be cheaper."""
    limits = settings.ingestion.model_copy(update={"traces_mb_per_second": 1e6})
    rate = settings.workload.requests_per_second * 1e6
    flood = settings.workload.model_copy(update={"requests_per_second": rate})
    return settings.model_copy(update={"workload": flood, "ingestion": limits})


def passing_on(whole: Document, signal: str) -> Document:
    """The gateway's receiver, limiter, batches and exporter; nothing looks at what passes."""
    exporter = EXPORTERS[signal]
    queue = {key: value for key, value in whole["exporters"][exporter]["sending_queue"].items() if key != "storage"}
    pipeline = {"receivers": ["otlp"], "processors": ["memory_limiter", "batch"], "exporters": [exporter]}
    return {
        **{part: whole[part] for part in ("receivers", "extensions")},
        "processors": {name: whole["processors"][name] for name in ("memory_limiter", "batch")},
        "exporters": {exporter: {**whole["exporters"][exporter], "sending_queue": queue}},
        "service": {**whole["service"], "pipelines": {signal: pipeline}},
    }


def _without(whole: Document, *left_out: str) -> Document:
    """The gateway without some processors, to tell what they cost."""
    service = whole["service"]
    pipelines = {
        name: pipeline | {"processors": [one for one in pipeline["processors"] if one not in left_out]}
        for name, pipeline in service["pipelines"].items()
    }
    kept = {name: component for name, component in whole["processors"].items() if name not in left_out}
    return {**whole, "processors": kept, "service": {**service, "pipelines": pipelines}}


def measure(case: Case) -> Reading:
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        (directory / "state").mkdir()
        with _drain(directory) as back_ends:
            ports = Ports.free()
            document = on_loopback(case.document, ports, directory / "state", back_ends)
            # As deployed: tests flush span metrics every second.
            for name, connector in document.get("connectors", {}).items():
                connector.update(case.document["connectors"][name])
            with running(document, ports, directory) as collector:
                before = _cpu_seconds(collector.process.pid)
                started = time.perf_counter()
                _send(collector, case)
                intake = time.perf_counter() - started
                _wait_until_through(collector, case)
                pid = collector.process.pid
                cpu = _cpu_seconds(pid) - before
                return Reading(case.items / intake, cpu / case.items * 1e6, _peak_rss_mib(pid))


@contextmanager
def _drain(directory: Path) -> Generator[dict[str, str]]:
    """A second collector as Tempo, Loki and Mimir; endpoints by the gateway's exporter names."""
    folder = directory / "drain"
    folder.mkdir()
    ports = Ports.free()
    protocols = {
        "grpc": {"endpoint": f"{LOOPBACK}:{ports.grpc}", "max_recv_msg_size_mib": 64},
        "http": {
            "endpoint": f"{LOOPBACK}:{ports.http}",
            "logs_url_path": "/otlp/v1/logs",
            "metrics_url_path": "/otlp/v1/metrics",
        },
    }
    signals = ("traces", "metrics", "logs")
    document: Document = {
        "receivers": {"otlp": {"protocols": protocols}},
        "exporters": {"debug": {"verbosity": "basic"}},
        "extensions": {"health_check": {"endpoint": f"{LOOPBACK}:{ports.health}"}},
        "service": {
            "extensions": ["health_check"],
            "pipelines": {signal: {"receivers": ["otlp"], "exporters": ["debug"]} for signal in signals},
            "telemetry": {"metrics": {"level": "none"}, "logs": {"level": "warn"}},
        },
    }
    with running(document, ports, folder, POD_ENVIRONMENT):
        http = f"http://{LOOPBACK}:{ports.http}/otlp"
        yield {"otlp_grpc/tempo": f"{LOOPBACK}:{ports.grpc}", "otlp_http/loki": http, "otlp_http/mimir": http}


def _send(collector: Collector, case: Case) -> None:
    options = [("grpc.max_send_message_length", -1)]
    with (
        grpc.insecure_channel(f"{LOOPBACK}:{collector.ports.grpc}", options=options) as channel,
        ThreadPoolExecutor(SENDERS) as pool,
    ):
        # Without serializers it takes and gives bytes.
        export = cast("Callable[[bytes], bytes]", channel.unary_unary(METHODS[case.signal]))
        list(pool.map(export, case.requests))


def _wait_until_through(collector: Collector, case: Case) -> None:
    """Traces: all decided and nothing more comes; otherwise all sent. Raises SystemExit when that takes too long."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    wanted, metric = (case.decided_traces, DECIDED) if case.decided_traces else (case.items, SENT[case.signal])
    while (seen := collector.own_metric(metric)) < wanted:
        if time.monotonic() > deadline:
            raise SystemExit(
                f"{case.signal}, {case.name}: {metric} was {seen:g} of {wanted} {PATIENCE_SECONDS:g} s later"
            )
        time.sleep(0.2)
    sent = -1.0
    while case.decided_traces and sent != (sent := collector.own_metric(SENT[case.signal])):
        time.sleep(DECISION_WAIT_SECONDS)


def _cpu_seconds(pid: int) -> float:
    """User and system time; proc(5): fields 14 and 15, counted after the name in parentheses."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_A_SECOND


def _peak_rss_mib(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    (peak,) = (line for line in lines if line.startswith("VmHWM"))
    return int(peak.split()[1]) / MIB_KIB


def _print_table(cases: Sequence[Case], readings: Sequence[Sequence[Reading]]) -> dict[tuple[str, str], float]:
    """Rows of medians, and each row's CPU seconds for a million."""
    print(f"{'':34}{'intake/s':>12}{'per core-s':>12}{'CPU s/million':>15}{'peak RSS':>12}{'intake':>9}{'CPU':>7}")
    cpu: dict[tuple[str, str], float] = {}
    floor: dict[str, Reading] = {}
    for case, taken in zip(cases, readings, strict=True):
        row = Reading(
            statistics.median(one.intake_per_second for one in taken),
            statistics.median(one.cpu_seconds_per_million for one in taken),
            statistics.median(one.peak_rss_mib for one in taken),
        )
        base = floor.setdefault(case.signal, row)
        ratio = base.cpu_seconds_per_million / row.cpu_seconds_per_million
        cpu[case.signal, case.name] = row.cpu_seconds_per_million
        print(
            f"{case.signal + ', ' + case.name:34}{row.intake_per_second:>12,.0f}{row.per_core_second:>12,.0f}"
            f"{row.cpu_seconds_per_million:>15.2f}{row.peak_rss_mib:>8,.0f} MiB"
            f"{row.intake_per_second / base.intake_per_second:>9.2f}{ratio:>7.2f}"
        )
    return cpu


def _print_shares(cpu: dict[tuple[str, str], float]) -> None:
    """What each part of the gateway adds to passing on."""
    steps = {
        "traces": (("passing on", "receiver, limiter, batches, exporter"), (BARE, "span metrics and tail sampling"),
                   (NAMES_ONLY, SPAN_NAMES), ("gateway", TEXTS)),
        "logs": (("passing on", "receiver, limiter, batches, exporter"), ("gateway", TEXTS)),
    }  # fmt: skip
    for signal, parts in steps.items():
        whole, before = cpu[signal, "gateway"], 0.0
        for name, part in parts:
            spent, before = cpu[signal, name] - before, cpu[signal, name]
            print(f"{signal}: {part:40}{spent:>8.2f} CPU s/million{spent / whole:>6.0%}")


if __name__ == "__main__":
    raise SystemExit(main())
