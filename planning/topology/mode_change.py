"""From one mode of Loki to another on the same buckets: what is done in which order, and why nothing is lost.

Sources: Grafana Loki 3.7, "Deployment modes" ("redeploy a cluster under a different mode ... with minimal or no
configuration changes") and "Write Ahead Log".
"""

from planning.topology.model import LokiMode

TOGETHER = (
    "Write the edits and the new budget; `lgtm validate` and `pulumi preview` show what changes: no bucket is in it, "
    "and neither schema (v13 since its first day) nor tenant (`fake`) differs between modes",
    "Let open erasures end (`lgtm erase`): the compactor keeps its list of them on its own volume; markers of chunks "
    "to delete are in the bucket",
    "Where another load makes volumes larger, `lgtm volumes grow --apply`; none can become smaller: sizes that stay "
    "are written down",
)
UP = (
    "`pulumi up`, once: nodes come first, then the new pods; the service `loki` leads writers and readers to them. The "
    "pods that go flush what isn't in the bucket (`wal.flush_on_shutdown`); meanwhile collectors keep what is refused"
)
AFTER = (
    "`lgtm health`, `lgtm connectivity`, and a query over yesterday: chunks and index are the same objects as before",
    "A second `pulumi up` changes nothing",
)
TO_DISTRIBUTED = (
    *TOGETHER,
    UP,
    *AFTER,
    "Keep the volumes `storage-loki-*` for a day, then delete their claims: nothing mounts them any more",
    "Back: the old `sizes` (or a smaller workload) and the same steps; `data-loki-ingester-*`, `-index-gateway-*` and "
    "`-compactor-*` are then the claims to delete",
)
TO_MONOLITHIC = (
    *TOGETHER,
    UP,
    *AFTER,
    "Keep the volumes `data-loki-*` for a day, then delete their claims: nothing mounts them any more",
)


def steps(before: LokiMode, after: LokiMode) -> tuple[str, ...]:
    """What to do in which order; empty where the pods stay what they are (one binary, once or several times)."""
    was, becomes = (mode is LokiMode.DISTRIBUTED for mode in (before, after))
    if was == becomes:
        return ()
    return TO_DISTRIBUTED if becomes else TO_MONOLITHIC
