"""The coefficients behind the capacity plan, each with its unit, source and date.

`documented` is a vendor's published figure, `measured` was measured with this platform's configuration, `assumption` is
a judgement that a deployment should replace by its own measurement.
"""

from datetime import date
from enum import StrEnum
from typing import NamedTuple


class Basis(StrEnum):
    """How far a coefficient can be trusted."""

    DOCUMENTED = "documented"
    MEASURED = "measured"
    ASSUMPTION = "assumption"


class Coefficient(NamedTuple):
    """One number that the plan multiplies by."""

    value: float
    unit: str
    source: str
    as_of: date
    basis: Basis = Basis.DOCUMENTED


LOKI_SIZE = "Grafana Loki, Size the cluster, tier below 3 TB/day: 38 vCPU and 59 GiB"
TEMPO_SIZE = "Grafana Tempo 2.10, Size the cluster"
MIMIR_SIZE = "Grafana Mimir, Planning Grafana Mimir capacity"
LOKI_CONFIGURATION = "Grafana Loki 3.7, Configuration, ingester"
PROMETHEUS_STORAGE = "Prometheus, Storage, Operational aspects: 1 to 2 bytes a sample"
PLATFORM = "This platform's configuration"
LOKI_DATE = date(2026, 8, 1)
TEMPO_DATE = date(2026, 5, 28)
MIMIR_DATE = date(2026, 6, 3)
TODAY = date(2026, 11, 24)


def _assumed(value: float, unit: str, reason: str) -> Coefficient:
    return Coefficient(value, unit, reason, TODAY, Basis.ASSUMPTION)


# 3 TB/day are 34.7 MB/s.
_LOKI_MB_PER_SECOND = 3e6 / 86_400
LOKI_CPU = Coefficient(38 / _LOKI_MB_PER_SECOND, "cores per MB/s", LOKI_SIZE, LOKI_DATE)
LOKI_MEMORY = Coefficient(59 / _LOKI_MB_PER_SECOND, "GiB per MB/s", LOKI_SIZE, LOKI_DATE)
LOKI_MONOLITHIC_GB_PER_DAY = Coefficient(
    20, "GB/day", "Grafana Loki, Deployment modes: Monolithic up to about 20 GB/day", LOKI_DATE
)
LOKI_COMPRESSION = _assumed(5, "raw bytes per stored byte", "snappy on structured log lines, index included")
LOKI_COPIES_OF_THREE = _assumed(
    1.5, "stored copies with replication factor 3", "ingesters that cut a chunk alike upload it once, others twice"
)
LOKI_CHUNK_MIB = Coefficient(1.5, "MiB compressed", f"{LOKI_CONFIGURATION}: chunk_target_size", LOKI_DATE)
LOKI_CHUNK_HOURS = Coefficient(2, "hours", f"{LOKI_CONFIGURATION}: max_chunk_age", LOKI_DATE)
LOKI_INDEX_PUTS = _assumed(
    240, "PUT and LIST requests a day and replica", "an index file every 15 minutes and the compactor's rewrites"
)

TEMPO_DISTRIBUTOR_CPU = Coefficient(2 / 10, "cores per MB/s", f"{TEMPO_SIZE}: 2 cores per 10 MB/s", TEMPO_DATE)
TEMPO_INGESTER_CPU = Coefficient(2.5 / 4, "cores per MB/s", f"{TEMPO_SIZE}: 2.5 cores per 3-5 MB/s", TEMPO_DATE)
TEMPO_COMPACTOR_CPU = Coefficient(1 / 4, "cores per MB/s", f"{TEMPO_SIZE}: 1 core per 3-5 MB/s", TEMPO_DATE)
TEMPO_QUERIER_CPU = _assumed(1 / 1.5, "cores per MB/s", f"{TEMPO_SIZE}: a querier per 1-2 MB/s; taken as one core")
TEMPO_MEMORY = Coefficient(
    (2 / 10 + 4 / 4 + 4 / 4 + 4 / 1.5) / 1.073741824,
    "GiB per MB/s",
    f"{TEMPO_SIZE}: distributor 2 GB per 10 MB/s; ingester, compactor, querier from 4 GB (small traces)",
    TEMPO_DATE,
)
TEMPO_COMPRESSION = _assumed(4, "OTLP bytes per stored byte", "vParquet columns with zstd and snappy pages")
TEMPO_BLOCK_MINUTES = Coefficient(5, "minutes", f"{PLATFORM}: ingester.max_block_duration", TODAY, Basis.MEASURED)
TEMPO_REWRITES = _assumed(
    2, "times each byte is rewritten", "raw blocks are merged within a window of one hour, then the window's results"
)
TEMPO_SOURCE_BLOCK_DAYS = _assumed(0.1, "days", "a source block lives until compaction, plus one hour")
TEMPO_FINAL_BLOCKS = Coefficient(
    24, "blocks a day", "Grafana Tempo 2.10, Configuration: compaction_window 1h", TEMPO_DATE
)
TEMPO_OBJECTS_PER_BLOCK = _assumed(4, "objects", "data.parquet, bloom filter, index, meta.json")
TEMPO_PART_MIB = _assumed(8, "MiB a part", "multipart uploads: each part is a PUT")
TEMPO_POLL_PUTS = _assumed(600, "LIST requests a day", "the block list is polled every five minutes")

MIMIR_DISTRIBUTOR_CPU = Coefficient(1 / 25_000, "cores per sample/s", MIMIR_SIZE, MIMIR_DATE)
MIMIR_DISTRIBUTOR_MEMORY = Coefficient(1 / 1.073741824 / 25_000, "GiB per sample/s", MIMIR_SIZE, MIMIR_DATE)
MIMIR_INGESTER_CPU = Coefficient(1 / 300_000, "cores per series in memory", MIMIR_SIZE, MIMIR_DATE)
MIMIR_INGESTER_MEMORY = Coefficient(2.5 / 1.073741824 / 300_000, "GiB per series in memory", MIMIR_SIZE, MIMIR_DATE)
MIMIR_INGESTER_DISK = Coefficient(
    5 / 1.073741824 / 300_000, "GiB per series in memory, at 13 h of retention", MIMIR_SIZE, MIMIR_DATE
)
MIMIR_INGESTER_DISK_HOURS = Coefficient(
    13, "hours", "Grafana Mimir 3.2, Configuration parameters: tsdb.retention_period", MIMIR_DATE
)
MIMIR_QUERY_CPU = Coefficient(2 / 10, "cores per query/s", f"{MIMIR_SIZE}: querier and store-gateway", MIMIR_DATE)
MIMIR_QUERY_MEMORY = Coefficient(
    2 / 1.073741824 / 10, "GiB per query/s", f"{MIMIR_SIZE}: querier and store-gateway", MIMIR_DATE
)
MIMIR_QUERIES = _assumed(2, "queries/s", "a few dashboards, alert and recording rules")
MIMIR_BYTES_PER_SAMPLE = Coefficient(2, "bytes, index included", PROMETHEUS_STORAGE, TODAY)
MIMIR_SOURCE_BLOCK_DAYS = _assumed(
    1.0, "days", "2 h blocks live until the 12 h and 24 h compactions have replaced them, plus two hours"
)
MIMIR_REWRITES = _assumed(2, "times each byte is rewritten", "2 h to 12 h to 24 h blocks")
MIMIR_SMALL_OBJECTS_PER_BLOCK = _assumed(2, "objects", "meta.json and a marker")
MIMIR_LARGE_OBJECTS_PER_BLOCK = _assumed(2, "objects", "a chunks segment and the index; segments hold 512 MB")
MIMIR_SMALL_OBJECT_KIB = _assumed(4, "KiB", "meta.json")
MIMIR_HOUSEKEEPING_PUTS = _assumed(
    600, "PUT and LIST requests a day", "bucket index, cleaner and store-gateways, every 15 minutes each"
)

SERIES_PER_REPLICA = _assumed(
    1000, "series per pod of a service", "runtime, HTTP and client metrics of an SDK, pod metrics"
)
SERIES_PER_SERVICE = _assumed(
    2500, "series per service", "span metrics: 20 operations, 14 buckets with sum and count, errors apart"
)
CALLS_PER_REPLICA = _assumed(250, "calls/s per pod of a service", "a pod of one core at 4 ms of CPU a call")
LEAST_REPLICAS = _assumed(2, "pods per service", "two for availability, whatever the traffic")
SPANS_PER_CALL = _assumed(2, "spans per call", "one of the client, one of the server")

PYROSCOPE_SIZE = "the vendor names no figures for a single binary"
PYROSCOPE_CPU = _assumed(0.5, "cores per MB/s", PYROSCOPE_SIZE)
PYROSCOPE_MEMORY = _assumed(1.0, "GiB per MB/s", PYROSCOPE_SIZE)
PYROSCOPE_COMPRESSION = _assumed(4, "sent bytes per stored byte", "symbols and stack traces are stored once a block")
PYROSCOPE_SEGMENT_SECONDS = Coefficient(
    5, "seconds", f"{PLATFORM}: segment_writer.segment_duration", TODAY, Basis.MEASURED
)
PYROSCOPE_SHARDS = _assumed(4, "shards written at a time", "services are placed on shards by their load")
PYROSCOPE_REWRITES = _assumed(3, "times each byte is rewritten", "Pyroscope 2.2 compacts segments in three levels")
PYROSCOPE_SOURCE_DAYS = _assumed(0.4, "days", "the third level waits for nine hours at most")
PYROSCOPE_FINAL_BLOCKS = _assumed(3, "blocks a day and shard", "the third level waits for nine hours at most")

COLLECTOR_SPANS = Coefficient(
    50_000,
    "spans/s per core",
    "Burst of 200,000 small spans/s per core with this pipeline, a quarter of it sustained",
    TODAY,
    Basis.MEASURED,
)
COLLECTOR_LOG_BYTES = _assumed(10, "MB/s of logs per core", "file_log, k8s_attributes and redaction")
COLLECTOR_SAMPLES = _assumed(50_000, "samples/s per core", "scraping, batching and export")
COLLECTOR_TRACE_SECONDS = Coefficient(40, "seconds", f"{PLATFORM}: tail_sampling.decision_wait", TODAY, Basis.MEASURED)
COLLECTOR_SPAN_MEMORY = _assumed(3, "bytes in memory per OTLP byte", "a decoded span in a Go process")

BASE_CPU = _assumed(0.35, "cores", "idle Go processes, Grafana and nginx of one stack")
BASE_MEMORY = _assumed(2.0, "GiB", "idle Go processes, Grafana and nginx of one stack")

# Share of the stored bytes of an age that queries fetch each day; the hot share is what caches and ingesters miss.
READS_REASON = "dashboards and alerts look at hours, people at days, post-mortems at weeks"
READ_SHARES = {
    "logs": tuple(_assumed(share, "of the bytes a day", READS_REASON) for share in (0.05, 0.02, 0.005)),
    "traces": tuple(_assumed(share, "of the bytes a day", READS_REASON) for share in (0.05, 0.02, 0.005)),
    "profiles": tuple(_assumed(share, "of the bytes a day", READS_REASON) for share in (0.05, 0.02, 0.005)),
    "metrics": tuple(_assumed(share, "of the bytes a day", READS_REASON) for share in (0.05, 0.02, 0.002)),
}
MIB_PER_GET = _assumed(1, "MiB", "ranged reads of chunks, pages and postings")


def all_coefficients() -> dict[str, Coefficient]:
    """Every coefficient by name, for the report."""
    return {name: value for name, value in globals().items() if isinstance(value, Coefficient)}
