"""One stack has one price: reports, rules and policies agree, also where another stack's file counts."""

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from ops.__main__ import main
from ops.cost.figures import figures
from ops.cost.what_if import what_if
from ops.stacks import cost_inputs_of
from ops.tuning.effects import priced_settings
from planning.cost.budget import budget_verdict
from planning.cost.model import LineKind
from planning.registered import Resource
from policies.rule import Violation
from policies.rules.cost import BUDGET, BudgetLimits, priced
from settings.document.loader import FULL_KEY
from settings.document.policy_config import config_files
from settings.document.stack_files import owner_settings, stack_settings
from settings.models.platform import PlatformSettings
from telemetry.cost.expected_resources import expected_resources
from telemetry.cost.planned import planned_cost
from tests.unit.settings.documents import changed

CONTROL_PLANE_USD = 73.0
TENANT_STACK_NODES, ON_DEMAND_NODES = 2, 1


def write(project: Path, stack: str, changes: Mapping[str, Any]) -> None:
    document = {"config": {FULL_KEY: changed(stack, dict(changes))}}
    (project / f"Pulumi.{stack}.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a tenant stack, whose owner each test writes."""
    write(tmp_path, "dev", {})
    (tmp_path / "Pulumi.yaml").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def state_of(resources: tuple[Resource, ...]) -> str:
    """The resources as `pulumi stack export` writes them."""
    listed = [
        {
            "urn": one.urn,
            "inputs": one.properties,
            "propertyDependencies": {key: sorted(urns) for key, urns in one.property_dependencies.items()},
        }
        for one in resources
    ]
    return json.dumps({"deployment": {"resources": listed}})


def answers(project: Path, stack: str, capsys: pytest.CaptureFixture[str]) -> dict[str, float]:
    """What every part of the platform says that the stack costs in a month, in dollars."""
    settings = stack_settings(stack, project)
    owner = owner_settings(settings, project)
    resources = expected_resources(settings, stack, owner)
    file = project / "state.json"
    file.write_text(state_of(resources), encoding="utf-8")
    assert main(["cost", "plan", "--state", str(file), "--stack", stack, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    planned = planned_cost(settings, stack, owner)
    assert planned is not None
    config = json.loads(config_files(project)[project / "policies" / "config" / f"{stack}.json"])
    limits = BudgetLimits.model_validate_json(json.dumps(config["budget"]))
    return {
        "lgtm cost plan": report["usd_per_month"],
        "rules and dashboards": planned.usd_per_month["total"],
        "budget policy": priced(resources, limits).usd_per_month,
        "HTML report": _figures(resources, settings, stack),
        "lgtm what-if": what_if(stack).cost.before,
        "tuning commands": priced_settings(stack, settings).usd_per_month,
    }


def _figures(resources: tuple[Resource, ...], settings: PlatformSettings, stack: str) -> float:
    inputs = cost_inputs_of(settings)
    return figures(resources, settings, stack, inputs=inputs, today=date.today()).report.usd_per_month


@pytest.mark.parametrize("zones", [2, 3])
@pytest.mark.parametrize("spot_nodes", [2, 4, 8])
def test_a_tenant_stack_has_one_price_whatever_its_owner_s_file_says(
    project: Path, capsys: pytest.CaptureFixture[str], spot_nodes: int, zones: int
) -> None:
    changes = {"nodes": spot_nodes, "max_nodes": 8}
    write(
        project,
        "staging",
        {f"cluster.node_groups.spot.{key}": value for key, value in changes.items()}
        | {"network.availability_zones": zones, "capacity.storage_gb": 1000},
    )
    usd = {who: round(found, 2) for who, found in answers(project, "dev", capsys).items()}
    assert len(set(usd.values())) == 1, f"expected one price, got {usd}"
    share = CONTROL_PLANE_USD * TENANT_STACK_NODES / (TENANT_STACK_NODES + spot_nodes + ON_DEMAND_NODES)
    assert control_plane(project) == pytest.approx(share)


def control_plane(project: Path) -> float:
    """What a report of the tenant stack says that it pays for the control plane."""
    report = priced_settings("dev", stack_settings("dev", project))
    return sum(line.usd_per_month for line in report.lines if line.kind is LineKind.CONTROL_PLANE)


@pytest.mark.parametrize("wrong", ["config: {", "config: {lgtm:platform: {environment: staging}}", "\udcff"])
def test_an_owner_s_file_that_cant_be_used_is_as_good_as_none(project: Path, wrong: str) -> None:
    (project / "Pulumi.staging.yaml").write_text(wrong, encoding="utf-8", errors="surrogateescape")
    assert owner_settings(stack_settings("dev", project), project) is None
    assert control_plane(project) == pytest.approx(CONTROL_PLANE_USD / 2)


def test_without_its_owner_s_file_everybody_takes_half_of_the_control_plane(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    usd = {who: round(found, 2) for who, found in answers(project, "dev", capsys).items()}
    assert len(set(usd.values())) == 1, f"expected one price, got {usd}"
    assert control_plane(project) == pytest.approx(CONTROL_PLANE_USD / 2)


@pytest.mark.parametrize("stack", ["staging", "prod"])
def test_an_owner_has_one_price(project: Path, capsys: pytest.CaptureFixture[str], stack: str) -> None:
    write(project, stack, {})
    usd = {who: round(found, 2) for who, found in answers(project, stack, capsys).items()}
    assert len(set(usd.values())) == 1, f"expected one price, got {usd}"


@pytest.mark.parametrize(("left", "within"), [(0.00, True), (-0.01, False)])
def test_a_changed_budget_is_one_number_from_the_stack_s_file_to_the_verdict(
    project: Path, left: float, within: bool
) -> None:
    settings = stack_settings("dev", project)
    resources = expected_resources(settings, "dev", None)
    usd = round(priced_settings("dev", settings).usd_per_month + left, 2)
    write(project, "dev", {"budget.usd_per_month": usd})
    settings = stack_settings("dev", project)
    config = json.loads(config_files(project)[project / "policies" / "config" / "dev.json"])
    limits = BudgetLimits.model_validate_json(json.dumps(config["budget"]))
    assert (settings.budget.usd_per_month, config["budget"]["usd_per_month"], limits.usd_per_month) == (usd, usd, usd)
    verdict = budget_verdict(priced_settings("dev", settings), settings.budget)
    assert (verdict.within, verdict.budget) == (within, usd), verdict.message
    violations = [found.message for found in BUDGET.check(resources, limits) if isinstance(found, Violation)]
    assert violations == [verdict.message] * (not within), f"expected the report's verdict, got {violations}"
