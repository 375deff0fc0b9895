"""What the back ends themselves keep and ask for, in hours: the application's half of a tier plan.

The bucket's lifecycle and these come out of one compilation, so that they can't disagree.
Sources: Grafana Loki 3.7 "Log retention"; Grafana Tempo 2.10 "Configuration", compactor; Grafana Mimir 3.2
"Configuration parameters"; Grafana Pyroscope 2.2 "Reference: configuration parameters".
"""

from collections.abc import Callable, Mapping
from typing import TypeVar

from planning.base import Frozen
from planning.retention import HOURS_PER_DAY, Signal, SignalRetention

# Time for queriers to drop deleted data from their caches before the objects go.
LOKI_DELETE_DELAY_HOURS = 2
TEMPO_COMPACTED_BLOCK_HOURS = 1
MIMIR_DELETION_DELAY_HOURS = 2
PYROSCOPE_CLEANUP_HOURS = 30

# Ingesters keep a sample this long after store-gateways have begun to answer for it, so that no query finds a gap.
MIMIR_HANDOVER_HOURS = 1


class LokiWindows(Frozen):
    """Loki's compactor and limits."""

    retention_hours: int
    """limits_config.retention_period."""
    delete_delay_hours: int
    """compactor.retention_delete_delay."""
    max_query_lookback_hours: int
    """limits_config.max_query_lookback: no query looks further back than data is kept."""
    reject_old_samples_max_age_hours: int
    """limits_config.reject_old_samples_max_age: lines older than warm data are too late to matter."""

    @property
    def deleted_after_hours(self) -> int:
        """Age at which the application has deleted an object, in hours."""
        return self.retention_hours + self.delete_delay_hours


class TempoWindows(Frozen):
    """Tempo's compactor."""

    block_retention_hours: int
    """compactor.compaction.block_retention."""
    compacted_block_retention_hours: int
    """How long a replaced block stays for queriers that still know it."""

    @property
    def deleted_after_hours(self) -> int:
        """Age at which the application has deleted an object, in hours."""
        return self.block_retention_hours + self.compacted_block_retention_hours


class MimirWindows(Frozen):
    """Mimir's compactor, ingesters and queriers."""

    blocks_retention_hours: int
    """limits.compactor_blocks_retention_period."""
    deletion_delay_hours: int
    """compactor.deletion_delay: between marking a block and deleting it."""
    tsdb_retention_hours: int
    """blocks_storage.tsdb.retention_period: how long samples stay on the ingesters' volumes."""
    query_store_after_hours: int
    """querier.query_store_after: younger samples are read from ingesters only."""
    query_ingesters_within_hours: int
    """limits.query_ingesters_within: older samples are not asked of ingesters."""

    @property
    def deleted_after_hours(self) -> int:
        """Age at which the application has deleted an object, in hours."""
        return self.blocks_retention_hours + self.deletion_delay_hours


class PyroscopeWindows(Frozen):
    """Pyroscope's metastore, which deletes what is too old."""

    retention_hours: int
    """limits.retention_period."""
    cleanup_hours: int
    """How long it waits with a partition whose time is over: metastore.index.cleanup_grace_period, and a day, for a
    partition goes as a whole."""

    @property
    def deleted_after_hours(self) -> int:
        """Age at which the application has deleted an object, in hours."""
        return self.retention_hours + self.cleanup_hours


ApplicationWindows = LokiWindows | TempoWindows | MimirWindows | PyroscopeWindows
Windows = TypeVar("Windows", LokiWindows, TempoWindows, MimirWindows, PyroscopeWindows)


def loki_windows(retention: SignalRetention) -> LokiWindows:
    """Loki's share of a retention."""
    return LokiWindows(
        retention_hours=retention.delete_days * HOURS_PER_DAY,
        delete_delay_hours=LOKI_DELETE_DELAY_HOURS,
        max_query_lookback_hours=retention.delete_days * HOURS_PER_DAY,
        reject_old_samples_max_age_hours=retention.warm_days * HOURS_PER_DAY,
    )


def tempo_windows(retention: SignalRetention) -> TempoWindows:
    """Tempo's share of a retention."""
    return TempoWindows(
        block_retention_hours=retention.delete_days * HOURS_PER_DAY,
        compacted_block_retention_hours=TEMPO_COMPACTED_BLOCK_HOURS,
    )


def mimir_windows(retention: SignalRetention) -> MimirWindows:
    """Mimir's share of a retention: hot samples are answered by ingesters, from their volumes."""
    hot_hours = retention.hot_days * HOURS_PER_DAY
    return MimirWindows(
        blocks_retention_hours=retention.delete_days * HOURS_PER_DAY,
        deletion_delay_hours=MIMIR_DELETION_DELAY_HOURS,
        tsdb_retention_hours=hot_hours + MIMIR_HANDOVER_HOURS,
        query_store_after_hours=hot_hours,
        query_ingesters_within_hours=hot_hours + MIMIR_HANDOVER_HOURS,
    )


def pyroscope_windows(retention: SignalRetention) -> PyroscopeWindows:
    """Pyroscope's share of a retention."""
    return PyroscopeWindows(
        retention_hours=retention.delete_days * HOURS_PER_DAY, cleanup_hours=PYROSCOPE_CLEANUP_HOURS
    )


_WINDOWS: Mapping[Signal, Callable[[SignalRetention], ApplicationWindows]] = {
    Signal.LOGS: loki_windows,
    Signal.TRACES: tempo_windows,
    Signal.METRICS: mimir_windows,
    Signal.PROFILES: pyroscope_windows,
}


def windows_for(signal: Signal, retention: SignalRetention) -> ApplicationWindows:
    """What the back end of a signal keeps and asks for."""
    return _WINDOWS[signal](retention)
