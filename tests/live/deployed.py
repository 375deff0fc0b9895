"""The configurations that prod deploys, taken out of its rendered real charts, with this machine's addresses and paths.

Changed, everything else is as rendered: listening addresses, ports, names of other pods, paths of files, and memcached,
which is replaced by the cache inside each process. Certificates are the ones that the platform asks for.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from planning.buckets import BucketPurpose
from sandbox.bootstrap.paths import PROJECT_ROOT
from settings.models.names import Names
from settings.models.platform import PlatformSettings
from telemetry.charts.lock import ChartName, chart_source
from telemetry.charts.loki import loki_values
from telemetry.charts.object_storage import ObjectStorage
from telemetry.charts.tempo import tempo_values
from telemetry.kubernetes.placement import placement_for
from tests.stacks import stack_settings

Document = dict[str, Any]

CONFIGURATIONS = {ChartName.LOKI: ("loki", "config.yaml"), ChartName.TEMPO: ("tempo", "tempo.yaml")}
"""Where each chart writes its program's configuration: ConfigMap and key."""
KUBERNETES = "1.36"
ACCOUNT = "123456789012"
NAMES = Names(project=stack_settings("prod").project, stack="prod")


def object_storage(endpoint: str) -> ObjectStorage:
    """Prod's buckets on an S3 server of this machine."""
    return ObjectStorage(
        buckets={purpose: NAMES.bucket(purpose, ACCOUNT) for purpose in BucketPurpose},
        region="us-west-2",
        endpoint=endpoint,
        insecure=True,
        path_style=True,
        credentials_secret="live",
    )


class Charts(NamedTuple):
    """What renders the real charts."""

    helm: Path
    mirror: str
    """Folder of the locked charts, as archives or source trees."""
    work: Path
    """A folder for copies."""


def rendered(chart: ChartName, settings: PlatformSettings, storage: ObjectStorage, charts: Charts) -> Document:
    """A program's configuration as the chart writes it for prod. Raises `CalledProcessError` with Helm's words."""
    placement = placement_for(settings, "prod")
    build = {ChartName.LOKI: loki_values, ChartName.TEMPO: tempo_values}[chart]
    values = build(settings, storage, placement, "gp3").to_values()
    source = _renderable(Path(PROJECT_ROOT, chart_source(chart, charts.mirror).chart), charts.work)
    text = subprocess.run(
        [charts.helm, "template", chart.value, source, "--namespace", settings.namespace,
         "--kube-version", KUBERNETES, "-f", "-"],
        input=json.dumps(values), capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    name, key = CONFIGURATIONS[chart]
    (found,) = (
        document["data"][key]
        for document in yaml.load_all(text, yaml.CSafeLoader)
        if document and document["kind"] == "ConfigMap" and document["metadata"]["name"] == name
    )
    return yaml.load(found, yaml.CSafeLoader)


def _renderable(chart: Path, work: Path) -> Path:
    """A chart from a source tree has its dependencies declared and not at hand; none of them is switched on here."""
    if chart.is_file() or (chart / "charts").is_dir():
        return chart
    copy = work / chart.name
    shutil.copytree(chart, copy, dirs_exist_ok=True)
    metadata = yaml.safe_load((copy / "Chart.yaml").read_text())
    metadata.pop("dependencies", None)
    (copy / "Chart.yaml").write_text(yaml.safe_dump(metadata))
    return copy


def moved(document: Document, texts: Mapping[str, str]) -> Document:
    """The document with parts of its texts replaced: paths and names of other pods."""
    result = _moved(document, texts)
    assert isinstance(result, dict)
    return result


def _moved(value: Any, texts: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _moved(one, texts) for key, one in value.items()}
    if isinstance(value, list):
        return [_moved(one, texts) for one in value]
    if isinstance(value, str):
        for old, new in texts.items():
            value = value.replace(old, new)
    return value


def loki_on(
    document: Document, address: str, ports: Mapping[str, int], members: list[str], texts: Mapping[str, str]
) -> Document:
    """Loki's configuration for one replica; `ports` are those of http, grpc and memberlist, alike on all replicas."""
    local = moved(document, texts)
    local["server"] |= {
        "http_listen_address": address,
        "http_listen_port": ports["http"],
        "grpc_listen_address": address,
        "grpc_listen_port": ports["grpc"],
    }
    # A pod's name and address are its own. Given here for all rings, their store must be given as well.
    ring = {"instance_id": f"loki-{address}", "instance_addr": address, "kvstore": {"store": "memberlist"}}
    local["common"] |= {
        "instance_addr": address,
        "ring": ring,
        "compactor_grpc_address": f"{members[0]}:{ports['grpc']}",
    }
    local["memberlist"] |= {
        "bind_addr": [address],
        "advertise_addr": address,
        "bind_port": ports["memberlist"],
        "advertise_port": ports["memberlist"],
        "join_members": [f"{member}:{ports['memberlist']}" for member in members],
    }
    for cache in _caches(local):
        cache.pop("memcached", None)
        cache.pop("memcached_client")
        cache["embedded_cache"] = {"enabled": True, "max_size_mb": 64}
    return local


def _caches(value: Any) -> Iterator[Document]:
    if isinstance(value, dict):
        if "memcached_client" in value:
            yield value
        for one in value.values():
            yield from _caches(one)


def tempo_on(document: Document, ports: Mapping[str, int], texts: Mapping[str, str]) -> Document:
    """Tempo's configuration; `ports` are those of http, grpc, memberlist, otlp_grpc and otlp_http."""
    local = moved(document, texts)
    local["server"] |= {
        "http_listen_address": "127.0.0.1",
        "http_listen_port": ports["http"],
        "grpc_listen_address": "127.0.0.1",
        "grpc_listen_port": ports["grpc"],
    }
    local["memberlist"] |= {"bind_addr": ["127.0.0.1"], "bind_port": ports["memberlist"]}
    # What the chart opens beside OTLP binds fixed ports of the pod's own loopback.
    otlp = local["distributor"]["receivers"]["otlp"]["protocols"]
    otlp["grpc"]["endpoint"] = f"127.0.0.1:{ports['otlp_grpc']}"
    otlp["http"]["endpoint"] = f"127.0.0.1:{ports['otlp_http']}"
    local["distributor"]["receivers"] = {"otlp": {"protocols": otlp}}
    local["querier"] = local["querier"] | {"frontend_worker": {"frontend_address": f"127.0.0.1:{ports['grpc']}"}}
    return local
