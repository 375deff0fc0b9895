"""Configuration files of Loki, Tempo and Mimir as single binaries, from the models that fill the charts' values.

What a chart would add by itself (ports, paths, rings) is written out here. Sources: "Configuration parameters" in the
documentation of Grafana Loki 3.7, Tempo 2.10 and Mimir 3.2.
"""

from typing import Any, cast

from planning.backends import LOKI, MIMIR, TEMPO
from planning.buckets import BucketPurpose
from planning.tiers.application import LokiWindows
from planning.tiers.lifecycle import windows_of
from settings.models.platform import PlatformSettings
from telemetry.alerting.rules.mounts import LOKI_RULES
from telemetry.charts.loki_section import LokiSection, loki_section
from telemetry.charts.mimir_config import mimir_config
from telemetry.charts.object_storage import ObjectStorage
from telemetry.charts.tempo import tempo_values
from telemetry.kubernetes.placement import Placement

DATA = "/data"
# dskit's in-process key-value store: one process needs no gossip.
_ONE_PROCESS = {"store": "inmemory"}
_ONE_COPY: dict[str, Any] = {"kvstore": _ONE_PROCESS, "instance_addr": "127.0.0.1"}

Document = dict[str, Any]


def loki_file(settings: PlatformSettings, storage: ObjectStorage) -> Document:
    """Loki's configuration file."""
    windows = windows_of(settings.tier_plans[BucketPurpose.LOKI_CHUNKS], LokiWindows)
    section = loki_section(windows, settings.ingestion, settings.sizes.loki, storage)
    values = section.to_values()
    return {
        "auth_enabled": section.auth_enabled,
        "server": {"http_listen_port": LOKI.port},
        "common": {
            "path_prefix": DATA,
            "replication_factor": 1,
            "ring": _ONE_COPY,
            "storage": {"s3": _loki_s3(section, storage)},
        },
        "schema_config": values["schemaConfig"],
        "compactor": values["compactor"] | {"working_directory": f"{DATA}/compactor"},
        "limits_config": values["limits_config"],
        "ingester": values["ingester"],
        "querier": values["querier"],
        "ruler": {
            "storage": {"type": "local", "local": {"directory": LOKI_RULES.directory}},
            "rule_path": f"{DATA}/rules",
            "alertmanager_url": f"http://mimir:{MIMIR.port}/alertmanager",
            "ring": {"kvstore": _ONE_PROCESS},
            "enable_api": True,
        },
        "analytics": {"reporting_enabled": section.analytics.reporting_enabled},
    }


def _loki_s3(section: LokiSection, storage: ObjectStorage) -> Document:
    return {
        "bucketnames": section.storage.bucket_names.chunks,
        "region": storage.region,
        "endpoint": storage.endpoint,
        "insecure": storage.insecure,
        "s3forcepathstyle": storage.path_style,
    }


def tempo_file(settings: PlatformSettings, storage: ObjectStorage) -> Document:
    """Tempo's configuration file."""
    section = tempo_values(settings, storage, Placement(node_selector={}, tolerations=()), "").tempo
    trace = section.storage.trace.model_dump(mode="json")
    return {
        "server": {"http_listen_port": TEMPO.port},
        "distributor": {"receivers": {"otlp": section.receivers["otlp"]}, "ring": _ONE_COPY},
        "ingester": section.ingester.model_dump(mode="json") | {"lifecycler": {"ring": {"replication_factor": 1}}},
        "compactor": {"compaction": {"block_retention": section.retention}},
        "storage": {"trace": trace | {"wal": {"path": f"{DATA}/wal"}}},
        "overrides": section.overrides.model_dump(mode="json", by_alias=True),
        "usage_report": {"reporting_enabled": section.reporting_enabled},
    }


def mimir_file(settings: PlatformSettings, storage: ObjectStorage) -> Document:
    """Mimir's configuration file: all components and the Alertmanager in one process."""
    document: Document = mimir_config(settings, storage).model_dump(mode="json", exclude_none=True)
    own: Document = {
        "target": "all,alertmanager",
        "server": {"http_listen_port": MIMIR.port},
        "distributor": {"ring": _ONE_COPY},
        "ingester": {"ring": _ONE_COPY | {"replication_factor": 1}},
        "compactor": {"data_dir": f"{DATA}/compactor", "sharding_ring": _ONE_COPY},
        "store_gateway": {"sharding_ring": _ONE_COPY | {"replication_factor": 1}},
        "blocks_storage": {"tsdb": {"dir": f"{DATA}/tsdb"}, "bucket_store": {"sync_dir": f"{DATA}/tsdb-sync"}},
        "ruler": {
            "rule_path": f"{DATA}/rules",
            "alertmanager_url": f"http://127.0.0.1:{MIMIR.port}/alertmanager",
            "ring": _ONE_COPY,
        },
        "alertmanager": {
            "data_dir": f"{DATA}/alertmanager",
            "sharding_ring": _ONE_COPY | {"replication_factor": 1},
        },
    }
    return _laid_over(document, own)


def _laid_over(base: Document, top: Document) -> Document:
    merged = dict(base)
    for key, value in top.items():
        below, above = _table(merged.get(key)), _table(value)
        merged[key] = value if below is None or above is None else _laid_over(below, above)
    return merged


def _table(value: object) -> Document | None:
    return cast(Document, value) if isinstance(value, dict) else None
