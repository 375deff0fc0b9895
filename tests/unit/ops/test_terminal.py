"""A cost report on a terminal: tables with the numbers of the plain text, and all of its words beside them."""

import re
import subprocess
import sys
from collections.abc import Callable

import pytest

from ops.__main__ import main
from ops.report import html, markdown
from ops.report.checks import Check, Report, State
from ops.report.cost import cost_document
from ops.report.model import (
    Bullets,
    Document,
    Fold,
    Listing,
    Row,
    RowStyle,
    Section,
    Span,
    Text,
    Tone,
    code,
    document,
    strong,
    table,
)
from ops.report.terminal import WIDTH, plain, show
from planning.budget import Budget
from tests.stacks import REPOSITORY, settings_of
from tests.unit.planning.cost_cases import DATA, STACKS, stack_report

Show = Callable[[Document], str]


@pytest.fixture
def shown(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Show:
    """What a terminal of 400 columns with colours gets."""

    def printed(document: Document) -> str:
        monkeypatch.setattr("sys.stdout.isatty", lambda: True)
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.setenv("COLUMNS", "400")
        show(document)
        return capsys.readouterr().out

    return printed


@pytest.mark.parametrize("stack", STACKS)
def test_tables_hold_what_the_plain_text_holds(stack: str, shown: Show) -> None:
    budget = settings_of(stack).budget
    report = stack_report(stack)
    document = cost_document(report, stack, budget)
    printed = re.sub(r"\x1b\[[0-9;]*m", "", shown(document))
    texts = [text for section in document.sections for text in section.blocks if isinstance(text, Text)]
    assert len(texts) >= 5
    for text in texts:
        assert plain(Document(sections=(Section(blocks=(text,)),))) in " ".join(printed.split())
    cells = {cell.strip() for line in printed.splitlines() for cell in line.split("│")}
    amounts = [line.usd_per_month for line in report.lines if line.usd_per_month >= 0.5]
    for usd in (*amounts, *report.by_category.values(), report.usd_per_month, budget.usd_per_month):
        assert f"{usd:,.2f}" in cells


def test_over_budget_is_red_and_within_is_green(shown: Show) -> None:
    report = stack_report("prod")
    poor, rich = (cost_document(report, "prod", Budget(usd_per_month=usd)) for usd in (100, 1000))
    assert "\x1b[1;31mOVER BUDGET" in shown(poor)
    assert "\x1b[32mwithin budget" in shown(rich)


@pytest.mark.parametrize("stack", STACKS)
def test_plain_tables_fit_their_width_wherever_they_are_made(stack: str, monkeypatch: pytest.MonkeyPatch) -> None:
    report = cost_document(stack_report(stack), stack, settings_of(stack).budget, every_line=True)
    here = plain(report)
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert plain(report) == here
    assert "\x1b" not in here
    # Paragraphs are one line each; everything else fits.
    paragraphs = ("Of it rest ", "By component: ", "Rests on: ")
    assert [line for line in here.splitlines() if len(line) > WIDTH and not line.startswith(paragraphs)] == []
    narrow = plain(document("", table(("name", "text"), [("a", "word " * 40)])), width=60).splitlines()
    assert len(narrow) > 3
    assert max(map(len, narrow)) <= 60


def test_every_block_as_plain_text() -> None:
    rows = [Row(cells=("group", "3"), style=RowStyle.GROUP), ("a", "1"), (("b ", code("x")), Span(text="2"))]
    report = Document(
        title="Title",
        lead=(Text(words=("It is ", strong("so"), "."), tone=Tone.GOOD),),
        sections=(
            Section(heading="Heading", blocks=(table(("name", "count"), rows, numbers=(1,)), Text(words="after"))),
            Section(blocks=(Bullets(title="why:", items=("one", ("two ", code("2")))),)),
            Section(
                blocks=(Bullets(items=("first", "then"), numbered=True), Listing(title="to copy:", text="a:\n  b"))
            ),
            Section(blocks=(Fold(title="more", blocks=(Text(words="folded"),)),)),
        ),
        footer=(Text(words="the end"),),
    )
    assert plain(report) == (
        "Title\n\nIt is so.\n\nHeading\nname   count\nGROUP      3\na          1\nb `x`      2\n\nafter\n\n"
        "why:\n- one\n- two `2`\n\n  1. first\n  2. then\n\nto copy:\na:\n  b\n\nmore\nfolded\n\nthe end"
    )


def test_a_name_can_not_steer_the_terminal() -> None:
    evil = "\x1b[2Jname\x07[red]x[/red]"
    printed = plain(document(evil, Text(words=evil), table(("a",), [(evil,)])))
    assert not {"\x1b", "\x07"} & set(printed)
    assert printed.count("[2Jname [red]x[/red]") == 3


def test_checks_are_a_block_that_every_format_draws_alike() -> None:
    bad = Check(name="ring", state=State.FINDING, detail="2 of 3", advice="wait")
    report = Report(title="Health", checks=(Check(name="mimir", state=State.OK, detail="answers"), bad))
    said = document(report.title, report)
    verdict = "1 of 2 checks need attention: ring"
    assert plain(said) == (
        "Health\n\ncheck  state    what was seen\nmimir  ok       answers\nring   finding  2 of 3\n\n"
        f"what to do:\n- ring: wait\n\n{verdict}"
    )
    assert markdown.render(said).endswith(
        f"| ring | finding | 2 of 3 |\n\nwhat to do:\n\n- ring: wait\n\n> [!CAUTION]\n> {verdict}\n"
    )
    page = html.render(said)
    assert '<span class="bad">finding</span>' in page
    assert f'<p class="bad">{verdict}</p>' in page
    assert plain(document("", Fold(title="all", blocks=(report,)))).endswith(verdict)


@pytest.mark.parametrize("terminal", [True, False])
def test_what_is_to_be_copied_keeps_its_tabs(terminal: bool, shown: Show) -> None:
    copied = document("", Listing(text="\tif ok {\n\t\treturn\x1b\n", title="main.go: starts", file=True))
    printed = shown(copied) if terminal else plain(copied) + "\n"
    assert printed == f"{'-' * 100}\nmain.go: starts\n{'-' * 100}\n\tif ok {{\n\t\treturn{' ' if terminal else ''}\n"


def test_tables_are_for_terminals_and_pipes_get_plain_text(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ["cost", "plan", "--stack", "prod", "--event-log", str(DATA / "prod.jsonl")]
    assert main(arguments) == 0
    assert "┃" not in capsys.readouterr().out
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert main(arguments) == 0
    assert "┃" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "unwanted"),
    [
        (["--help"], ("planning.base", "planning.prices", "settings.models", "pydantic", "yaml", "boto3", "rich")),
        (
            ["capacity", "--stack", "prod"],
            ("pulumi", "boto3", "httpx", "jinja2", "grafana_foundation_sdk", "telemetry"),
        ),
    ],
)
def test_a_command_imports_only_what_it_uses(arguments: list[str], unwanted: tuple[str, ...]) -> None:
    code = (
        f"import sys; from ops.__main__ import main; main({arguments}); "
        f"print([name for name in sys.modules if name in {unwanted}])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout.endswith("[]\n"), "each import here is waited for by whoever types the command"
