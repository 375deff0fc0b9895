"""The three environments side by side: every default that differs, and those that are common.

Sources: the mission's environment, retention and sampling tables; node shapes from the cost study of 2026-11-24
(staging: one on-demand and two spot t4g.medium; prod: one on-demand and three spot t4g.large behind one NAT gateway;
dev: two spot t4g.medium in staging's cluster); sizes from the charts' documented minima at small load.
"""

from collections.abc import Mapping
from typing import NamedTuple

from settings.environment import Environment

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


class Row(NamedTuple):
    """One settings key with its default in each environment."""

    key: str
    dev: Json
    staging: Json
    prod: Json


def _same(key: str, value: Json) -> Row:
    return Row(key, value, value, value)


def _size(replicas: int, cpu: int, request: int, limit: int, volume: int | None = None) -> Json:
    """A workload: replicas, CPU millicores, memory request and limit in MiB, volume in GiB."""
    return {
        "replicas": replicas,
        "cpu_request_millicores": cpu,
        "memory_request_mib": request,
        "memory_limit_mib": limit,
        "volume_gib": volume,
    }


def _nodes(capacity_type: str, instance_type: str, nodes: int, max_nodes: int, root_volume_gib: int) -> Json:
    return {
        "capacity_type": capacity_type,
        "instance_types": [instance_type],
        "nodes": nodes,
        "min_nodes": nodes,
        "max_nodes": max_nodes,
        "root_volume_gib": root_volume_gib,
    }


TABLE: tuple[Row, ...] = (
    # key                                  dev               staging            prod
    _same("project", "pyairtable-lgtm"),
    _same("region", "us-west-2"),
    Row("namespace", "monitoring-dev", "monitoring", "monitoring"),
    Row("budget.usd_per_month", 75, 165, 387),
    Row("budget.compute_usd_per_month", None, None, 214),
    Row("budget.storage_usd_per_month", None, None, 98),
    Row("budget.operations_usd_per_month", None, None, 75),
    Row("capacity.memory_gb", 8, 12, 16),
    Row("capacity.cpu_cores", 4, 6, 8),
    Row("capacity.storage_gb", 100, 300, 1000),
    Row("cluster.mode", "shared", "eks", "eks"),
    _same("identity", "pod_identity"),
    Row("storage.encryption", "sse_s3", "sse_s3", "sse_kms"),
    Row("storage.protect", False, False, True),
    Row("storage.force_destroy", True, True, False),
    _same("retention.logs", {"hot_days": 3, "warm_days": 7, "delete_days": 14}),
    _same("retention.traces", {"hot_days": 1, "warm_days": 3, "delete_days": 7}),
    _same("retention.metrics", {"hot_days": 1, "warm_days": 30, "delete_days": 90}),
    _same(
        "audit.transitions",
        [
            {"days": 30, "storage_class": "STANDARD_IA"},
            {"days": 90, "storage_class": "GLACIER"},
            {"days": 180, "storage_class": "DEEP_ARCHIVE"},
        ],
    ),
    Row("audit.delete_days", 400, 400, 2557),
    _same("sampling.mode", "normal"),
    _same("sampling.slow_threshold_ms", 1000),
    _same("sampling.critical_percent", 25),
    _same("sampling.python_percent", 30),
    _same("sampling.background_percent", 5),
    Row("ingestion.logs_mb_per_second", 4, 8, 20),
    Row("ingestion.logs_burst_mb", 8, 16, 50),
    Row("ingestion.traces_mb_per_second", 5, 10, 20),
    Row("ingestion.traces_burst_mb", 10, 20, 50),
    Row("ingestion.metrics_samples_per_second", 10_000, 25_000, 50_000),
    Row("ingestion.max_series", 50_000, 150_000, 300_000),
    Row("charts.timeout_seconds", 600, 600, 900),
    _same("grafana", {}),
    Row("sizes.loki.monolithic", _size(1, 250, 512, 1024, 10), _size(1, 500, 1024, 2048, 20), _size(3, 250, 512, 1280, 30)),
    Row("sizes.loki.chunks_cache_mb", 0, 256, 256),
    Row("sizes.loki.results_cache_mb", 0, 64, 64),
    Row("sizes.tempo", _size(1, 200, 512, 1024, 10), _size(1, 400, 1024, 2048, 20), _size(1, 500, 1280, 2560, 50)),
    Row("sizes.mimir.distributor", _size(1, 50, 128, 320), _size(2, 100, 192, 384), _size(2, 150, 224, 448)),
    Row("sizes.mimir.ingester", _size(1, 100, 512, 1024, 10), _size(1, 200, 1024, 2048, 20), _size(3, 200, 640, 1280, 30)),
    Row("sizes.mimir.querier", _size(1, 50, 128, 448), _size(1, 100, 256, 640), _size(2, 100, 224, 640)),
    Row("sizes.mimir.query_frontend", _size(1, 50, 96, 256), _size(1, 50, 128, 256), _size(1, 50, 128, 256)),
    _same("sizes.mimir.query_scheduler", _size(1, 25, 64, 128)),
    Row("sizes.mimir.store_gateway", _size(1, 50, 192, 448, 5), _size(1, 100, 384, 768, 10), _size(1, 100, 448, 896, 20)),
    Row("sizes.mimir.compactor", _size(1, 50, 192, 512, 10), _size(1, 100, 384, 1024, 20), _size(1, 100, 448, 1280, 50)),
    Row("sizes.mimir.ruler", _size(1, 50, 96, 256), _size(1, 50, 128, 320), _size(1, 75, 160, 384)),
    Row("sizes.mimir.alertmanager", _size(1, 10, 48, 128, 1), _size(1, 10, 48, 128, 1), _size(1, 10, 64, 128, 1)),
    Row("sizes.mimir.gateway", _size(1, 20, 32, 64), _size(1, 25, 32, 64), _size(2, 25, 32, 64)),
    Row("sizes.grafana", _size(1, 120, 384, 768, 5), _size(1, 170, 448, 896, 10), _size(1, 220, 512, 1024, 10)),
    Row("sizes.collector_agent", _size(1, 50, 128, 256), _size(1, 75, 160, 320), _size(1, 75, 160, 320)),
    Row("sizes.collector_gateway", _size(1, 150, 384, 768), _size(2, 200, 512, 1024), _size(2, 250, 576, 1152)),
)

# Rows that only make sense in one cluster mode; `cluster.mode` decides which apply.
MODE_TABLE: Mapping[str, tuple[Row, ...]] = {
    "eks": (
        _same("cluster.kubernetes_version", "1.35"),
        Row("cluster.control_plane_logs", [], ["audit"], ["audit", "authenticator"]),
        Row("cluster.log_retention_days", 7, 7, 30),
        Row("cluster.node_groups.on-demand", _nodes("on_demand", "t4g.medium", 1, 2, 20),
            _nodes("on_demand", "t4g.medium", 1, 2, 30), _nodes("on_demand", "t4g.large", 1, 2, 40)),
        Row("cluster.node_groups.spot", _nodes("spot", "t4g.medium", 1, 2, 20),
            _nodes("spot", "t4g.medium", 2, 3, 30), _nodes("spot", "t4g.large", 3, 4, 40)),
        Row("network.vpc_cidr", "10.20.0.0/16", "10.21.0.0/16", "10.22.0.0/16"),
        Row("network.availability_zones", 2, 3, 3),
        Row("network.nat", "none", "none", "one"),
    ),
    "shared": (
        _same("cluster.owner_stack", "staging"),
        _same("cluster.node_groups.dev-spot", _nodes("spot", "t4g.medium", 2, 3, 20)),
    ),
    "existing": (_same("cluster.storage_class", "standard"),),
}  # fmt: skip


def defaults_for(environment: Environment, mode: str | None) -> dict[str, Json]:
    """The nested document of defaults; `mode` is the cluster mode the stack asked for, if it did."""
    document: dict[str, Json] = {}
    for row in TABLE:
        _put(document, row.key, _cell(row, environment))
    chosen = mode or _cell(next(row for row in TABLE if row.key == "cluster.mode"), environment)
    for row in MODE_TABLE.get(str(chosen), ()):
        _put(document, row.key, _cell(row, environment))
    return document


def _cell(row: Row, environment: Environment) -> Json:
    return {Environment.DEV: row.dev, Environment.STAGING: row.staging, Environment.PROD: row.prod}[environment]


def _put(document: dict[str, Json], key: str, value: Json) -> None:
    *parents, leaf = key.split(".")
    for parent in parents:
        child = document.setdefault(parent, {})
        assert isinstance(child, dict)  # rows never put a value where another row puts a table
        document = child
    document[leaf] = value
