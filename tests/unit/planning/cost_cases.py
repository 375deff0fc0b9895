"""Resources, stacks and reports that the cost tests share; run as a program it writes the golden reports again."""

from datetime import date
from pathlib import Path
from typing import Any

from ops.report.cost import cost_document
from ops.report.terminal import plain
from planning.cost.engine import price_resources
from planning.cost.inputs import CostInputs, ExpectedLoad
from planning.cost.model import CostReport
from planning.prices.loader import load_prices
from planning.registered import Resource
from planning.registered_sources import from_event_log
from settings.document.stack_files import owner_settings
from settings.rules.cost_inputs import cost_inputs
from tests.stacks import PROJECT, settings_of

DATA = Path(__file__).resolve().parents[2] / "data" / "cost"
STACKS = ("dev", "staging", "prod")
TODAY = date(2026, 11, 25)
TABLE = load_prices("us-west-2")
NETWORK = "lgtm:components:Network"


def resource(
    type_token: str, logical: str = "it", component: str = "lgtm:components:Thing", /, **properties: Any
) -> Resource:
    """One registered resource; `deps={key: [resource]}` says where a value came from."""
    deps = properties.pop("deps", {})
    urn = f"urn:pulumi:prod::lgtm::{component}${type_token}::{logical}"
    sources = {key: frozenset(owner.urn for owner in owners) for key, owners in deps.items()}
    return Resource(type_token, logical, urn, properties, sources)


def node_group(name: str = "spot", **properties: Any) -> Resource:
    """A spot group of three t4g.large in one subnet, unless properties say otherwise."""
    defaults: dict[str, Any] = {
        "capacityType": "SPOT",
        "instanceTypes": ["t4g.large"],
        "scalingConfig": {"desiredSize": 3, "minSize": 1, "maxSize": 4},
        "subnetIds": ["subnet-a"],
    }
    return resource("aws:eks/nodeGroup:NodeGroup", name, **{**defaults, **properties})


def release(name: str, values: Any, chart: str | None = None) -> Resource:
    """A Helm release."""
    return resource("kubernetes:helm.sh/v3:Release", name, chart=chart or name, values=values)


def priced(*resources: Resource, **options: Any) -> CostReport:
    """The report of some resources."""
    today = options.pop("today", TODAY)
    return price_resources(resources, TABLE, CostInputs(**options), today=today)


def amounts(report: CostReport) -> dict[tuple[str, str], float]:
    """US dollars a month by resource and item, to the cent."""
    return {(line.resource, line.item): round(line.usd_per_month, 2) for line in report.lines}


def recorded(stack: str) -> tuple[Resource, ...]:
    """The resources of a stack from a recorded preview on the real engine, cut down to what costs depend on."""
    return from_event_log((DATA / f"{stack}.jsonl").read_text(encoding="utf-8"))


def stack_inputs(stack: str) -> CostInputs:
    """What the stack's cost is computed from beside resources and prices."""
    settings = settings_of(stack)
    return cost_inputs(settings, owner_settings(settings, PROJECT))


def stack_report(stack: str) -> CostReport:
    """The report of a recorded preview with the stack's own settings."""
    return price_resources(recorded(stack), TABLE, stack_inputs(stack), today=TODAY)


def stack_load(stack: str) -> ExpectedLoad:
    """The load that the stack's settings expect."""
    return stack_inputs(stack).load


def golden(stack: str) -> str:
    """The text report of a recorded preview."""
    settings = settings_of(stack)
    report = cost_document(stack_report(stack), stack, settings.budget, settings.baseline, every_line=True)
    return plain(report) + "\n"


if __name__ == "__main__":
    for name in STACKS:
        (DATA / f"{name}.txt").write_text(golden(name), encoding="utf-8")
