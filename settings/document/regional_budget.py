"""Default budgets follow the region: the same stack costs more where Amazon asks more for it."""

import math
from collections.abc import Mapping

from planning.json_value import Json
from planning.prices.loader import load_prices
from planning.prices.table import ON_DEMAND, PriceTableError

# Whose prices the environments' budgets were made for, and the type that most of a stack's dollars go to.
HOME = "us-west-2"
YARDSTICK = f"{ON_DEMAND}.t4g.large"


def budget_factor(region: Json) -> float:
    """How much more nodes cost in a region than where the default budgets come from, never below 1."""
    if not isinstance(region, str) or region == HOME:
        return 1.0
    try:
        return max(1.0, load_prices(region).price(YARDSTICK).usd / load_prices(HOME).price(YARDSTICK).usd)
    except PriceTableError:
        return 1.0  # no region: the models say so


def regional_budget(budget: Json, region: Json) -> Json:
    """An environment's default budget in a region, in whole dollars; the parts never exceed the whole."""
    factor = budget_factor(region)
    if factor == 1.0 or not isinstance(budget, Mapping):
        return budget
    whole = {key: math.ceil if key == "usd_per_month" else math.floor for key in budget}
    return {key: whole[key](usd * factor) if isinstance(usd, int | float) else usd for key, usd in budget.items()}
