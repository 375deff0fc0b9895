"""A report against its budget: within or not, by how much, why, and what would help."""

from collections.abc import Callable, Collection, Mapping, Sequence

from pydantic import computed_field

from planning.base import Frozen
from planning.budget import Category, TotalBudget
from planning.cost.model import CostLine, CostReport, LineKind


class OverPart(Frozen):
    """A category that costs more than its part of the budget."""

    category: Category
    """The category."""
    usd_per_month: float
    """What it costs."""
    budget: float
    """Its part."""


class BudgetVerdict(Frozen):
    """The judgement; only the whole decides, parts are named."""

    within: bool
    """Whether the total is within the budget, with pools of nodes at their limits too."""
    usd_per_month: float
    """The total."""
    budget: float
    """The budget."""
    over_parts: tuple[OverPart, ...]
    """Categories beyond their part."""
    top_costs: tuple[CostLine, ...]
    """The lines that cost most."""
    recommendations: tuple[str, ...]
    """What would lower what is over, dearest first, with the saving where the report tells it."""
    finding: str
    """The total against the budget, for people."""
    advice: str = ""
    """What is dearest and what would help, where it is over."""

    @computed_field
    @property
    def message(self) -> str:
        """All of it in one sentence."""
        return f"{self.finding}; {self.advice}" if self.advice else self.finding


def budget_verdict(report: CostReport, budget: TotalBudget, top: int = 3) -> BudgetVerdict:
    """Judges a report: the bill as it is, and the largest that pools of nodes can make of it. A cent over is over."""
    total = report.usd_per_month
    most = total if report.usd_at_pool_limits is None else report.usd_at_pool_limits
    within = round(max(total, most), 2) <= budget.usd_per_month
    over = tuple(
        OverPart(category=category, usd_per_month=usd, budget=part)
        for category, usd in report.by_category.items()
        if (part := budget.parts.get(category)) is not None and round(usd, 2) > part
    )
    # With the whole within its budget, only the parts that aren't need help.
    categories = {part.category for part in over} if within else set(Category)
    lines, recommendations = report.top_costs(top), recommendations_for(report, categories)
    return BudgetVerdict(
        within=within,
        usd_per_month=total,
        budget=budget.usd_per_month,
        over_parts=over,
        top_costs=lines,
        recommendations=recommendations,
        finding=_finding(report, budget.usd_per_month, within=within),
        advice="" if within else _advice(report, budget.usd_per_month, lines, recommendations),
    )


def in_words(lines: Sequence[CostLine]) -> str:
    """What costs most, for a verdict's sentence: item, resource and US dollars a month of each line."""
    return ", ".join(f"{line.item} of {line.resource} {line.usd_per_month:.2f}" for line in lines)


def _finding(report: CostReport, limit: float, *, within: bool) -> str:
    total, most = report.usd_per_month, report.usd_at_pool_limits
    if within:
        pools = "" if most is None else f"; pools of nodes at their limits make {most:.2f} of it"
        return f"{total:.2f} USD a month is within the budget of {limit:.2f} ({limit - total:.2f} left{pools})"
    if most is not None and round(total, 2) <= limit:
        return (
            f"{most:.2f} USD a month is {most - limit:.2f} over the budget of {limit:.2f} when pools of nodes are at "
            f"their limits; {total:.2f} without them"
        )
    return f"{total:.2f} USD a month is {total - limit:.2f} over the budget of {limit:.2f}"


def _advice(report: CostReport, limit: float, lines: Sequence[CostLine], recommendations: Sequence[str]) -> str:
    if round(report.usd_per_month, 2) <= limit:
        return "lower spec.limits of the NodePool: lgtm node-pool computes them"
    helping = f"; what would help: {'; '.join(recommendations[:3])}" if recommendations else ""
    return f"dearest: {in_words(lines)}{helping}"


def recommendations_for(report: CostReport, categories: Collection[Category]) -> tuple[str, ...]:
    """One suggestion for each kind of line in the categories that has one, the largest first."""
    by_kind: dict[LineKind, list[CostLine]] = {}
    for line in (line for line in report.lines if line.category in categories):
        by_kind.setdefault(line.kind, []).append(line)
    ranked = sorted(by_kind.items(), key=lambda pair: -_usd(pair[1]))
    return tuple(text for kind, lines in ranked if kind in _RECOMMENDATIONS for text in _RECOMMENDATIONS[kind](lines))


def _usd(lines: Sequence[CostLine]) -> float:
    return sum(line.usd_per_month for line in lines)


def _extended_support(lines: Sequence[CostLine]) -> list[str]:
    usd = _usd(lines)
    return [f"upgrade to a Kubernetes version in standard support (saves {usd * 5 / 6:.0f} of {usd:.0f})"]


def _on_demand(lines: Sequence[CostLine]) -> list[str]:
    groups = ", ".join(dict.fromkeys(line.resource for line in lines))
    return [f"fewer or smaller nodes in {groups}, or spot for what may be interrupted (at least 40 % less)"]


def _spot(lines: Sequence[CostLine]) -> list[str]:
    groups = ", ".join(dict.fromkeys(line.resource for line in lines))
    per_node = max(line.unit_usd for line in lines) * 730
    return [f"fewer nodes in {groups} (each saves {per_node:.0f})"]


def _nat(lines: Sequence[CostLine]) -> list[str]:
    gateways = len({line.resource for line in lines})
    saved = _usd(lines) * (gateways - 1) / gateways if gateways > 1 else _usd(lines)
    mode = "network.nat: one" if gateways > 1 else "network.nat: none, with nodes in public subnets"
    return [f"{mode} (saves about {saved:.0f})"]


def _zones(lines: Sequence[CostLine]) -> list[str]:
    uncompressed = [line for line in lines if line.uncompressed]
    if uncompressed:
        usd = _usd(uncompressed)
        return [f"gRPC compression from distributors to ingesters (saves about {usd * 2 / 3:.0f} of {usd:.0f})"]
    return [f"nodes in one availability zone (saves {_usd(lines):.0f}, and a zone's loss stops the stack)"]


def _simple(text: str) -> Callable[[Sequence[CostLine]], list[str]]:
    return lambda lines: [f"{text} ({_usd(lines):.0f} now)"]


_RECOMMENDATIONS: Mapping[LineKind, Callable[[Sequence[CostLine]], list[str]]] = {
    LineKind.CONTROL_PLANE_EXTENDED: _extended_support,
    LineKind.NODE_ON_DEMAND: _on_demand,
    LineKind.NODE_SPOT: _spot,
    LineKind.NAT_GATEWAY: _nat,
    LineKind.ZONE_TRANSFER: _zones,
    LineKind.EGRESS: _simple("fewer signals or a smaller share, destinations[].share_percent"),
    LineKind.ROOT_VOLUME: _simple("smaller root volumes, node_groups.*.root_volume_gib"),
    LineKind.DATA_VOLUME: _simple("smaller data volumes, sizes.*.volume_gib"),
    LineKind.BUCKET_STORAGE: _simple("shorter retention or stronger sampling"),
    LineKind.LOGS: _simple("fewer control-plane log types, cluster.control_plane_logs"),
    LineKind.LOAD_BALANCER: _simple("one load balancer for all services"),
    LineKind.ENDPOINT: _simple("fewer interface endpoints: a NAT gateway may be cheaper"),
}
