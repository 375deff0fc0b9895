"""Every shipped region's stacks stay within their default budgets, which follow the region's prices."""

from datetime import date

import pytest

from planning.aws.regions import REGIONS, WITH_PRICES
from planning.cost.budget import budget_verdict
from planning.cost.engine import price_resources
from planning.prices.loader import load_prices
from settings.document.loader import parse_settings
from settings.document.regional_budget import budget_factor
from settings.rules.cost_inputs import cost_inputs
from telemetry.cost.expected_resources import expected_resources
from tests.stacks import NAMES, stack_settings
from tests.unit.settings.documents import minimal

DAY = date(2026, 11, 28)


@pytest.mark.parametrize("region", WITH_PRICES)
@pytest.mark.parametrize("stack", NAMES)
def test_default_budgets_leave_room(stack: str, region: str) -> None:
    settings, owner = stack_settings(stack, region=region), stack_settings("staging", region=region)
    host = owner if stack == "dev" else None
    report = price_resources(
        expected_resources(settings, stack, host), load_prices(region), cost_inputs(settings, host), today=DAY
    )
    assert report.unpriced == ()
    assert budget_verdict(report, settings.budget).within, (report.usd_per_month, settings.budget)


def test_a_budget_follows_its_region_unless_the_file_says_one() -> None:
    assert parse_settings(minimal("prod"), stack="prod").budget.usd_per_month == 387
    assert parse_settings(minimal("prod") | {"region": "us-east-1"}, stack="prod").budget.usd_per_month == 387
    frankfurt = parse_settings(minimal("prod") | {"region": "eu-central-1"}, stack="prod").budget
    assert frankfurt.usd_per_month == 443
    assert frankfurt.storage_usd_per_month == 112
    assert sum(frankfurt.parts.values()) <= frankfurt.usd_per_month
    x86 = minimal("prod") | {"cluster": minimal("prod")["cluster"] | {"architecture": "x86_64"}}
    assert parse_settings(x86, stack="prod").budget.usd_per_month == 480, "387 by t3.large over t4g.large"
    own = minimal("staging") | {"region": "eu-central-1", "budget": {"usd_per_month": 170}}
    assert parse_settings(own, stack="staging").budget.usd_per_month == 170


def test_no_region_is_cheaper_than_the_default() -> None:
    assert {region: budget_factor(region) for region in REGIONS if budget_factor(region) < 1} == {}
    assert budget_factor("eu-wesst-1") == budget_factor(None) == budget_factor(7) == 1
