"""What each loss takes with it and how long until things are as before: computed from a stack's settings.

Recovery points are intervals of what isn't in a bucket yet. Recovery times are of Kubernetes and AWS, on AWS; only the
cluster's is measured by this project, by `dr-test --run`.

Sources: Grafana Loki 3 documentation, "Configuration" (`max_chunk_age` 2 h) and "Single Store TSDB" (the index is
uploaded every 15 min); Grafana Tempo 2.10 documentation, "Configuration" (`trace_idle_period`, `flush_check_period`);
Grafana Mimir 3.2 documentation, "Ingester" (a block of 2 h is cut when it is 3 h old); Kubernetes documentation,
"Taints and Tolerations" (pods leave an unreachable node after 300 s) and "Node Shutdowns" (a volume is detached by
force after 6 min).
"""

from typing import NamedTuple

from settings.models.network import NatMode
from settings.models.platform import PlatformSettings
from telemetry.charts.tempo import LOST_SECONDS, Ingester

LOGS_NOT_UPLOADED = "2 h 15 min of logs"
METRICS_NOT_UPLOADED = "3 h of metrics"
TRACES_NOT_UPLOADED = f"{Ingester().max_block_duration.removesuffix('m')} min of traces"
# A volume of its own is at stake wherever there is one copy.
COPIES = 3


class Loss(NamedTuple):
    """One thing that can be lost."""

    what: str
    lost: str
    recovery_point: str
    recovery_time: str


def losses(settings: PlatformSettings) -> tuple[Loss, ...]:
    """From the smallest to the largest."""
    return (
        Loss(
            "a pod",
            f"Tempo's: {LOST_SECONDS} s of traces, which it takes before it has written them down; any other: nothing, "
            "write-ahead logs are on volumes, agents and gateways queue",
            f"{LOST_SECONDS} s of traces",
            "2 min",
        ),
        _node(settings),
        _zone(settings),
        _objects(settings),
        _bucket(settings),
        _cluster(settings),
        Loss("Pulumi's state", "nothing that runs", "the last version", "15 min, with a versioned state bucket"),
        Loss("the region", "everything", "all of it", "45 min, empty, in another region"),
    )


def _replicated(settings: PlatformSettings) -> list[str]:
    copies = settings.replication
    named = (("logs", copies.loki), ("metrics", copies.mimir))
    return [signal for signal, factor in named if factor >= COPIES]


def _not_uploaded(settings: PlatformSettings, *, one_copy_only: bool = False) -> str:
    """What is on volumes alone, of every signal or of those that have one copy."""
    spared = _replicated(settings) if one_copy_only else []
    parts = [
        said
        for signal, said in (("logs", LOGS_NOT_UPLOADED), ("metrics", METRICS_NOT_UPLOADED), ("", TRACES_NOT_UPLOADED))
        if signal not in spared
    ]
    return ", ".join(parts)


def _node(settings: PlatformSettings) -> Loss:
    going_on = " and ".join(_replicated(settings))
    gap = f"{going_on} go on with two copies of three; the rest waits" if going_on else "everything waits"
    lost = f"what the sampling gateway there hadn't sent; {gap} for its volumes"
    time = "4 min when EC2 takes the node away, 11 min when it hangs"
    return Loss("a node", lost, "seconds of traces", f"none for {going_on}; {time}" if going_on else time)


def _zone(settings: PlatformSettings) -> Loss:
    lost = f"volumes there: at most {_not_uploaded(settings, one_copy_only=True)}"
    point = _not_uploaded(settings, one_copy_only=True)
    time = "15 min, after the claims of volumes there are deleted; otherwise when the zone is back"
    network = settings.network
    if network is not None and network.nat is NatMode.ONE:
        time += ". The one NAT gateway is in one zone: if in that, pods reach S3 still, but no image registry"
    return Loss("a zone", lost, point, time)


def _objects(settings: PlatformSettings) -> Loss:
    days = settings.backup.object_version_days
    what = "objects deleted or overwritten"
    if days is None:
        return Loss(what, "those objects; the audit archive's come back for 30 days", "all of it", "never")
    return Loss(what, f"nothing for {days} days", "0", "minutes for each thousand objects")


def _bucket(settings: PlatformSettings) -> Loss:
    guard = "a protected one is refused by Pulumi, and S3 deletes none with objects" if settings.storage.protect else (
        "`pulumi destroy` empties and deletes it (storage.force_destroy)" if settings.storage.force_destroy
        else "S3 deletes none with objects"
    )  # fmt: skip
    return Loss("a bucket", f"that signal's history; {guard}", "all of it", "5 min, empty")


def _cluster(settings: PlatformSettings) -> Loss:
    snapshots = settings.backup.volume_snapshot_days
    grafana = "Grafana's users and stars"
    lost = f"volumes: {_not_uploaded(settings)}; {grafana}" + (
        "" if snapshots is None else ", unless its volume is made from the last daily snapshot"
    )
    return Loss(
        "the cluster", lost, _not_uploaded(settings), "40 min: EKS itself takes 10, nodes and releases the rest"
    )
