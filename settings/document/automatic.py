"""`sizes: auto`: sizes, nodes, ceilings and limits from the topology planner; what the document says itself stays."""

import math
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from planning.capacity.ingest import Ingest, ingest_of
from planning.errors import UserError
from planning.json_value import Json
from planning.prices.loader import load_prices
from planning.topology.model import TempoMode
from planning.topology.nodes import NoNodesError
from planning.topology.plan import plan_topology
from planning.topology.tempo import KAFKA
from settings.models.platform import PlatformSettings
from settings.models.sizes import WorkloadSize
from settings.rules.topology import BURST_FACTOR, ceilings, sizes_of_topology, topology_inputs, with_nodes

AUTO = "auto"
SERIES_FACTOR = 1.5


class NotAutomaticError(UserError):
    """A load for which no sizes can be chosen; `str()` says why, and what is accepted."""


def is_automatic(document: Mapping[str, Json]) -> bool:
    """Whether a document leaves its sizes to the planner."""
    return document.get("sizes") == AUTO


def without_sizes(document: dict[str, Json]) -> dict[str, Json]:
    """The document without its wish, so that its environment's sizes stand in until the planner has chosen."""
    return {key: value for key, value in document.items() if key != "sizes"} if is_automatic(document) else document


def automatic(settings: PlatformSettings, document: Mapping[str, Json]) -> PlatformSettings:
    """The settings with what the planner chooses. Raises `NotAutomaticError`."""
    try:
        topology = plan_topology(topology_inputs(settings), load_prices(settings.region))
    except NoNodesError as error:
        raise NotAutomaticError(f"{error}; accepted: explicit sizes and node groups") from None
    if topology.tempo is TempoMode.MICROSERVICES:
        raise NotAutomaticError(f"{KAFKA}; accepted: sampling or a workload that keeps less, or explicit sizes")
    sized = settings.model_copy(update={"sizes": sizes_of_topology(settings.sizes, topology)})
    too_large = [key for key, size in sized.sizes.workloads() if not _accepted(size)]
    if too_large:
        raise NotAutomaticError(f"{', '.join(too_large)} would be larger than any pod may be; accepted: explicit sizes")
    if "node_groups" not in _table(document, "cluster"):
        sized = with_nodes(sized, topology)
    given = _table(document, "capacity")
    capacity = {key: value for key, value in ceilings(sized).items() if key not in given}
    ingest = ingest_of(settings.workload, settings.sampling, sized.replication)
    limits = {key: value for key, value in _limits(sized, ingest).items() if key not in _table(document, "ingestion")}
    return sized.model_copy(
        update={
            "capacity": settings.capacity.model_copy(update=capacity),
            "ingestion": settings.ingestion.model_copy(update=limits),
        }
    ).automatic()


def _table(document: Mapping[str, Json], key: str) -> Mapping[str, Json]:
    value = document.get(key)
    return value if isinstance(value, dict) else {}


def _accepted(size: WorkloadSize) -> bool:
    try:
        WorkloadSize.model_validate(size.model_dump())
    except ValidationError:
        return False
    return True


def _limits(settings: PlatformSettings, ingest: Ingest) -> dict[str, Any]:
    """What the back ends accept: the environment's limits, or twice the daily mean where that is more."""
    now = settings.ingestion
    logs = max(now.logs_mb_per_second, math.ceil(ingest.logs.kept_mb_per_second * BURST_FACTOR))
    traces = max(now.traces_mb_per_second, math.ceil(ingest.traces.kept_mb_per_second * BURST_FACTOR))
    return {
        "logs_mb_per_second": logs,
        "logs_burst_mb": max(now.logs_burst_mb, logs * BURST_FACTOR),
        "traces_mb_per_second": traces,
        "traces_burst_mb": max(now.traces_burst_mb, traces * BURST_FACTOR),
        "metrics_samples_per_second": max(
            now.metrics_samples_per_second, math.ceil(ingest.samples_per_second * BURST_FACTOR)
        ),
        "max_series": max(now.max_series, math.ceil(settings.workload.active_series * SERIES_FACTOR)),
    }
