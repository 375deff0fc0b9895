"""What the tests of the stand-in charts share: Helm, least values, and ways into what it renders."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import Any

import yaml

from sandbox.bootstrap.paths import PROJECT_ROOT
from telemetry.charts.lock import ChartName
from tests.chart_facts.values import RELEASES

Json = dict[str, Any]

STAND_INS = PROJECT_ROOT / "sandbox" / "charts"
SMALL = {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "256Mi"}}

LOKI: Json = {
    "singleBinary": {"replicas": 1, "resources": SMALL, "persistence": {"size": "7Gi", "storageClass": "gp3"}},
    "read": {"replicas": 0},
    "write": {"replicas": 0},
    "backend": {"replicas": 0},
    "loki": {
        "schemaConfig": {"configs": [{"from": "2026-01-01", "store": "tsdb", "schema": "v13"}]},
        "storage": {"bucketNames": {"chunks": "chunks", "ruler": "ruler"}, "s3": {"region": "us-west-2"}},
        "structuredConfig": {"limits_config": {"query_timeout": "7m"}},
    },
    "gateway": {"enabled": False},
}
NO_KAFKA: Json = {
    "kafka": {"enabled": False},
    "minio": {"enabled": False},
    "rollout_operator": {"enabled": False},
    "mimir": {"structuredConfig": {"ingest_storage": {"enabled": False}}},
    "ingester": {"zoneAwareReplication": {"enabled": False}},
    "store_gateway": {"zoneAwareReplication": {"enabled": False}},
}
COLLECTOR: Json = {"mode": "deployment", "image": {"repository": "otel/contrib"}}
# The least that makes each chart render.
LEAST: dict[ChartName, Json] = {
    ChartName.LOKI: LOKI,
    ChartName.TEMPO: {},
    ChartName.MIMIR: NO_KAFKA,
    ChartName.PYROSCOPE: {"alloy": {"enabled": False}, "pyroscope": {"rbac": {"create": False}}},
    ChartName.GRAFANA: {},
    ChartName.COLLECTOR: COLLECTOR,
}


def merged(base: Json, over: Json) -> Json:
    """`over` laid over `base`, map by map, as Helm does it."""
    both = dict(base)
    for key, value in over.items():
        maps = all(isinstance(side, dict) for side in (both.get(key), value))
        both[key] = merged(both[key], value) if maps else value
    return both


def helm(*arguments: str, values: Json | None = None, check: bool = True) -> subprocess.CompletedProcess[str]:
    binary = shutil.which("helm")
    assert binary is not None, "helm is not on PATH"
    command = [binary, *arguments, *(() if values is None else ("-f", "-"))]
    result = subprocess.run(command, input=json.dumps(values), capture_output=True, text=True, check=False)
    assert not check or result.returncode == 0, result.stderr
    return result


def render(chart: ChartName, values: Json, release: str | None = None) -> list[Json]:
    name = release or {chart: name for name, chart in RELEASES.items()}[chart]
    text = helm("template", name, str(STAND_INS / chart), "-n", "monitoring", values=values).stdout
    return [document for document in yaml.safe_load_all(text) if document]


def one(documents: list[Json], kind: str, name: str) -> Json:
    found = [d for d in documents if d["kind"] == kind and d["metadata"]["name"] == name]
    assert len(found) == 1, f"{kind} {name} among {sorted((d['kind'], d['metadata']['name']) for d in documents)}"
    return found[0]


def names(documents: list[Json], kind: str) -> set[str]:
    return {document["metadata"]["name"] for document in documents if document["kind"] == kind}


def pod(workload: Json) -> Json:
    spec: Json = workload["spec"]["template"]["spec"]
    return spec


def container(workload: Json, name: str | None = None) -> Json:
    containers: list[Json] = pod(workload)["containers"]
    return next(c for c in containers if name is None or c["name"] == name)


def ports(service: Json) -> dict[str, int]:
    return {port["name"]: port["port"] for port in service["spec"]["ports"]}
