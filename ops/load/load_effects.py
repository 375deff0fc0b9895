"""What a load test does to the nodes, against the published headroom."""

from collections.abc import Iterator

from ops.backends.errors import LiveError
from ops.backends.target import Target
from ops.report.checks import Check, State, within
from planning.performance_targets import LOAD_TEST_CPU_RATIO, LOAD_TEST_MEMORY_RATIO

# Two minutes: at least two samples of each counter at any scrape interval that the settings' defaults have.
BUSIEST_NODE = 'max(1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[2m])))'
FULLEST_NODE = "max(1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes)"


def node_checks(target: Target) -> Iterator[Check]:
    """CPU and memory of the busiest node, as Mimir knows them now."""
    try:
        mimir = target.mimir()
        cpu, memory = mimir.number(BUSIEST_NODE), mimir.number(FULLEST_NODE)
    except LiveError as error:
        yield Check(name="nodes", state=State.UNKNOWN, detail=str(error))
        return
    yield within(
        "node CPU",
        cpu,
        LOAD_TEST_CPU_RATIO,
        "ratio",
        "" if cpu is None else f"{cpu:.0%} of the busiest node, over two minutes",
        "more or larger nodes: `plan --requests-per-second` says which",
    )
    yield within(
        "node memory",
        memory,
        LOAD_TEST_MEMORY_RATIO,
        "ratio",
        "" if memory is None else f"{memory:.0%} of the fullest node",
        "more or larger nodes: `plan --requests-per-second` says which",
    )
