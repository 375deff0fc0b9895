"""The three environments side by side: every default that differs, and those that are common.

Sources: the published targets of each environment (budget, capacity, retention, sampling); node shapes from the cost
study of 2026-11-24
(staging: one on-demand and two spot t4g.medium; prod: one on-demand and three spot t4g.large behind one NAT gateway;
dev: two spot t4g.medium in staging's cluster); sizes from the charts' documented minima at small load.
"""

from collections.abc import Mapping
from typing import NamedTuple

from planning.instances import BURSTABLE_FAMILIES, Architecture
from planning.json_value import Json
from settings.models.environment import Environment


class Row(NamedTuple):
    """One settings key with its default in each environment."""

    key: str
    dev: Json
    staging: Json
    prod: Json


def _same(key: str, value: Json) -> Row:
    return Row(key, value, value, value)


def _w(replicas: int, cpu: int, request: int, limit: int, volume: int | None = None) -> Json:
    """A workload; the short name keeps the table's lines in view."""
    return {
        "replicas": replicas,
        "cpu_request_millicores": cpu,
        "memory_request_mib": request,
        "memory_limit_mib": limit,
        "volume_gib": volume,
    }


def _days(hot: int, warm: int, delete: int) -> Json:
    return {"hot_days": hot, "warm_days": warm, "delete_days": delete}


def _slo(availability: float, latency: float, threshold_ms: int) -> Json:
    return {
        "availability_percent": availability,
        "latency_percent": latency,
        "latency_threshold_ms": threshold_ms,
    }


def _move(days: int, storage_class: str) -> Json:
    return {"days": days, "storage_class": storage_class}


# Each size may be another: a spot group takes whichever there is, at its price.
_SPOT_SIZES = ("medium", "large", "xlarge", "2xlarge")


def _nodes(
    capacity_type: str, instance_type: str, nodes: int, max_nodes: int, root_volume_gib: int, cpu_credits: str
) -> Json:
    return {
        "capacity_type": capacity_type,
        "instance_types": _spot_types(instance_type) if capacity_type == "spot" else [instance_type],
        "cpu_credits": cpu_credits,
        "nodes": nodes,
        "min_nodes": nodes,
        "max_nodes": max_nodes,
        "root_volume_gib": root_volume_gib,
    }


def _spot_types(smallest: str) -> list[Json]:
    """Three sizes from the smallest that the pods fit on: more pools for spot, all of them burstable."""
    family, _, size = smallest.partition(".")
    first = _SPOT_SIZES.index(size)
    return [f"{family}.{one}" for one in _SPOT_SIZES[first : first + 3]]


# fmt: off
TABLE: tuple[Row, ...] = (
    #   key                                     dev               staging       prod
    _same("region",                             "us-west-2"),
    Row("namespace",                            "monitoring-dev", "monitoring", "monitoring"),
    Row("budget.usd_per_month",                 75,               165,          387),
    Row("budget.compute_usd_per_month",         None,             None,         214),
    Row("budget.storage_usd_per_month",         None,             None,         98),
    Row("budget.operations_usd_per_month",      None,             None,         75),
    Row("capacity.memory_gb",                   8,                12,           16),
    Row("capacity.cpu_cores",                   4,                6,            8),
    Row("capacity.storage_gb",                  100,              300,          1000),
    Row("availability",                         "none",           "none",         "zone"),
    Row("cluster.mode",                         "shared",         "eks",        "eks"),
    _same("network_policies.strict",            False),
    _same("identity",                           "pod_identity"),
    _same("tls.certificate_days",               90),
    _same("tls.cert_manager_namespace",         "cert-manager"),
    Row("storage.encryption",                   "sse_s3",         "sse_s3",     "sse_kms"),
    Row("storage.protect",                      False,            False,        True),
    Row("storage.force_destroy",                True,             True,         False),
    _same("backup",                             {}),
    #   days                                    hot  warm  delete
    _same("retention.logs",                     _days(3, 7, 14)),
    _same("retention.traces",                   _days(1, 3, 7)),
    _same("retention.metrics",                  _days(1, 30, 90)),
    _same("audit.transitions",                  [_move(30, "STANDARD_IA"), _move(90, "GLACIER"),
                                                 _move(180, "DEEP_ARCHIVE")]),
    #   key                                     dev               staging       prod
    Row("audit.delete_days",                    400,              400,          2557),
    _same("sampling.mode",                      "normal"),
    _same("sampling.slow_threshold_ms",         1000),
    _same("sampling.critical_percent",          25),
    _same("sampling.standard_percent",          10),
    _same("sampling.background_percent",        5),
    #   masked by name; what is found in text is masked as well
    _same("redaction.denied_attributes",        ["*password*", "*passwd*", "*passphrase*", "*secret*", "*api_key*",
                                                 "*api-key*", "*apikey*", "*authorization*", "*cookie*",
                                                 "*access_token*", "*refresh_token*", "*id_token*", "*private_key*",
                                                 "*card_number*", "*cvv*", "*.ssn"]),
    _same("redaction.hashed_attributes",        ["enduser.id", "user.id", "user.email", "session.id"]),
    _same("redaction.allowed_attributes",       []),
    _same("redaction.ignored_attributes",       []),
    #   national phone numbers look like other numbers
    _same("redaction.personal_data",            ["email", "phone", "iban", "national_id", "client_address"]),
    _same("span_metrics.tenant_attribute",      "tenant.id"),
    _same("metrics.drop",                       []),
    _same("metrics.aggregate",                  []),
    _same("logs.thin",                          []),
    #   expected load, daily mean
    Row("workload.requests_per_second",         20,               100,          400),
    _same("workload.spans_per_request",         8),
    _same("workload.bytes_per_span",            400),
    _same("workload.log_lines_per_request",     2),
    _same("workload.bytes_per_log_line",        250),
    Row("workload.log_streams",                 40,               50,           60),
    Row("workload.active_series",               15_000,           30_000,       60_000),
    _same("workload.scrape_interval_seconds",   30),
    _same("workload.error_percent",             1),
    _same("workload.slow_percent",              1),
    _same("workload.critical_percent",          20),
    _same("workload.overridden_percent",        0),
    _same("workload.background_percent",        30),
    Row("ingestion.logs_mb_per_second",         4,                8,            20),
    Row("ingestion.logs_burst_mb",              8,                16,           50),
    Row("ingestion.traces_mb_per_second",       5,                10,           20),
    Row("ingestion.traces_burst_mb",            10,               20,           50),
    Row("ingestion.metrics_samples_per_second", 10_000,           25_000,       50_000),
    Row("ingestion.max_series",                 50_000,           150_000,      300_000),
    Row("charts.timeout_seconds",               600,              600,          900),
    _same("grafana",                            {}),
    _same("profiles.enabled",                   False),
    #   objectives by tier: available, fast enough, within
    _same("slos.critical",                      _slo(99.9, 99, 1000)),
    _same("slos.standard",                      _slo(99.5, 95, 1000)),
    _same("slos.background",                    _slo(99, 95, 5000)),
    _same("slos.services",                      {}),
    _same("alerting.storage_growth_gb_per_day", 10),
    _same("alerting.ingestion_mb_per_second",   20),
    _same("alerting.telemetry_missing_minutes", 15),
    _same("alerting.quiet_hours.time_zone",     "UTC"),
    _same("alerting.quiet_hours.start",         "22:00"),
    _same("alerting.quiet_hours.end",           "07:00"),
    _same("alerting.quiet_hours.weekends",      True),
    _same("alerting.receivers.critical",        []),
    _same("alerting.receivers.warning",         []),
    _same("alerting.receivers.info",            []),
    _same("alerting.receivers.watchdog",        False),
    Row("sizes.loki.chunks_cache_mb",           0,                256,          256),
    Row("sizes.loki.results_cache_mb",          0,                64,           64),
)

# Workloads: replicas, CPU request in millicores, memory request and limit in MiB, volume in GiB.
SIZE_TABLE: tuple[Row, ...] = (
    #   sizes.*                  dev                         staging                      prod
    Row("loki.monolithic",       _w(1, 250, 512, 1024, 10),  _w(1, 500, 1024, 2048, 20),  _w(3, 250, 512, 1280, 30)),
    Row("tempo",                 _w(1, 200, 512, 1024, 10),  _w(1, 400, 1024, 2048, 20),  _w(1, 500, 1280, 2560, 50)),
    Row("mimir.distributor",     _w(1, 50, 128, 320),        _w(2, 100, 192, 384),        _w(2, 150, 224, 448)),
    Row("mimir.ingester",        _w(1, 100, 512, 1024, 10),  _w(1, 200, 1024, 2048, 20),  _w(3, 200, 640, 1280, 30)),
    Row("mimir.querier",         _w(1, 50, 128, 448),        _w(1, 100, 256, 640),        _w(2, 100, 224, 640)),
    Row("mimir.query_frontend",  _w(1, 50, 96, 256),         _w(1, 50, 128, 256),         _w(1, 50, 128, 256)),
    Row("mimir.query_scheduler", _w(1, 25, 64, 128),         _w(1, 25, 64, 128),          _w(1, 25, 64, 128)),
    Row("mimir.store_gateway",   _w(1, 50, 192, 448, 5),     _w(1, 100, 384, 768, 10),    _w(1, 100, 448, 896, 20)),
    Row("mimir.compactor",       _w(1, 50, 192, 512, 10),    _w(1, 100, 384, 1024, 20),   _w(1, 100, 448, 1280, 50)),
    Row("mimir.ruler",           _w(1, 50, 96, 256),         _w(1, 50, 128, 320),         _w(1, 75, 160, 384)),
    Row("mimir.alertmanager",    _w(1, 10, 48, 128, 1),      _w(1, 10, 48, 128, 1),       _w(1, 10, 64, 128, 1)),
    Row("mimir.gateway",         _w(1, 20, 32, 64),          _w(1, 25, 32, 64),           _w(2, 25, 32, 64)),
    Row("grafana",               _w(1, 120, 384, 768, 5),    _w(1, 170, 448, 896, 10),    _w(1, 220, 512, 1024, 10)),
    Row("collector_agent",       _w(1, 50, 128, 256),        _w(1, 75, 160, 320),         _w(1, 75, 160, 320)),
    Row("collector_gateway",     _w(1, 150, 384, 768),       _w(2, 200, 512, 1024),       _w(2, 250, 576, 1152)),
)

# Rows that only make sense where profiles.enabled is true.
PROFILES_TABLE: tuple[Row, ...] = (
    #   key                                     dev               staging       prod
    _same("retention.profiles",                 _days(1, 3, 7)),
    Row("workload.profile_mb_per_second",       0.02,             0.05,         0.2),
    Row("ingestion.profiles_mb_per_second",     2,                4,            4),
    Row("ingestion.profiles_burst_mb",          4,                8,            8),
    Row("sizes.pyroscope",                      _w(1, 100, 256, 640, 1),  _w(1, 100, 384, 768, 5),
                                                _w(1, 200, 512, 1024, 5)),
)

# Rows that only make sense in one cluster mode; `cluster.mode` decides which apply.
# Node groups: how they are bought, instance type, nodes, most nodes, root volume in GiB.
MODE_TABLE: Mapping[str, tuple[Row, ...]] = {
    "eks": (
        #   key                                 dev               staging         prod
        _same("cluster.kubernetes_version",     "1.36"),
        Row("cluster.control_plane_logs",       [],               ["audit"],      ["audit", "authenticator"]),
        Row("cluster.log_retention_days",       7,                7,              365),
        Row("cluster.log_class",                "infrequent_access", "infrequent_access", "standard"),
        _same("cluster.encrypt_logs",           True),
        _same("network_policies.strict",        True),
        _same("cluster.addons",                 {"kube_state_metrics": True, "prometheus_node_exporter": True,
                                                 "cert_manager": True}),
        Row("network.vpc_cidr",                 "10.20.0.0/16",   "10.21.0.0/16", "10.22.0.0/16"),
        Row("network.availability_zones",       2,                3,              3),
        Row("network.nat",                      "none",           "none",         "one"),
        Row("cluster.node_groups.on-demand",    _nodes("on_demand", "t4g.medium", 1, 2, 20, "standard"),
                                                _nodes("on_demand", "t4g.medium", 1, 2, 20, "standard"),
                                                _nodes("on_demand", "t4g.large", 1, 2, 40, "unlimited")),
        # dev's pods, EKS's and the add-ons' need more addresses than two t4g.medium have.
        Row("cluster.node_groups.spot",         _nodes("spot", "t4g.large", 1, 2, 20, "standard"),
                                                _nodes("spot", "t4g.medium", 2, 3, 20, "standard"),
                                                _nodes("spot", "t4g.large", 3, 4, 40, "unlimited")),
    ),
    "shared": (
        _same("cluster.owner_stack",            "staging"),
        _same("cluster.node_groups.dev-spot",   _nodes("spot", "t4g.medium", 2, 3, 20, "standard")),
    ),
    "existing": (
        _same("cluster.storage_class",          "standard"),
    ),
}
# fmt: on


def defaults_for(
    environment: Environment,
    mode: str | None,
    *,
    profiles: bool = True,
    architecture: Architecture = Architecture.ARM64,
) -> dict[str, Json]:
    """The nested document of defaults; `mode` is the cluster mode the stack asked for, if it did."""
    document: dict[str, Json] = {}
    for row in TABLE:
        _put(document, row.key, _cell(row, environment))
    for row in SIZE_TABLE:
        _put(document, f"sizes.{row.key}", _cell(row, environment))
    for row in PROFILES_TABLE if profiles else ():
        _put(document, row.key, _cell(row, environment))
    for row in MODE_TABLE.get(mode or default_mode(environment), ()):
        _put(document, row.key, _of_architecture(_cell(row, environment), architecture))
    return document


def _of_architecture(value: Json, architecture: Architecture) -> Json:
    """The table's Graviton types, or those of the same sizes: t3 has t4g's cores, memory and baselines."""
    if not isinstance(value, dict) or not isinstance(types := value.get("instance_types"), list):
        return value
    (family, *_) = BURSTABLE_FAMILIES[architecture]
    renamed: list[Json] = [f"{family}.{str(one).partition('.')[2]}" for one in types]
    return {**value, "instance_types": renamed}


def default_mode(environment: Environment) -> str:
    """The cluster mode of a stack that doesn't name one."""
    return str(_cell(next(row for row in TABLE if row.key == "cluster.mode"), environment))


def _cell(row: Row, environment: Environment) -> Json:
    return {Environment.DEV: row.dev, Environment.STAGING: row.staging, Environment.PROD: row.prod}[environment]


def _put(document: dict[str, Json], key: str, value: Json) -> None:
    *parents, leaf = key.split(".")
    for parent in parents:
        child = document.setdefault(parent, {})
        if not isinstance(child, dict):
            raise TypeError(f"{key}: a row puts a table where another row puts a value")
        document = child
    document[leaf] = value
