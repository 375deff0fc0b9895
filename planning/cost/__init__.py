"""Resources → cost: what registered resources cost in a month, from dated list prices and stated assumptions."""

from planning.cost.assumptions import Assumptions, NodeCount
from planning.cost.baseline import Baseline
from planning.cost.bill import ClusterSharing
from planning.cost.budget import BudgetLimits, BudgetVerdict, OverPart, budget_verdict
from planning.cost.comparison import CostChange, CostComparison, compare
from planning.cost.engine import price_resources
from planning.cost.load import REFERENCE_LOAD, ExpectedLoad
from planning.cost.model import Category, CostLine, CostReport, FreeType, LineKind, Unpriced

__all__ = [
    "REFERENCE_LOAD",
    "Assumptions",
    "Baseline",
    "BudgetLimits",
    "BudgetVerdict",
    "Category",
    "ClusterSharing",
    "CostChange",
    "CostComparison",
    "CostLine",
    "CostReport",
    "ExpectedLoad",
    "FreeType",
    "LineKind",
    "NodeCount",
    "OverPart",
    "Unpriced",
    "budget_verdict",
    "compare",
    "price_resources",
]
