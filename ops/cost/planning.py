"""`plan`: the topology that another load takes, and what the stack's own sizes would have to become, where they can."""

from collections.abc import Mapping
from pathlib import Path

from ops.cost.topology import CURVE, topology_answer
from ops.cost.topology import curve as curve_of
from ops.cost.what_if import LayoutError, what_if
from ops.cost.what_if_model import WhatIf
from ops.report.model import Document, Section
from ops.report.output import Answer
from ops.report.topology import curve_document, topology_blocks, topology_document
from ops.report.what_if import what_if_document
from ops.stacks import settings_of
from planning.retention import Signal
from planning.topology.availability import Availability
from planning.topology.model import LokiMode
from settings.models.platform import PlatformSettings


def plan(
    stack: str,
    *,
    requests_per_second: float | None = None,
    days: Mapping[Signal, int | None] | None = None,
    registered: Path | None = None,
    availability: Availability | None = None,
    curve: bool = False,
) -> Answer:
    """Raises `CommandError` for values that no settings accept, and for loads that no node type carries."""
    if curve:
        return _curve(stack, availability)
    if requests_per_second is None:
        answer = what_if(stack, days=days, registered=registered)
        return Answer(answer, lambda: what_if_document(answer))
    settings = settings_of(stack)
    topology = topology_answer(stack, settings, requests_per_second, availability)
    own = None
    same_mode = (topology.topology.loki is LokiMode.DISTRIBUTED) == (settings.sizes.loki.distributed is not None)
    if same_mode and not settings.sizes_are_automatic:
        own = _own_sizes(stack, settings, requests_per_second, days, registered)
    if own is None:
        return Answer({"topology": topology}, lambda: topology_document(topology))

    def both() -> Document:
        shown = what_if_document(own)
        blocks = Section(anchor="topology", heading="By the topology planner", blocks=tuple(topology_blocks(topology)))
        return shown.model_copy(update={"sections": (*shown.sections, blocks)})

    return Answer({**dict(own), "topology": topology}, both)


def _own_sizes(
    stack: str,
    settings: PlatformSettings,
    requests_per_second: float,
    days: Mapping[Signal, int | None] | None,
    registered: Path | None,
) -> WhatIf | None:
    """The stack's own sizes, grown; None where its layout isn't made for the load."""
    try:
        return what_if(
            stack, requests_per_second=requests_per_second, days=days, registered=registered, settings=settings
        )
    except LayoutError:
        return None


def _curve(stack: str, availability: Availability | None) -> Answer:
    settings = settings_of(stack)
    points = curve_of(stack, settings, availability=availability)
    largest = topology_answer(stack, settings, CURVE[-1], availability)
    return Answer({"curve": points}, lambda: curve_document(stack, points, largest.topology.unvouched))
