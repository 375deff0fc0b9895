"""Runs rendered collector configurations on the real collector, on loopback, and says what had to be substituted.

Substituted, everything else is as rendered:
- addresses, ports and folders: those of one machine instead of a cluster's;
- waiting times (`decision_wait`, flush intervals, `reload_interval`), so that tests don't wait as long as a trace may;
- TLS is left out unless a test gives certificates (test_collector_tls.py does); their folder then is the test's;
- `loadbalancing` and `servicegraph` where the collector lacks them: the modules of these two can't be had for the
  collector that is built here. Routing becomes a plain exporter, the service graph is left out; both run on a full
  `otelcol-contrib` from PATH, which then is what the sandbox finds.
"""

from __future__ import annotations

import copy
import functools
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from planning.shipped_yaml import yaml_text
from sandbox.bootstrap.catalog import TOOLS
from sandbox.bootstrap.install import ensure_tools
from sandbox.kubernetes.processes import free_ports
from telemetry.collector.config import ALL_ADDRESSES
from telemetry.kubernetes.tls import DIRECTORY

READY_SECONDS = 60.0
STOP_SECONDS = 10.0
DECISION_WAIT_SECONDS = 2
LOOPBACK = "127.0.0.1"
# Of a pod in itself; Linux lets any program bind any address of 127.0.0.0/8.
OWN_ADDRESS = "127.0.0.2"
# What the chart sets in every pod.
POD_ENVIRONMENT = {
    "OTEL_K8S_POD_NAME": "collector-0",
    "OTEL_K8S_NODE_IP": LOOPBACK,
    "LGTM_CLUSTER_NAME": "tested",
}

Document = dict[str, Any]


@functools.cache
def otelcol() -> Path:
    """The collector's binary: the full one on PATH, else the one the sandbox builds. Raises ToolError."""
    return ensure_tools(tuple(tool for tool in TOOLS if tool.name == "otelcol"))["otelcol"]


@functools.cache
def components() -> dict[str, set[str]]:
    """Component types of the collector at hand, by kind."""
    result = subprocess.run([otelcol(), "components"], capture_output=True, text=True, check=True)
    listed = yaml.safe_load(result.stdout)
    # A component's other name stands beside it: both are accepted.
    return {
        kind: {
            name for entry in listed[kind] for key in ("name", "deprecated-alias", "alias") if (name := entry.get(key))
        }
        for kind in ("receivers", "processors", "exporters", "connectors", "extensions")
    }


@dataclass(frozen=True)
class Ports:
    """Where one collector listens on loopback."""

    grpc: int
    http: int
    metrics: int
    health: int

    @classmethod
    def free(cls) -> Ports:
        return cls(*free_ports(4))


def on_loopback(
    document: Document, ports: Ports, state: Path, back_ends: dict[str, str], certificates: Path | None = None
) -> Document:
    """A rendered configuration for this machine; `back_ends` are endpoints by exporter name."""
    local: Document = copy.deepcopy(document)
    _substitute_tls(local, certificates)
    protocols = local["receivers"]["otlp"]["protocols"]
    listeners = (protocols["grpc"], ports.grpc), (protocols["http"], ports.http)
    for listener, port in (*listeners, (local["extensions"]["health_check"], ports.health)):
        listener["endpoint"] = f"{_address(listener['endpoint'].rpartition(':')[0])}:{port}"
    (pull,) = local["service"]["telemetry"]["metrics"]["readers"]
    prometheus = pull["pull"]["exporter"]["prometheus"]
    prometheus |= {"host": _address(prometheus["host"]), "port": ports.metrics}
    storage = local["extensions"]["file_storage"]
    storage["directory"] = storage["compaction"]["directory"] = str(state)
    for name, exporter in local["exporters"].items():
        if "endpoint" in exporter:
            exporter["endpoint"] = back_ends[name]
    _hurry(local)
    return _without_missing(local, back_ends)


def _address(rendered: str) -> str:
    """Where a listener binds here: loopback for all addresses, and another of this machine's for a pod's own, which
    then can't be reached by loopback: as a port-forward's end in a pod finds it."""
    return LOOPBACK if rendered == ALL_ADDRESSES else OWN_ADDRESS


def _substitute_tls(local: Document, certificates: Path | None) -> None:
    """Certificates of a folder, read again each second; without a folder, no TLS."""
    for server in local["receivers"]["otlp"]["protocols"].values():
        if certificates is None:
            server.pop("tls", None)
        elif "tls" in server:
            server["tls"] = _with_files_of(certificates, server["tls"])
    for job in local["receivers"].get("prometheus", {}).get("config", {}).get("scrape_configs", ()):
        if certificates is None:
            job.pop("tls_config", None)
            job.pop("scheme", None)
        elif "tls_config" in job:
            job["tls_config"] = _with_files_of(certificates, job["tls_config"])
    for exporter in local["exporters"].values():
        client = exporter if "endpoint" in exporter else exporter["protocol"]["otlp"]
        if certificates is None:
            client["tls"] = {"insecure": True}
        elif not client["tls"].get("insecure"):
            client["tls"] = _with_files_of(certificates, client["tls"])
            if "endpoint" in exporter:
                # The name that it would ask for in a cluster.
                client["tls"]["server_name_override"] = urlsplit(f"//{exporter['endpoint'].split('//')[-1]}").hostname


def _with_files_of(certificates: Path, tls: Document) -> Document:
    moved = {key: value.replace(DIRECTORY, str(certificates)) for key, value in tls.items()}
    return moved | ({"reload_interval": "1s"} if "reload_interval" in moved else {})


def _hurry(local: Document) -> None:
    if "tail_sampling" in local["processors"]:
        local["processors"]["tail_sampling"]["decision_wait"] = f"{DECISION_WAIT_SECONDS}s"
    for name, connector in local.get("connectors", {}).items():
        if name.partition("/")[0] in ("spanmetrics", "servicegraph"):
            connector["metrics_flush_interval"] = "1s"
    for exporter in local["exporters"].values():
        exporter.get("retry_on_failure", {}).update({"initial_interval": "200ms", "max_interval": "1s"})


def _without_missing(local: Document, back_ends: dict[str, str]) -> Document:
    if "servicegraph" in local.get("connectors", {}) and "servicegraph" not in components()["connectors"]:
        del local["connectors"]["servicegraph"]
        for pipeline in local["service"]["pipelines"].values():
            for part in ("receivers", "exporters"):
                pipeline[part] = [name for name in pipeline[part] if name != "servicegraph"]
    if "loadbalancing" in local["exporters"] and "loadbalancing" not in components()["exporters"]:
        balancer = local["exporters"].pop("loadbalancing")
        local["exporters"]["otlp_grpc/in_place_of_loadbalancing"] = {
            **balancer["protocol"]["otlp"],
            "endpoint": back_ends["otlp_grpc"],
            "retry_on_failure": balancer["retry_on_failure"],
            "sending_queue": balancer["sending_queue"],
        }
        for pipeline in local["service"]["pipelines"].values():
            pipeline["exporters"] = [
                "otlp_grpc/in_place_of_loadbalancing" if name == "loadbalancing" else name
                for name in pipeline["exporters"]
            ]
    return local


def validate(document: Document, directory: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """What `otelcol validate` says."""
    command = [otelcol(), "validate", "--config", _written(document, directory)]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


@dataclass
class Collector:
    """A running collector."""

    process: subprocess.Popen[bytes]
    ports: Ports
    log: Path

    def own_metric(self, name: str) -> float:
        """The sum of one of its own metrics over all labels; 0 when it has none yet."""
        with urllib.request.urlopen(f"http://{LOOPBACK}:{self.ports.metrics}/metrics", timeout=5) as response:
            lines = response.read().decode().splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith((f"{name}{{", f"{name} ")))

    def stop(self) -> None:
        """As Kubernetes does: ask, then kill."""
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """At once, as when memory runs out."""
        self.process.kill()
        self.process.wait()


@contextmanager
def running(
    document: Document,
    ports: Ports,
    directory: Path,
    environment: dict[str, str] = POD_ENVIRONMENT,
    arguments: Sequence[str] = (),
) -> Iterator[Collector]:
    """Start the collector with a configuration and wait until it is healthy; it ends with the block."""
    collector = start(document, ports, directory, environment, arguments)
    try:
        yield collector
    finally:
        if collector.process.poll() is None:
            collector.stop()


def start(
    document: Document, ports: Ports, directory: Path, environment: dict[str, str], arguments: Sequence[str] = ()
) -> Collector:
    """A healthy collector. Raises AssertionError with the end of its log if it doesn't get healthy."""
    log = directory / "otelcol.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [otelcol(), "--config", _written(document, directory), *arguments],
            stdout=output,
            stderr=output,
            env=environment,
        )
    try:
        _wait_until_healthy(process, ports, log)
    except BaseException:
        process.kill()
        process.wait()
        raise
    return Collector(process, ports, log)


def _wait_until_healthy(process: subprocess.Popen[bytes], ports: Ports, log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://{LOOPBACK}:{ports.health}/", timeout=1):
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"the collector did not start:\n{log.read_text()[-3000:]}")


def _written(document: Document, directory: Path) -> Path:
    path = directory / "otelcol.yaml"
    # Of half a megabyte: PyYAML's own writer takes seconds.
    path.write_text(yaml_text(document), encoding="utf-8")
    return path
