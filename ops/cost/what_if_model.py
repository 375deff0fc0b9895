"""The answer to a what-if question, as data."""

from collections.abc import Mapping

from planning.base import Frozen
from planning.buckets import BucketPurpose
from planning.cost.budget import BudgetVerdict
from planning.cost.comparison import CostComparison

Edit = int | float | str | list[str] | None
"""A value in the stack file."""


class SizeChange(Frozen):
    """One component of the capacity plan."""

    component: str
    """Component name as in the capacity plan."""
    needs_cores: float
    """Cores that the load needs."""
    needs_gib: float
    """Memory that the load needs, in GiB."""
    cores: tuple[float, float] | None
    """CPU requests before and after, all pods together; None where no workload's size follows the load."""
    gib: tuple[float, float] | None
    """Memory requests before and after, in GiB."""
    volume_gib: tuple[float, float] | None
    """Volumes before and after, in GiB."""


class NodesChange(Frozen):
    """The node group that changes."""

    group: str
    """Settings key below cluster.node_groups."""
    before: str
    """Such as `3 x t4g.large`."""
    after: str
    """The cheapest that holds every request, at the price that spot is judged by."""


class PlanChange(Frozen):
    """The storage plan of one bucket."""

    bucket: BucketPurpose
    """The bucket."""
    before: str
    """Such as `STANDARD, 30 d GLACIER_IR`."""
    after: str
    """Likewise."""
    usd_per_month: tuple[float, float]
    """Storage, requests and retrieval over the objects' life, in US dollars a month, before and after."""


class WhatIf(Frozen):
    """The answer."""

    stack: str
    """The stack."""
    question: str
    """What was asked, in words."""
    sizes: tuple[SizeChange, ...]
    """Components."""
    nodes: NodesChange | None
    """None where today's nodes hold it, or where the nodes are not this project's."""
    plans: tuple[PlanChange, ...]
    """Buckets that queriers read."""
    cost: CostComparison
    """Dollars before and after."""
    verdict: BudgetVerdict
    """The cost after, against today's budget."""
    edits: Mapping[str, Edit]
    """What to write into the stack's file, by dotted key below lgtm:platform; the budget is left to people."""
    notes: tuple[str, ...]
    """What the numbers rest on, and what doesn't fit this layout."""
