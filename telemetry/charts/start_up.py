"""How long a back end takes from a kill to ready with the fullest write-ahead log, and from a stop to flushed.

A killed pod replays its log before it is ready: a probe that wants it ready sooner kills it again, for ever.
Sources: Grafana Loki 3.7 documentation, "Write Ahead Log" and "Configuration"; Grafana Tempo 2.10 documentation,
"Configuration"; Grafana Mimir 3.2 documentation, "About ingesters"; Prometheus documentation, "Storage"; Amazon EBS
User Guide, "General Purpose SSD volumes".
"""

import math
from collections.abc import Mapping

from planning.base import Frozen
from settings.models.ingestion import IngestionLimits
from settings.models.platform import PlatformSettings
from settings.models.sizes import WorkloadSize

BYTES_PER_MB = 1_000_000
BYTES_PER_MIB = 1024**2

# gp3 reads 125 MiB/s at least; decoding is what takes the time. Loki 3.7.6, measured 2026-11-28: 1,302 MiB of log in
# 27 CPU seconds, 104.6 s from kill -9 to ready on two cores at a load of 20, of which 17.8 s are an empty start. A pod
# is sure of the CPU that it requests and no more.
LOKI_REPLAY_MIB_PER_CPU_SECOND = 47
LOKI_EMPTY_START_SECONDS = 18
# Not measured, on the slow side: Tempo and Mimir. Uploads are many small objects over the network that a small node
# has at least.
REPLAY_MIB_PER_SECOND = 10
UPLOAD_MIB_PER_SECOND = 10

# Loki deletes log segments behind a checkpoint, every 5 minutes, once the next one stands (`wal.checkpoint_duration`).
LOKI_LOG_SECONDS = 2 * 5 * 60
# Tempo cuts a block at the latest after `ingester.max_block_duration`, and completes it while the next one fills.
TEMPO_BLOCK_MINUTES = 5
TEMPO_LOG_SECONDS = 2 * TEMPO_BLOCK_MINUTES * 60
# Mimir's ingesters keep two hours of samples in the head and half as much again before they cut the log.
MIMIR_LOG_SECONDS = 3 * 3600
# A timestamp, a value and a reference, nearly uncompressed.
BYTES_PER_LOGGED_SAMPLE = 16

# The chart's own for Loki's write target, "long enough to flush all data and to leave the ring".
LOKI_LEAST_GRACE_SECONDS = 300
# "Write Ahead Log": about 75 % of the memory there is; the default of 4 GB kills a small Loki while it replays.
REPLAY_MEMORY_SHARE = 0.75


class FullLog(Frozen):
    """The fullest write-ahead log that one pod can hold."""

    mib: float
    """Its size, in MiB."""
    mib_per_second: float = REPLAY_MIB_PER_SECOND
    """How fast it is replayed."""
    start_seconds: float = 0
    """What a start takes without a log."""

    @property
    def replay_seconds(self) -> int:
        """From a kill to ready."""
        return math.ceil(self.start_seconds + self.mib / self.mib_per_second)


def full_logs(settings: PlatformSettings) -> Mapping[str, FullLog]:
    """By workload (`kind/name`), at the highest rates that are accepted; a volume holds no more than its size."""
    limits, sizes = settings.ingestion, settings.sizes
    ingesting = sizes.loki.ingesting
    loki = _share(ingesting) * limits.logs_mb_per_second * BYTES_PER_MB * LOKI_LOG_SECONDS
    checkpoint = ingesting.memory_limit_mib * BYTES_PER_MIB
    name = "loki" if sizes.loki.distributed is None else "loki-ingester"
    return {
        f"StatefulSet/{name}": _log(ingesting, loki + checkpoint).model_copy(
            update={
                "mib_per_second": LOKI_REPLAY_MIB_PER_CPU_SECOND * ingesting.cpu_request_millicores / 1000,
                "start_seconds": LOKI_EMPTY_START_SECONDS,
            }
        ),
        "StatefulSet/tempo": _log(sizes.tempo, limits.traces_mb_per_second * BYTES_PER_MB * TEMPO_LOG_SECONDS),
        "StatefulSet/mimir-ingester": _log(sizes.mimir.ingester, _samples(limits, sizes.mimir.ingester)),
    }


def _samples(limits: IngestionLimits, ingester: WorkloadSize) -> float:
    return _share(ingester) * limits.metrics_samples_per_second * BYTES_PER_LOGGED_SAMPLE * MIMIR_LOG_SECONDS


def _share(size: WorkloadSize) -> float:
    """What one replica gets of everything that is written."""
    return size.replication_factor / size.replicas


def _log(size: WorkloadSize, written_bytes: float) -> FullLog:
    volume = math.inf if size.volume_gib is None else size.volume_gib * 1024
    return FullLog(mib=min(volume, written_bytes / BYTES_PER_MIB))


def loki_flush_seconds(size: WorkloadSize) -> int:
    """From a stop to everything in the bucket; a pod holds no more than its memory."""
    return math.ceil(size.memory_limit_mib / UPLOAD_MIB_PER_SECOND)


def loki_grace_seconds(size: WorkloadSize) -> int:
    """`terminationGracePeriodSeconds` that lets `wal.flush_on_shutdown` end; Kubernetes' 30 s would cut it off."""
    return max(LOKI_LEAST_GRACE_SECONDS, loki_flush_seconds(size))


def loki_replay_memory(size: WorkloadSize) -> str:
    """`wal.replay_memory_ceiling`: beyond it Loki flushes while it replays.

    Loki knows KB, MB and GB only, and means powers of two by them; it doesn't start with MiB.
    """
    return f"{int(size.memory_limit_mib * REPLAY_MEMORY_SHARE)}MB"
