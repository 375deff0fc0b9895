"""Sending queues on disk: what can't be sent waits there, across restarts of the container, until its place is full.

A full queue refuses what is new and keeps what is old; the collector counts the refusals in
otelcol_exporter_enqueue_failed_spans, _log_records and _metric_points.
"""

from typing import Any

FILE_STORAGE = "file_storage"
STATE_DIRECTORY = "/var/lib/otelcol"
QUEUE_CONSUMERS = 4


def file_storage() -> dict[str, Any]:
    """Queues and log offsets; compaction gives the space of a drained queue back."""
    return {"directory": STATE_DIRECTORY, "compaction": {"on_start": True, "directory": STATE_DIRECTORY}}


def on_disk(queue_mib: int, max_interval: str, batch_kib: int | None = None) -> dict[str, Any]:
    """A queue of so many MiB on disk, and endless retries: only a full queue loses data.

    `batch_kib` cuts what is sent at once to so many KiB, however long its records are.
    """
    cut = {"batch": {"flush_timeout": "200ms", "min_size": 0, "max_size": (batch_kib or 0) * 1024, "sizer": "bytes"}}
    return {
        "retry_on_failure": {
            "enabled": True,
            "initial_interval": "1s",
            "max_interval": max_interval,
            "max_elapsed_time": "0s",
        },
        "sending_queue": {
            "enabled": True,
            "storage": FILE_STORAGE,
            "sizer": "bytes",
            "queue_size": queue_mib * 1024 * 1024,
            "num_consumers": QUEUE_CONSUMERS,
            **(cut if batch_kib else {}),
        },
    }
