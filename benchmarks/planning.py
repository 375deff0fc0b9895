"""How long planning takes: the tier planner over every candidate plan, the cost engine over ten thousand resources, and
the topology with its bill for two hundred workloads.

Both stand between a person and a preview's answer, so each is expected well below a second. Run with
`python -m benchmarks.planning`; `--runs` for steadier medians.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from ops.cost.topology import curve
from ops.stacks import settings_of
from planning.backends import backends_of
from planning.capacity.objects import object_flows
from planning.cost.engine import price_resources
from planning.prices.loader import load_prices
from planning.registered import Resource
from planning.registered_sources import from_event_log
from planning.tiers.inputs import LifecycleLimits, tiering_inputs
from planning.tiers.ranking import tier_rows
from settings.models.platform import PlatformSettings
from settings.rules.cost_inputs import cost_inputs
from telemetry.cost.expected_resources import expected_resources

STACK = "prod"
# A preview of that stack on the real engine, cut down to what costs depend on.
PREVIEW = Path(__file__).resolve().parent.parent / "tests" / "data" / "cost" / f"{STACK}.jsonl"
RESOURCES = 10_000
EXPECTED_SECONDS = 1.0
WORKLOADS, TOPOLOGY_SECONDS = 200, 2.0
TODAY = date(2026, 11, 25)


def main() -> int:
    """Prints the medians; 1 if one is beyond what is expected."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.planning", description=__doc__)
    parser.add_argument("--runs", type=int, default=7, help="timed runs of each, after one that isn't timed")
    runs = max(1, parser.parse_args().runs)
    settings = settings_of(STACK)
    table, inputs = load_prices(settings.region), cost_inputs(settings, None)
    mixed = tuple(_many(from_event_log(PREVIEW.read_text(encoding="utf-8"), PREVIEW.name), RESOURCES))
    priced = tuple(_many(expected_resources(settings, STACK, None), RESOURCES))

    def cost(resources: Sequence[Resource]) -> str:
        lines = price_resources(resources, table, inputs, today=TODAY).lines
        return f"{len(resources):,} resources, {len(lines):,} lines"

    medians = [
        _median("tier planner, every candidate", runs, lambda: f"{_plan(settings):,} plans"),
        _median("cost engine, a preview's mix", runs, lambda: cost(mixed)),
    ]
    # Beyond any stack: every single resource costs something, and there are hundreds of clusters.
    _median("cost engine, nothing is free", runs, lambda: cost(priced))
    loads = tuple(20 * 50_000 ** (place / (WORKLOADS - 1)) for place in range(WORKLOADS))
    topologies = _median(
        "topology and bill of many workloads",
        runs,
        lambda: f"{len(curve(STACK, settings, loads, today=TODAY)):,} workloads",
    )
    within = all(median < EXPECTED_SECONDS for median in medians) and topologies < TOPOLOGY_SECONDS
    print(
        f"expected: planner and preview's mix each below {EXPECTED_SECONDS:g} s, topologies below "
        f"{TOPOLOGY_SECONDS:g} s: {'yes' if within else 'NO'}"
    )
    return 0 if within else 1


def _plan(settings: PlatformSettings) -> int:
    """Every candidate of every bucket that queriers read, priced and judged as the tier report does it."""
    flows = object_flows(settings.workload, settings.sampling, settings.replication)
    limits = LifecycleLimits.of_region(settings.region)
    return sum(
        len(tier_rows(tiering_inputs(purpose, settings.retention, flows, settings.s3_prices, limits)))
        for purpose in (backend.data.purpose for backend in backends_of(settings.retention))
    )


def _many(once: Sequence[Resource], count: int) -> Iterator[Resource]:
    """One stack's resources again and again, each under a name of its own and belonging together as before."""
    for number in range(count):
        item, suffix = once[number % len(once)], f"-{number // len(once)}"
        yield replace(
            item,
            name=item.name + suffix,
            urn=item.urn + suffix,
            parent=item.parent and item.parent + suffix,
            property_dependencies={
                key: frozenset(urn + suffix for urn in urns) for key, urns in item.property_dependencies.items()
            },
        )


def _median(label: str, runs: int, work: Callable[[], str]) -> float:
    seconds: list[float] = []
    what = ""
    for _ in range(runs + 1):
        started = time.perf_counter()
        what = work()
        seconds.append(time.perf_counter() - started)
    timed = seconds[1:]
    print(
        f"{label:30} median {statistics.median(timed):6.3f} s   (min {min(timed):.3f}, max {max(timed):.3f})   {what}"
    )
    return statistics.median(timed)


if __name__ == "__main__":
    raise SystemExit(main())
