"""Collectors: agents on every node, and gateways that keep a trace together."""

from typing import NamedTuple

from planning.capacity import coefficients as c
from planning.capacity.compute import BYTES_PER_GIB
from planning.capacity.ingest import MB, Ingest
from planning.topology import sources as s
from planning.topology.availability import Availability
from planning.topology.model import Choice, Pods
from planning.topology.parts import Idle, Need, Shape, pods

AGENT, GATEWAY, GRAFANA = Idle(50, 128), Idle(150, 384), Idle(220, 512, 10)
# Most of one gateway; a larger load gets more of them.
GATEWAY_CORES, GATEWAY_GIB = 4.0, 12.0


class CollectorPlan(NamedTuple):
    """The collectors' part of a topology, Grafana with it."""

    pods: tuple[Pods, ...]
    agents: Need
    """What all agents share."""
    choices: tuple[Choice, ...]


def plan_collectors(ingest: Ingest, availability: Availability) -> CollectorPlan:
    """Agents and gateways each handle every span; open traces wait in gateways alone."""
    once = (
        ingest.spans_per_second / c.COLLECTOR_SPANS.value
        + ingest.logs.received_mb_per_second / c.COLLECTOR_LOG_BYTES.value
        + ingest.samples_per_second / c.COLLECTOR_SAMPLES.value
    )
    waiting = ingest.traces.received_mb_per_second * c.COLLECTOR_TRACE_SECONDS.value
    gib = waiting * MB * c.COLLECTOR_SPAN_MEMORY.value / BYTES_PER_GIB
    least = 2 if availability is Availability.ZONE else 1
    gateways = pods(
        "collector_gateway", Need(once, gib), GATEWAY, Shape(least, GATEWAY_CORES, GATEWAY_GIB), writes=True
    )
    routed = gateways.replicas > 1
    choice = Choice(
        subject="Collector gateways",
        choice=f"{gateways.replicas}" + (", traces routed by their id" if routed else ""),
        reason=f"{ingest.spans_per_second:,.0f} spans/s, open for {c.COLLECTOR_TRACE_SECONDS.value:g} s"
        + ("; tail sampling needs a whole trace in one place" if routed else "; one sees every trace whole"),
        source=s.COLLECTOR_ROUTING,
    )
    grafana = pods("grafana", Need(), GRAFANA)
    return CollectorPlan((gateways, grafana), Need(once), (choice,))
