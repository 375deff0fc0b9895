"""Sending queues on disk: what can't be sent waits there, across restarts of the container, until its place is full.

A full queue keeps what is old. What is new is refused, and counted in otelcol_exporter_enqueue_failed_spans and
_metric_points; or it waits before the queue, where its source can wait as well: the pods' log files.
"""

from typing import Any

FILE_STORAGE = "file_storage"
STATE_DIRECTORY = "/var/lib/otelcol"
QUEUE_CONSUMERS = 4


def file_storage() -> dict[str, Any]:
    """Queues and log offsets; compaction gives the space of a drained queue back."""
    return {"directory": STATE_DIRECTORY, "compaction": {"on_start": True, "directory": STATE_DIRECTORY}}


def on_disk(queue_mib: int, max_interval: str, batch_kib: int | None = None, *, waits: bool = False) -> dict[str, Any]:
    """A queue of so many MiB on disk, and endless retries: only a full queue loses data.

    With `waits`, nothing is refused: whoever hands over to a full queue is held until there is room.
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
            **({"block_on_overflow": True} if waits else {}),
            **(cut if batch_kib else {}),
        },
    }
