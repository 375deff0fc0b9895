"""Default budgets follow region and architecture: the same stack costs more where Amazon asks more for it."""

import math
from collections.abc import Mapping

from planning.instances import Architecture
from planning.json_value import Json
from planning.prices.loader import load_prices
from planning.prices.table import ON_DEMAND, PriceTableError

# Whose prices the environments' budgets were made for, and the type that most of a stack's dollars go to.
HOME = "us-west-2"
YARDSTICKS = {Architecture.ARM64: f"{ON_DEMAND}.t4g.large", Architecture.X86_64: f"{ON_DEMAND}.t3.large"}


def budget_factor(region: Json, architecture: Architecture = Architecture.ARM64) -> float:
    """How much more such nodes cost in a region than Graviton's where the default budgets come from, never below 1."""
    if not isinstance(region, str) or (region == HOME and architecture is Architecture.ARM64):
        return 1.0
    try:
        here, home = load_prices(region).price(YARDSTICKS[architecture]), load_prices(HOME)
        return max(1.0, here.usd / home.price(YARDSTICKS[Architecture.ARM64]).usd)
    except PriceTableError:
        return 1.0  # no region: the models say so


def regional_budget(budget: Json, region: Json, architecture: Architecture = Architecture.ARM64) -> Json:
    """An environment's default budget in a region, in whole dollars; the parts never exceed the whole."""
    factor = budget_factor(region, architecture)
    if factor == 1.0 or not isinstance(budget, Mapping):
        return budget
    whole = {key: math.ceil if key == "usd_per_month" else math.floor for key in budget}
    return {key: whole[key](usd * factor) if isinstance(usd, int | float) else usd for key, usd in budget.items()}
