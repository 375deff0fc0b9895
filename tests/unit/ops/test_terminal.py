"""A cost report on a terminal: tables with the numbers of the plain text, and all of its words beside them."""

import io
import subprocess
import sys

import pytest
from rich.console import Console

from ops.__main__ import main
from ops.cost.plan import budget_of
from ops.report.terminal import print_report
from ops.stacks import PROJECT_ROOT, settings_of
from planning.cost import BudgetLimits, render_report
from tests.unit.planning.cost_cases import DATA, STACKS, stack_report


def _printed(stack: str, budget: BudgetLimits, *, colour: bool = False) -> str:
    console = Console(file=io.StringIO(), width=400, force_terminal=colour, color_system="standard" if colour else None)
    print_report(stack_report(stack), stack, budget, console=console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize("stack", STACKS)
def test_tables_hold_what_the_plain_text_holds(stack: str) -> None:
    budget = budget_of(settings_of(stack))
    report, printed = stack_report(stack), _printed(stack, budget)
    sections = render_report(report, stack, budget).split("\n\n")
    for section in (sections[0], *sections[3:]):
        assert section in "\n".join(line.rstrip() for line in printed.splitlines())
    cells = {cell.strip() for line in printed.splitlines() for cell in line.split("│")}
    amounts = [line.usd_per_month for line in report.lines if line.usd_per_month >= 0.5]
    for usd in (*amounts, *report.by_category.values(), report.usd_per_month, budget.usd_per_month):
        assert f"{usd:,.2f}" in cells


def test_over_budget_is_red_and_within_is_green() -> None:
    assert "\x1b[1;31mOVER BUDGET" in _printed("prod", BudgetLimits(usd_per_month=100), colour=True)
    assert "\x1b[32mwithin budget" in _printed("prod", BudgetLimits(usd_per_month=1000), colour=True)


def test_tables_are_for_terminals_and_pipes_get_plain_text(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ["cost", "plan", "--stack", "prod", "--event-log", str(DATA / "prod.jsonl")]
    assert main(arguments) == 0
    assert "┃" not in capsys.readouterr().out
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert main(arguments) == 0
    assert "┃" in capsys.readouterr().out


def test_help_imports_neither_planning_nor_boto3() -> None:
    code = (
        "import sys; from ops.__main__ import main; main(['--help']); "
        "print([name for name in sys.modules if name in ('planning', 'pydantic', 'boto3', 'rich')])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT_ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.endswith("[]\n")
