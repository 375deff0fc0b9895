"""Another company's stacks: every generator and command takes them, and nothing of the tests' own company is left."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from docs.tools import runbook_index as runbooks
from docs.tools.rule_book import rule_book, stack_configs
from ops.__main__ import main
from settings.document.loader import FULL_KEY
from settings.document.policy_config import config_files
from settings.document.stack_files import stack_settings
from telemetry.grafana.dashboards.catalogue import dashboards
from tests.stacks import NAMES, PROJECT, stack_file
from tests.unit.planning.cost_cases import DATA

OWN = ("acme-monitoring", "order-processing", "web-search")
BILLING = {"name": "billing", "language": "java", "port": 8010, "tier": "critical"}


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project of a company with its own names, services, retention and history."""
    folder = tmp_path_factory.mktemp("company")
    shutil.copy(PROJECT / "Pulumi.yaml", folder)
    for stack in NAMES:
        document: Any = stack_file(stack)
        platform = document["config"][FULL_KEY]
        platform |= {
            "project": "acme-obs",
            "owner": "observability@acme.example",
            "cost_centre": "4711",
            "namespace": f"telemetry-{stack}",
            "baseline": {"usd_per_month": 500},
            "retention": {"logs": {"delete_days": 30}},
            "services": [BILLING],
        }
        (folder / f"Pulumi.{stack}.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    for path, text in config_files(folder).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("stack", NAMES)
def test_generated_files_follow_the_company_s_stacks(stack: str, company: Path) -> None:
    settings = stack_settings(stack, company)
    limits = json.loads((company / "policies" / "config" / f"{stack}.json").read_text(encoding="utf-8"))
    assert limits["applications-retain"]["logs_days"] == 30
    assert "| `logs_days` |" in rule_book(dict(stack_configs(company / "policies" / "config")))
    topics = runbooks.alerts_by_topic(settings, stack)
    assert {kind for kind, found in topics.items() if found} >= {"services", "slo", "logs", "cost"}
    shown = repr(dashboards(settings))
    assert not [name for name in OWN if name in shown]


@pytest.mark.parametrize("command", ["tiers", "capacity", "integrate billing", "validate"])
def test_commands_are_about_the_company_s_stacks(
    command: str, company: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(company)
    assert main([*command.split(), "--stack", "prod"]) == 0, capsys.readouterr().err
    out = capsys.readouterr().out
    assert not [name for name in OWN if name in out]


def test_reports_compare_with_the_company_s_own_history(
    company: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(company)
    assert main(["cost", "plan", "--stack", "dev", "--event-log", str(DATA / "dev.jsonl")]) == 0
    out = capsys.readouterr().out
    assert "500.00" in out
    assert "less than before" in out
