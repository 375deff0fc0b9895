"""What agents scrape, on loopback: each job's exposition as its inventory lists it, and a kubelet's summary."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from telemetry.alerting.rules.inventory import inventory_files
from telemetry.collector.scrapes import Scrape
from tests.artefacts.collector_driver import LOOPBACK, Document

UNLISTED = "unlisted_family_total"
COMPONENT = "distributor"
VOLUME, CLAIM = "storage", "storage-checkout-0"


def exposition(inventory: str) -> str:
    """One series of every listed metric with every listed label, and a family that isn't listed."""
    file = inventory_files()[inventory]
    lines = [f"# TYPE {UNLISTED} counter", f"{UNLISTED} 1"]
    for name, metric in file.metrics.items():
        # The component is the target's own label.
        labels = dict.fromkeys({*file.labels, *metric.labels} - {"component", "le", "quantile"}, "x")
        kind = "gauge" if metric.type == "info" else metric.type
        lines += [f"# TYPE {name} {kind}", *_samples(name, kind, labels)]
    return "\n".join(lines) + "\n"


def _samples(name: str, kind: str, labels: dict[str, str]) -> Iterator[str]:
    if kind == "histogram":
        for bound in ("0.1", "+Inf"):
            yield f"{name}_bucket{_text(labels | {'le': bound})} 1"
    if kind == "summary":
        yield f"{name}{_text(labels | {'quantile': '0.5'})} 1"
    if kind in ("histogram", "summary"):
        yield f"{name}_sum{_text(labels)} 1"
        yield f"{name}_count{_text(labels)} 1"
    else:
        yield f"{name}{_text(labels)} 1"


def _text(labels: dict[str, str]) -> str:
    return "{" + ",".join(f'{key}="{value}"' for key, value in labels.items()) + "}" if labels else ""


@contextmanager
def serving(pages: dict[str, str]) -> Iterator[int]:
    """Serves texts by path on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = pages.get(self.path.partition("?")[0])
            self.send_response(200 if body is not None else 404)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write((body or "").encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


def discovered(job: Scrape, pod: str, node: str, address: str, path: str = "/metrics") -> Document:
    """A target as Kubernetes' service discovery would describe it; its rules for targets then run as rendered."""
    meta = {
        "namespace": job.namespace,
        "pod_name": pod,
        "pod_uid": f"uid-of-{pod}",
        "pod_node_name": node,
        "pod_container_name": "main",
        "pod_container_port_number": str(job.port),
        "pod_phase": "Running",
        "pod_label_app_kubernetes_io_component": COMPONENT,
        f"pod_label_{job.label}": job.value,
    }
    labels = {f"__meta_kubernetes_{key}": value for key, value in meta.items()}
    return {"targets": [address], "labels": {**labels, "__metrics_path__": path}}


def kubelet_pages(node: str, pod: dict[str, Any]) -> dict[str, str]:
    """A kubelet's /stats/summary and /pods with one pod that has a volume of a claim."""
    metadata = pod["metadata"]
    name = pod["spec"]["containers"][0]["name"]
    volumes = [{"name": VOLUME, "persistentVolumeClaim": {"claimName": CLAIM}}]
    status = {"phase": "Running", "containerStatuses": [{"name": name, "containerID": "containerd://1234"}]}
    pods = {
        "kind": "PodList",
        "apiVersion": "v1",
        "items": [{"metadata": metadata, "spec": {**pod["spec"], "volumes": volumes}, "status": status}],
    }
    began = "2026-11-24T00:00:00Z"
    container = {"name": name, "startTime": began, **_usage(), "rootfs": _disk(), "logs": _disk()}
    summary = {
        "node": {"nodeName": node, "startTime": began, **_usage(), "network": _network(), "fs": _disk()},
        "pods": [
            {
                "podRef": {key: metadata[key] for key in ("name", "namespace", "uid")},
                "startTime": began,
                "containers": [container],
                **_usage(),
                "network": _network(),
                "volume": [{"name": VOLUME, "pvcRef": {"name": CLAIM, "namespace": metadata["namespace"]}, **_disk()}],
                "ephemeral-storage": _disk(),
            }
        ],
    }
    return {"/stats/summary": json.dumps(summary), "/pods": json.dumps(pods)}


NOW = "2026-11-25T00:00:00Z"


def _usage() -> dict[str, Any]:
    return {
        "cpu": {"time": NOW, "usageNanoCores": 1_000_000, "usageCoreNanoSeconds": 5_000_000_000},
        "memory": {
            "time": NOW, "availableBytes": 3_000_000, "usageBytes": 2_000_000, "workingSetBytes": 1_500_000,
            "rssBytes": 1_000_000, "pageFaults": 10, "majorPageFaults": 1,
        },
    }  # fmt: skip


def _disk() -> dict[str, Any]:
    return {
        "time": NOW, "availableBytes": 5_000_000, "capacityBytes": 10_000_000, "usedBytes": 5_000_000,
        "inodesFree": 90, "inodes": 100, "inodesUsed": 10,
    }  # fmt: skip


def _network() -> dict[str, Any]:
    counted = {"name": "eth0", "rxBytes": 1000, "rxErrors": 0, "txBytes": 1000, "txErrors": 0}
    return {"time": NOW, **counted, "interfaces": [counted]}
