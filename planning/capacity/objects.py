"""Workload → objects: what each application writes to its bucket, and what its compactor replaces again."""

import math

from planning.base import Frozen
from planning.buckets import GIB, KIB, MIB, BucketPurpose
from planning.capacity import coefficients as c
from planning.capacity.ingest import SECONDS_PER_DAY, Ingest, Replication, SignalIngest, ingest_of
from planning.objects import Cohort, ObjectFlow, ReadPattern
from planning.retention import HOURS_PER_DAY, Signal
from planning.sampling import SamplingPolicy
from planning.workload import Workload

MINUTES_PER_DAY = 1440
# Mimir's ingesters cut a block every two hours, its compactor makes two of 12 hours and one of 24 of them.
MIMIR_SOURCE_BLOCKS = 12
MIMIR_COMPACTED_BLOCKS = 2
MIMIR_FINAL_BLOCKS = 1
MIMIR_SEGMENT_BYTES = 512 * MIB


class ObjectFlows(Frozen):
    """What is written to the buckets that retention and price decide about."""

    loki: ObjectFlow
    """Chunks."""
    tempo: ObjectFlow
    """Trace blocks."""
    mimir: ObjectFlow
    """Metric blocks."""
    pyroscope: ObjectFlow | None = None
    """Profile blocks; None where profiles aren't kept."""

    def of(self, purpose: BucketPurpose) -> ObjectFlow:
        """The flow into one bucket. Raises `KeyError` for buckets of a few rules."""
        flows = (self.loki, self.tempo, self.mimir, *((self.pyroscope,) if self.pyroscope else ()))
        return {flow.purpose: flow for flow in flows}[purpose]


def object_flows(workload: Workload, sampling: SamplingPolicy, replication: Replication) -> ObjectFlows:
    """The flows of one stack."""
    ingest = ingest_of(workload, sampling, replication)
    return ObjectFlows(
        loki=_loki(workload, ingest, replication),
        tempo=_tempo(ingest),
        mimir=_mimir(ingest, replication),
        pyroscope=_pyroscope(ingest.profiles) if ingest.profiles else None,
    )


def reads_of(signal: Signal) -> ReadPattern:
    """The assumed reads of one signal."""
    hot, warm, cold = (share.value for share in c.READ_SHARES[signal])
    return ReadPattern(
        hot_share_per_day=hot, warm_share_per_day=warm, cold_share_per_day=cold, mib_per_get=c.MIB_PER_GET.value
    )


def _loki(workload: Workload, ingest: Ingest, replication: Replication) -> ObjectFlow:
    """Chunks are cut by size or by age, whichever comes first; retention deletes them, nothing rewrites them."""
    gib = ingest.logs.stored_gib_per_day
    copies = c.LOKI_COPIES_OF_THREE.value if replication.loki > 1 else 1.0
    by_size = gib * GIB / (c.LOKI_CHUNK_MIB.value * MIB)
    by_age = workload.log_streams * HOURS_PER_DAY / c.LOKI_CHUNK_HOURS.value * copies
    chunks = max(by_size, by_age)
    index_puts = c.LOKI_INDEX_PUTS.value * replication.loki
    return ObjectFlow(
        purpose=BucketPurpose.LOKI_CHUNKS,
        cohorts=(
            Cohort(name="chunks", gib_per_day=gib, objects_per_day=chunks, put_requests_per_day=chunks + index_puts),
        ),
        reads=reads_of(Signal.LOGS),
    )


def _tempo(ingest: Ingest) -> ObjectFlow:
    """A block every five minutes; compaction merges those of an hour and deletes them an hour later."""
    gib = ingest.traces.stored_gib_per_day
    per_block, part_bytes = c.TEMPO_OBJECTS_PER_BLOCK.value, c.TEMPO_PART_MIB.value * MIB
    sources = MINUTES_PER_DAY / c.TEMPO_BLOCK_MINUTES.value
    source_gib = gib * c.TEMPO_REWRITES.value
    source_objects = sources * per_block * c.TEMPO_REWRITES.value
    final_objects = c.TEMPO_FINAL_BLOCKS.value * per_block
    return ObjectFlow(
        purpose=BucketPurpose.TEMPO_TRACES,
        cohorts=(
            Cohort(
                name="compacted blocks",
                gib_per_day=gib,
                objects_per_day=final_objects,
                put_requests_per_day=final_objects + gib * GIB / part_bytes + c.TEMPO_POLL_PUTS.value,
            ),
            Cohort(
                name="source blocks",
                gib_per_day=source_gib,
                objects_per_day=source_objects,
                put_requests_per_day=source_objects + source_gib * GIB / part_bytes,
                lifetime_days=c.TEMPO_SOURCE_BLOCK_DAYS.value,
            ),
        ),
        reads=reads_of(Signal.TRACES),
    )


def _mimir(ingest: Ingest, replication: Replication) -> ObjectFlow:
    """Each ingester uploads 2 h blocks; compaction drops the replicas' copies and leaves one block a day."""
    gib = ingest.metrics.stored_gib_per_day
    large, small = c.MIMIR_LARGE_OBJECTS_PER_BLOCK.value, c.MIMIR_SMALL_OBJECTS_PER_BLOCK.value
    sources = MIMIR_SOURCE_BLOCKS * replication.mimir + MIMIR_COMPACTED_BLOCKS
    source_gib = gib * (replication.mimir + c.MIMIR_REWRITES.value - 1)
    final_objects = MIMIR_FINAL_BLOCKS * large + math.floor(gib * GIB / MIMIR_SEGMENT_BYTES)
    return ObjectFlow(
        purpose=BucketPurpose.MIMIR_BLOCKS,
        cohorts=(
            Cohort(
                name="compacted blocks",
                gib_per_day=gib,
                objects_per_day=final_objects,
                put_requests_per_day=final_objects + c.MIMIR_HOUSEKEEPING_PUTS.value,
            ),
            Cohort(
                name="source blocks",
                gib_per_day=source_gib,
                objects_per_day=sources * large,
                put_requests_per_day=sources * large,
                lifetime_days=c.MIMIR_SOURCE_BLOCK_DAYS.value,
            ),
            Cohort(
                name="block metadata",
                gib_per_day=MIMIR_FINAL_BLOCKS * small * c.MIMIR_SMALL_OBJECT_KIB.value * KIB / GIB,
                objects_per_day=MIMIR_FINAL_BLOCKS * small,
                put_requests_per_day=(sources + MIMIR_FINAL_BLOCKS) * small,
            ),
        ),
        reads=reads_of(Signal.METRICS),
    )


def _pyroscope(ingest: SignalIngest) -> ObjectFlow:
    """A segment for each shard every few seconds, one object each; compaction merges them in levels."""
    gib = ingest.stored_gib_per_day
    segments = c.PYROSCOPE_SHARDS.value * SECONDS_PER_DAY / c.PYROSCOPE_SEGMENT_SECONDS.value
    finals = c.PYROSCOPE_SHARDS.value * c.PYROSCOPE_FINAL_BLOCKS.value
    return ObjectFlow(
        purpose=BucketPurpose.PROFILES,
        cohorts=(
            Cohort(name="compacted blocks", gib_per_day=gib, objects_per_day=finals, put_requests_per_day=finals),
            Cohort(
                name="segments",
                gib_per_day=gib * c.PYROSCOPE_REWRITES.value,
                objects_per_day=segments,
                put_requests_per_day=segments,
                lifetime_days=c.PYROSCOPE_SOURCE_DAYS.value,
            ),
        ),
        reads=reads_of(Signal.PROFILES),
    )
