"""Builds and runs the snippets of `telemetry.integration` as services are run: with the environment of a patched pod.

Substituted: the collector's address, the exporting interval of metrics where a test says so, and the address that
example servers listen on, which is loopback. The kubelet's part, which the simulated nodes lack, is done here:
environment variables are resolved from the pod, and standard output is kept in the container runtime's format.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from opentelemetry.proto.metrics.v1.metrics_pb2 import HistogramDataPoint
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from sandbox.bootstrap.paths import VENV_BIN
from tests.artefacts.agent_driver import Cluster
from tests.artefacts.collector_driver import LOOPBACK, Document
from tests.artefacts.kubernetes_driver import apply, eventually, get, kubectl
from tests.artefacts.otlp_sink import Sink, attributes
from tests.stacks import REPOSITORY

DATA = REPOSITORY / "tests" / "data" / "integration"
NAMESPACE = "shop"
VERSION = "1.4.2"
STOP_SECONDS = 20.0
# What a service needs of this machine, beside what its pod gives it.
MACHINE = {name: os.environ[name] for name in ("PATH", "HOME", "LD_LIBRARY_PATH") if name in os.environ}


def build_go(files: Mapping[str, str], directory: Path) -> Path:
    """The program, compiled in a module whose go.sum pins everything. Raises AssertionError."""
    for name in ("go.mod", "go.sum"):
        shutil.copy(DATA / "go" / name, directory)
    for name, text in files.items():
        (directory / name).write_text(text)
    _run(["gofmt", "-l", "-d", "."], directory, empty=True)
    _run(["go", "vet", "-mod=readonly", "."], directory)
    _run(["go", "build", "-mod=readonly", "-o", "service", "."], directory)
    return directory / "service"


def make_python(directory: Path) -> Path:
    """An interpreter with the packages that the snippets name, hashes checked."""
    uv = str(VENV_BIN / "uv")
    _run([uv, "venv", "--quiet", "--python", str(VENV_BIN / "python"), "packages"], directory)
    interpreter = directory / "packages" / "bin" / "python"
    requirements = DATA / "python" / "requirements.txt"
    command = [uv, "pip", "install", "--quiet", "--require-hashes", "--python", str(interpreter), "-r"]
    _run([*command, str(requirements)], directory)
    return interpreter


def _run(command: Sequence[str], directory: Path, *, empty: bool = False) -> None:
    result = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
    assert result.returncode == 0, f"{' '.join(command)}:\n{result.stdout}{result.stderr}"
    assert not (empty and result.stdout), result.stdout


def patched_pod(cluster: Cluster, service: str, patch: str) -> dict[str, Any]:
    """A pod of a Deployment with another name and a variable of its own, once the patch is applied."""
    name = f"{service}-blue"
    labels = {"app": name, "app.kubernetes.io/version": VERSION}
    containers = [{"name": service, "image": "example.invalid/app:1", "env": [{"name": "OWN", "value": "kept"}]}]
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": containers}},
        },
    }
    control_plane = cluster.control_plane
    apply(control_plane, deployment)
    kubectl(control_plane, "-n", NAMESPACE, "patch", "deployment", name, "--patch", patch)
    kubectl(control_plane, "-n", NAMESPACE, "rollout", "status", f"deployment/{name}", "--timeout=60s")

    def pods() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = get(control_plane, "-n", NAMESPACE, "pods", "-l", f"app={name}")["items"]
        return [pod for pod in found if len(_env(pod)) > 1 and "deletionTimestamp" not in pod["metadata"]]

    (pod,) = eventually(pods)
    return pod


def pod_environment(pod: dict[str, Any], collector: str, **changes: str) -> dict[str, str]:
    """What the pod's container sees: references resolved in order, as the kubelet does it."""
    resolved: dict[str, str] = {}
    for entry in _env(pod):
        value = _field(pod, entry["valueFrom"]["fieldRef"]["fieldPath"]) if "valueFrom" in entry else entry["value"]
        resolved[entry["name"]] = re.sub(r"\$\((\w+)\)", lambda found: resolved.get(found[1], found[0]), value)
    return {**MACHINE, **resolved, "OTEL_EXPORTER_OTLP_ENDPOINT": collector, **changes}


def _env(pod: dict[str, Any]) -> list[dict[str, Any]]:
    env: list[dict[str, Any]] = pod["spec"]["containers"][0]["env"]
    return env


def _field(pod: dict[str, Any], path: str) -> str:
    label = re.fullmatch(r"metadata\.labels\['(.+)'\]", path)
    return pod["metadata"]["labels"][label[1]] if label else pod["metadata"][path.removeprefix("metadata.")]


def shell_environment(text: str, **given: str) -> dict[str, str]:
    """What a POSIX shell makes of `export` lines."""
    result = subprocess.run(
        ["sh", "-euc", f"{text}\nenv -0"], env={**MACHINE, **given}, capture_output=True, text=True, check=True
    )
    return dict(entry.split("=", 1) for entry in result.stdout.split("\0") if entry)


@contextmanager
def serving(command: Sequence[str], port: int, output: Path, environment: dict[str, str]) -> Iterator[None]:
    """A server that answers; it is asked to stop at the end, as Kubernetes does, and must do so by itself."""
    with output.open("wb") as file:
        process = subprocess.Popen(command, cwd=output.parent, env=environment, stdout=file, stderr=file)
    try:
        eventually(lambda: process.poll() is not None or _answers(port))
        assert process.poll() is None, output.read_text()
        yield
        process.terminate()
        process.wait(STOP_SECONDS)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def _answers(port: int) -> bool:
    try:
        request(port, "/healthz")
    except OSError:
        return False
    return True


def request(port: int, path: str, **headers: str) -> str:
    """The body of the answer to a GET request. Raises OSError."""
    url = f"http://{LOOPBACK}:{port}{path}"
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=5) as answer:
        return answer.read().decode()


def keep_log(logs: Path, pod: dict[str, Any], lines: Sequence[str]) -> None:
    """Append to a container's log as containerd writes it."""
    metadata, container = pod["metadata"], pod["spec"]["containers"][0]["name"]
    folder = logs / f"{metadata['namespace']}_{metadata['name']}_{metadata['uid']}" / container
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "0.log").open("a") as file:
        for line in lines:
            file.write(f"{datetime.now(UTC).isoformat().replace('+00:00', 'Z')} stdout F {line}\n")
            time.sleep(0.001)


def for_services_only(document: Document) -> Document:
    """The agent without what watches node and cluster: telemetry of services and their log lines remain."""
    kept = {"otlp", "file_log"}
    document["receivers"] = {name: one for name, one in document["receivers"].items() if name in kept}
    pipelines = document["service"]["pipelines"]
    for pipeline in pipelines.values():
        pipeline["receivers"] = [name for name in pipeline["receivers"] if name in kept]
    document["service"]["pipelines"] = {name: one for name, one in pipelines.items() if one["receivers"]}
    for part in ("processors", "exporters"):
        used = {name for pipeline in document["service"]["pipelines"].values() for name in pipeline[part]}
        document[part] = {name: one for name, one in document[part].items() if name in used}
    extensions = [name for name in document["service"]["extensions"] if name in ("health_check", "file_storage")]
    document["service"]["extensions"] = extensions
    document["extensions"] = {name: document["extensions"][name] for name in extensions}
    return document


def write_python(files: dict[str, str], directory: Path) -> None:
    for file, content in files.items():
        if file.endswith(".py"):
            (directory / file).write_text(content)


def metrics_of(sink: Sink, name: str) -> set[str]:
    return {
        metric.name
        for one in list(sink.metrics)
        for resource in one.resource_metrics
        if attributes(resource.resource).get("service.name") == name
        for scope in resource.scope_metrics
        for metric in scope.metrics
    }


def spans_of(sink: Sink, trace_id: str) -> list[tuple[dict[str, str], Span]]:
    return [(about, span) for about, span in spans(sink) if span.trace_id.hex() == trace_id]


def spans(sink: Sink) -> list[tuple[dict[str, str], Span]]:
    return [(attributes(resource), span) for resource, span in sink.spans()]


def durations(sink: Sink, name: str, metric_name: str = "http.server.request.duration") -> list[HistogramDataPoint]:
    return [
        point
        for resource, metric in sink.measured(metric_name)
        if attributes(resource).get("service.name") == name
        for point in metric.histogram.data_points
    ]
