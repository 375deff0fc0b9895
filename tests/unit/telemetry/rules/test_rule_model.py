"""What rule files look like, for small stacks and large ones."""

import re
from collections.abc import Callable
from typing import Any

import pydantic
import pytest
import yaml

from planning.aws.regions import STAND_INS
from planning.cost.engine import price_resources
from planning.prices.loader import load_prices
from settings.models.platform import PlatformSettings
from settings.models.receivers import Severity
from settings.rules.cost_inputs import cost_inputs
from telemetry.alerting.rules.files import loki_rule_files, mimir_groups, mimir_rule_files
from telemetry.alerting.rules.model import (
    MAX_INTERVAL_SECONDS,
    MAX_RULES_IN_GROUP,
    Alert,
    Group,
    Recording,
    alerts,
    groups_of,
    kebab,
)
from telemetry.cost.expected_resources import expected_resources
from telemetry.cost.planned import planned_cost

Make = Callable[..., PlatformSettings]
CONFIG_MAP_BYTES = 1_048_576


def files(settings: PlatformSettings) -> dict[str, str]:
    return mimir_rule_files(settings, planned_cost(settings, settings.environment.value, None))


def rules(settings: PlatformSettings) -> list[dict[str, Any]]:
    texts = [*files(settings).values(), *loki_rule_files(settings).values()]
    return [rule for text in texts for group in yaml.safe_load(text)["groups"] for rule in group["rules"]]


def test_names_of_pages_are_the_words_of_the_alert() -> None:
    assert kebab("HighErrorRate") == "high-error-rate"
    assert kebab("SloBudgetBurningFast") == "slo-budget-burning-fast"


def test_every_alert_says_how_bad_whose_and_what_to_do(settings: PlatformSettings) -> None:
    found = [rule for rule in rules(settings) if "alert" in rule]
    for rule in found:
        assert rule["labels"] == {
            "severity": rule["labels"]["severity"],
            "team": "platform-team",
            "environment": settings.environment.value,
        }
        assert rule["labels"]["severity"] in {severity.value for severity in Severity}
        assert rule["annotations"]["runbook_url"] == f"http://localhost:3000/d/runbook-{kebab(rule['alert'])}"
        assert {"summary", "description"} <= set(rule["annotations"])
        # A telephone shows about that much.
        assert len(rule["annotations"]["summary"]) <= 120
    names = [rule["alert"] for rule in found]
    assert len(names) == len(set(names))


def test_team_and_address_of_pages_come_from_the_settings(make_settings: Make) -> None:
    settings = make_settings("prod", alerting={"team": "night watch", "runbook_base_url": "https://docs.acme.io/run/"})
    rule = next(rule for rule in rules(settings) if rule.get("alert") == "HighErrorRate")
    assert rule["labels"]["team"] == "night watch"
    assert rule["annotations"]["runbook_url"] == "https://docs.acme.io/run/high-error-rate/"


def test_the_promised_alerts_are_as_promised(make_settings: Make) -> None:
    by_name = {rule["alert"]: rule for rule in rules(make_settings("prod")) if "alert" in rule}
    promised = {
        "HighErrorRate": ("> 0.05", "2m", "critical"),
        "HighResponseTime": ("> 2", "5m", "warning"),
        "StorageGrowthHigh": ("> 1e+10", "15m", "warning"),
        "IngestionRateHigh": ("> 2e+07", "5m", "warning"),
    }
    for name, (limit, waits, severity) in promised.items():
        rule = by_name[name]
        assert rule["expr"].endswith(limit)
        assert (rule["for"], rule["labels"]["severity"]) == (waits, severity)


def test_thresholds_follow_the_settings(make_settings: Make) -> None:
    settings = make_settings(
        "prod",
        alerting={"storage_growth_gb_per_day": 2.5, "ingestion_mb_per_second": 3, "telemetry_missing_minutes": 30},
        ingestion={"max_series": 123_456},
    )
    by_name = {rule["alert"]: rule["expr"] for rule in rules(settings) if "alert" in rule}
    assert by_name["StorageGrowthHigh"].endswith("> 2.5e+09")
    assert by_name["IngestionRateHigh"].endswith("> 3e+06")
    assert "< 1800" in by_name["ServiceTelemetryMissing"]
    assert "/ 123456 >" in by_name["SeriesLimitNear"]


def test_a_latency_objective_counts_at_its_own_boundary(make_settings: Make) -> None:
    settings = make_settings("prod", slos={"services": {"order-processing": {"latency_threshold_ms": 250}}})
    (slow,) = (
        rule["expr"]
        for rule in rules(settings)
        if rule.get("record") == "slo:bad_events:rate5m" and rule["labels"]["slo"] == "latency"
    )
    assert 'service_name=~"order-processing",le="0.25"' in slow
    assert 'service_name=~"api-gateway",le=~"1([.]0)?"' in slow


def test_objectives_are_those_of_tier_and_service(make_settings: Make) -> None:
    settings = make_settings("prod", slos={"services": {"order-processing": {"availability_percent": 99.95}}})
    objectives = {
        (rule["labels"]["service_name"], rule["labels"]["slo"]): rule["expr"]
        for rule in rules(settings)
        if rule.get("record") == "slo:objective:ratio"
    }
    assert objectives == {
        ("api-gateway", "availability"): "vector(0.999)",
        ("api-gateway", "latency"): "vector(0.99)",
        ("order-processing", "availability"): "vector(0.9995)",
        ("order-processing", "latency"): "vector(0.95)",
    }


def test_a_handful_of_failures_burns_no_budget(make_settings: Make) -> None:
    """Ten bad events in the long window, counted once a minute; at night 100 % of few requests may fail."""
    by_name = {rule["alert"]: rule["expr"] for rule in rules(make_settings("prod")) if "alert" in rule}
    for name, windows in (("SloBudgetBurningFast", ("1h", "6h")), ("SloBudgetBurningSlowly", ("1d", "3d"))):
        alternatives = by_name[name].split("\nor\n")
        assert len(alternatives) == len(windows), by_name[name]
        for window, expr in zip(windows, alternatives, strict=True):
            assert expr.endswith(f" and sum_over_time(slo:bad_events:rate5m[{window}]) * 60 >= 10)"), expr


def test_equal_settings_give_equal_bytes(settings: PlatformSettings) -> None:
    assert files(settings) == files(settings)


def test_two_hundred_services_fit_groups_and_a_config_map(make_settings: Make) -> None:
    services = [{"name": f"service-{n}", "language": "go", "port": 8000 + n, "tier": "standard"} for n in range(200)]
    settings = make_settings("prod", services=services)
    texts = files(settings)
    assert sum(map(len, texts.values())) < CONFIG_MAP_BYTES
    for text in texts.values():
        for group in yaml.safe_load(text)["groups"]:
            assert len(group["rules"]) <= MAX_RULES_IN_GROUP
            assert int(group["interval"].removesuffix("s")) <= MAX_INTERVAL_SECONDS


def test_names_of_groups_are_unique(settings: PlatformSettings) -> None:
    names = [group["name"] for text in files(settings).values() for group in yaml.safe_load(text)["groups"]]
    assert len(names) == len(set(names))


def test_a_long_list_becomes_numbered_groups() -> None:
    many = [Recording(record="a:b", expr=f"vector({n})") for n in range(MAX_RULES_IN_GROUP + 1)]
    assert [group.name for group in groups_of("x", many)] == ["x-1", "x-2"]
    assert [group.name for group in groups_of("x", many[:1])] == ["x"]


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Group(name="slow", interval_seconds=300, rules=(Recording(record="a:b", expr="up"),)),
        lambda: Group(name="empty", rules=()),
        lambda: Recording(record="no-colon", expr="up"),
        lambda: Alert(alert="lower", expr="up", severity=Severity.INFO, summary="", description=""),
    ],
)
def test_what_a_ruler_would_refuse_or_lose_is_refused(wrong: Callable[[], object]) -> None:
    with pytest.raises(pydantic.ValidationError):
        wrong()


def days_per_month(settings: PlatformSettings) -> float:
    """By how many days the rules make a month's cost of a day's."""
    (burn,) = (rule["expr"] for rule in rules(settings) if rule.get("record") == "lgtm:budget_burn:ratio")
    (days,) = re.findall(r"^sum\(lgtm:cost_usd_per_day\) \* ([0-9.]+) / ", burn)
    return float(days)


class TestCost:
    def test_without_prices_bytes_and_series_remain(self, on_premises: PlatformSettings) -> None:
        assert planned_cost(on_premises, "dev", None) is None
        text = files(on_premises)["cost.yaml"]
        assert "usd" not in text
        assert "BudgetBurnHigh" not in text
        assert "lgtm:stored_bytes:increase1d" in text

    def test_a_region_without_a_table_has_its_stand_ins_dollars(self, make_settings: Make) -> None:
        near = STAND_INS["ap-south-2"]
        planned = planned_cost(make_settings("prod", region="ap-south-2"), "prod", None)
        assert planned == planned_cost(make_settings("prod", region=near), "prod", None)

    @pytest.mark.parametrize("stack", ["dev", "staging", "prod"])
    def test_the_plan_is_the_cost_engines(self, make_settings: Make, stack: str) -> None:
        settings, owner = make_settings(stack), make_settings("staging")
        planned = planned_cost(settings, stack, owner)
        assert planned is not None
        table = load_prices(settings.region)
        inputs = cost_inputs(settings, owner)
        report = price_resources(expected_resources(settings, stack, owner), table, inputs, today=table.compiled)
        assert planned.usd_per_month["storage"] == pytest.approx(report.by_category["storage"])  # pyright: ignore[reportUnknownMemberType]
        assert sum(planned.usd_per_month[line] for line in ("compute", "storage", "operations")) == pytest.approx(
            planned.usd_per_month["total"]
        )
        assert sum(planned.fixed_share.values()) == pytest.approx(1)
        assert 0 < planned.fixed_usd_per_month < planned.usd_per_month["total"]

    def test_twelve_months_of_days_are_a_year(self, make_settings: Make) -> None:
        """The bill has months of 30 and 31 days: by 30, every budget would burn 1.5 % too slowly."""
        assert 365 <= 12 * days_per_month(make_settings("prod")) <= 366

    @pytest.mark.parametrize("stack", ["dev", "staging", "prod"])
    def test_at_the_planned_load_the_budget_doesnt_burn(self, make_settings: Make, stack: str) -> None:
        """What the rules would compute from the planned bytes is the plan itself, and within the budget."""
        from planning.capacity.ingest import ingest_of

        settings, owner = make_settings(stack), make_settings("staging")
        days = days_per_month(settings)
        planned = planned_cost(settings, stack, owner)
        assert planned is not None
        ingest = ingest_of(settings.workload, settings.sampling, settings.replication)
        stored = {one.signal: one.stored_gib_per_day for one in ingest.signals}
        per_day = sum(
            stored[signal] * planned.usd_per_stored_gib[signal]
            + planned.fixed_usd_per_month * planned.fixed_share[signal] / days
            for signal in settings.retention.signals
        )
        assert per_day * days == pytest.approx(planned.usd_per_month["total"])
        assert per_day * days < settings.budget.usd_per_month


def test_tenant_stacks_and_owners_have_the_same_alerts(make_settings: Make) -> None:
    names = [
        {
            alert.alert
            for groups in mimir_groups(make_settings(stack), planned_cost(make_settings(stack), stack, None)).values()
            for alert in alerts(groups)
        }
        for stack in ("dev", "staging", "prod")
    ]
    assert names[0] == names[1] == names[2]
