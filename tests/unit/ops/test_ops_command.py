"""`python -m ops` as an operator meets it: output, exit codes, one message for wrong input."""

import io
import json
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.core import TyperGroup
from typer.main import get_group

from ops.__main__ import main
from ops.cli.app import app
from ops.cost.plan import report_for
from ops.prices import tables as prices
from ops.prices.refresh import PriceChange, Refreshed
from ops.stacks import cost_inputs_of, settings_of
from planning.prices.document import parse_document
from planning.prices.loader import table_path
from settings.document.stack_files import StackFileError
from tests.stacks import PROJECT, REPOSITORY
from tests.unit.planning.cost_cases import DATA, STACKS, TODAY

PROD = str(DATA / "prod.jsonl")


def _run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(list(arguments))
    found = capsys.readouterr()
    return code, found.out, found.err


@pytest.mark.parametrize("stack", STACKS)
def test_a_plan_is_reported_and_within_budget(stack: str, capsys: pytest.CaptureFixture[str]) -> None:
    log = str(DATA / f"{stack}.jsonl")
    code, out, err = _run(capsys, "cost", "plan", "--event-log", log, "--stack", stack, "--check")
    assert (code, err) == (0, "")
    assert out.startswith(f"Cost of {stack} in us-west-2: ")
    assert "within budget" in out


def test_the_preview_command_gets_the_same_text(capsys: pytest.CaptureFixture[str]) -> None:
    text = report_for(Path(PROD), "prod", TODAY)
    assert text.startswith("Cost of prod in us-west-2: ")
    assert "664.00" in text


def test_json_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = _run(capsys, "cost", "plan", "--event-log", PROD, "--stack", "prod", "--json")
    assert json.loads(out)["region"] == "us-west-2"


@pytest.fixture
def tight(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkout in which prod may cost 100 USD."""
    text = (PROJECT / "Pulumi.prod.yaml").read_text(encoding="utf-8")
    parts = "compute_usd_per_month: null, storage_usd_per_month: null, operations_usd_per_month: null"
    tight = text.replace("environment: prod", f"environment: prod\n    budget: {{ usd_per_month: 100, {parts} }}")
    (tmp_path / "Pulumi.prod.yaml").write_text(tight, encoding="utf-8")
    (tmp_path / "Pulumi.yaml").touch()
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("tight")
def test_over_budget_is_exit_code_1_only_when_asked(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("cost", "plan", "--event-log", PROD, "--stack", "prod")
    code, out, _ = _run(capsys, *arguments, "--check")
    assert code == 1
    assert "OVER BUDGET" in out
    assert _run(capsys, *arguments)[0] == 0
    code, out, err = _run(capsys, *arguments, "--check", "--json")
    assert (code, json.loads(out)["region"]) == (1, "us-west-2")
    assert "over the budget of 100.00" in err


def test_a_tenant_stack_without_its_owners_file_carries_half(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_of("dev")
    assert cost_inputs_of(settings).sharing.owner_nodes == settings_of("staging").node_count
    for name in ("Pulumi.yaml", "Pulumi.dev.yaml"):
        shutil.copy(PROJECT / name, tmp_path)
    monkeypatch.chdir(tmp_path)
    assert cost_inputs_of(settings).sharing.owner_nodes is None
    (tmp_path / "Pulumi.staging.yaml").write_text("config: {lgtm:platform: {}}", encoding="utf-8")
    assert cost_inputs_of(settings).sharing.owner_nodes is None


def test_standard_input_is_read(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(Path(PROD).read_text(encoding="utf-8")))
    code, out, _ = _run(capsys, "cost", "plan", "--preview", "-", "--stack", "prod")
    assert (code, out.split()[:3]) == (0, ["Cost", "of", "prod"])


def test_two_plans_are_compared(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    smaller = tmp_path / "after.jsonl"
    text = Path(PROD).read_text(encoding="utf-8").replace('"desiredSize":3', '"desiredSize":2')
    smaller.write_text(text, encoding="utf-8")
    arguments = ("cost", "compare", "--stack", "prod", "--before", PROD, "--after", str(smaller))
    _, out, _ = _run(capsys, *arguments)
    assert "-26.98" in out
    assert json.loads(_run(capsys, *arguments, "--json")[1])["changes"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("cost", "plan", "--state", PROD, "--stack", "prd"), "there is no stack 'prd': Pulumi.prd.yaml is missing"),
        (("cost", "plan", "--state", "/no/such", "--stack", "prod"), "/no/such can't be read: No such file"),
        (("cost", "plan", "--state", __file__, "--stack", "prod"), "is not a JSON object"),
        (("prices", "show", "--region", "eu-nowhere-1"), "there is no price table for region eu-nowhere-1"),
        (("prices", "refresh", "--region", "Oregon"), "--region: got 'Oregon'; accepted: the code of an AWS region"),
    ],
)
def test_wrong_input_is_one_message_and_exit_code_2(
    arguments: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = _run(capsys, *arguments)
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert message in err


@pytest.mark.parametrize("content", [b"\xff\xfe", b"config: [", b"config: 3"])
def test_a_broken_stack_file_is_explained(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "Pulumi.prod.yaml").write_bytes(content)
    with pytest.raises(Exception, match=r"Pulumi\.prod\.yaml can't be read|lgtm:platform: is missing") as caught:
        settings_of("prod", tmp_path)
    assert type(caught.value).__name__ in ("StackFileError", "SettingsError")
    with pytest.raises(StackFileError, match="accepted: prod"):
        settings_of("staging", tmp_path)


def test_prices_are_shown_with_their_source(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = _run(capsys, "prices", "show", "--region", "eu-west-1")
    assert any(line.startswith("ec2.on_demand.t4g.large ") and "0.0736" in line for line in out.splitlines())


def test_assumptions_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert "nat_gb" in _run(capsys, "cost", "assumptions")[1]


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """AWS answers one changed price; tables are written to a folder of the test."""
    document = parse_document(table_path("us-west-2").read_text(encoding="utf-8"), "x")
    change = PriceChange(key="ebs.storage.gp3", old=0.08, new=0.09)
    outcome = Refreshed(document=document, changes=(change,), confirmed=3, kept=())
    monkeypatch.setattr(prices, "_ask", lambda *_: outcome)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    monkeypatch.setattr(prices, "table_path", lambda region: tmp_path / f"{region}.yaml")  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    return tmp_path / "us-west-2.yaml"


def test_a_refresh_shows_changes_and_writes_the_table(answer: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = _run(capsys, "prices", "refresh", "--region", "us-west-2", "--dry-run")
    assert "+12.5%" in out
    assert not answer.exists()
    _, out, _ = _run(capsys, "prices", "refresh", "--region", "us-west-2")
    assert "written: planning/prices/us-west-2.yaml" in out
    assert parse_document(answer.read_text(encoding="utf-8"), "x").region == "us-west-2"


def test_aws_without_credentials_is_one_message(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from botocore.exceptions import NoCredentialsError

    class Nobody:
        def __init__(self, *_: Any) -> None: ...

        def on_demand(self, _: str) -> list[float]:
            raise NoCredentialsError

    monkeypatch.setattr(prices, "AwsPrices", Nobody)
    code, _, err = _run(capsys, "prices", "refresh", "--region", "us-west-2")
    assert code == 2
    assert "AWS can't be asked for prices: Unable to locate credentials; needed: credentials with pricing:" in err


def _commands(group: TyperGroup, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command and group, by the words that call it."""
    yield path
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from _commands(command, (*path, name))
        else:
            yield (*path, name)


COMMANDS = tuple(_commands(get_group(app)))
PANELS = (
    "Costs and sizes",
    "A running platform",
    "Reviews and tuning",
    "Loss and recovery",
    "Personal data",
    "Setting up",
    "Pull requests",
)


def test_every_group_is_walked() -> None:
    assert {("cost", "plan"), ("retention",), ("sampling", "advice"), ("pr", "drift"), ("capacity",), ()} <= set(
        COMMANDS
    )


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_has_an_example_and_fits_80_columns(command: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = _run(capsys, *command, "--help")
    assert (code, err) == (0, "")
    assert "\n  Example:\n    python -m ops " + " ".join(command) in out
    prose = [line for line in out.splitlines() if not line.startswith("    python -m ops ")]
    assert max(len(line) for line in prose) <= 80
    assert _run(capsys, *command, "-h") == (code, out, err)


# What these print is a document itself (Markdown, JSON), or only the name of what they wrote.
DOCUMENTS = {("cost", "report"), ("local",), ("pr", "summary"), ("pr", "comment"), ("pr", "drift")}
GROUPS = {command[:-1] for command in COMMANDS if command} - {("retention",)}


@pytest.mark.parametrize("command", sorted(set(COMMANDS) - DOCUMENTS - GROUPS), ids=" ".join)
def test_what_is_printed_is_there_as_json_too(command: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert "  --json" in _run(capsys, *command, "--help")[1]


@pytest.mark.parametrize(
    ("command", "key"),
    [
        ("cost assumptions", "hours"),
        ("prices show", "compiled"),
        ("cache enable --stack dev", "difference"),
        ("sampling aggressive --stack prod", "effect"),
        ("import cluster --stack dev --context kind", "cluster"),
    ],
)
def test_json_is_alone_on_standard_output(
    command: str, key: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    _, out, _ = _run(capsys, *command.split(), "--json")
    assert key in json.loads(out)


def test_a_refresh_writes_only_into_a_checkout(
    answer: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(prices, "CHECKOUT", tmp_path / "pyproject.toml")
    code, out, err = _run(capsys, "prices", "refresh", "--region", "us-west-2")
    assert (code, out, answer.exists()) == (2, "", False)
    assert "the tables belong to the installed package; accepted: --dry-run, or a checkout" in err


def test_commands_stand_in_groups(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = _run(capsys, "--help")
    titles = [line for line in out.splitlines() if line.endswith(":") and not line.startswith(" ")]
    assert titles == ["Options:", *(f"{panel}:" for panel in PANELS)]
    below = out.split("Loss and recovery:\n")[1].split("\n\n")[0]
    names = [line.split()[0] for line in below.splitlines() if line[2] != " "]
    assert names == ["recover", "dr-test", "backups", "volumes", "import"]


def test_the_version_is_the_projects(capsys: pytest.CaptureFixture[str]) -> None:
    declared = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert _run(capsys, "--version") == (0, f"lgtm {declared}\n", "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_completes_commands_and_options(shell: str) -> None:
    words = {
        "bash": ("COMP_WORDS", "lgtm ca"),
        "zsh": ("_TYPER_COMPLETE_ARGS", "lgtm ca"),
        "fish": ("_TYPER_COMPLETE_ARGS", "lgtm ca"),
    }
    name, typed = words[shell]
    asked = {
        name: typed,
        "COMP_CWORD": "1",
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
        "_LGTM_COMPLETE": f"complete_{shell}",
    }
    done = subprocess.run(
        [sys.executable, "-c", "import sys; sys.argv = ['lgtm']; from ops.__main__ import main; main()"],
        env={"PYTHONPATH": str(REPOSITORY), **asked}, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert "capacity" in done.stdout
    assert "cache" in done.stdout
    assert "tiers" not in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("cost", "plan", "--stack", "prod"), "needed: exactly one of --preview FILE, --event-log FILE, --state FILE"),
        (("cost", "plan", "--stack", "prod", "--preview", "a", "--state", "b"), "--state FILE; got 2"),
        (("cost", "plan"), "Missing option '--stack'"),
        (("cost", "nothing"), "No such command 'nothing'"),
        (("tiers", "--stacks", "prod"), "No such option: --stacks"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(
    arguments: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = _run(capsys, *arguments)
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert message in err
    assert err.count("\n") == 1


def test_no_command_shows_the_help_and_is_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = _run(capsys)
    assert code == 2
    assert all(f"\n{panel}:\n" in out for panel in PANELS)


def test_retention_is_another_name_of_tiers(capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(capsys, "retention", "--stack", "dev") == _run(capsys, "tiers", "--stack", "dev")


def test_the_html_report_is_written(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "cost.html"
    arguments = ("cost", "report", "--stack", "prod", "--event-log", PROD, "--output")
    assert _run(capsys, *arguments, str(file)) == (0, f"written: {file}\n", "")
    assert file.read_text(encoding="utf-8").startswith("<!doctype html>")
    code, out, err = _run(capsys, *arguments, str(tmp_path / "no" / "cost.html"))
    assert (code, out) == (2, "")
    assert "cost.html can't be written: No such file or directory" in err
    charges = tmp_path / "charges.csv"
    charges.write_text(
        '"Usage Type","A-BoxUsage:t4g.large($)","Total costs($)"\n"2026-11-01","9","9"\n', encoding="utf-8"
    )
    assert _run(capsys, *arguments, str(file), "--actual", str(charges))[0] == 0
    assert "<h2>Plan against actual</h2>" in file.read_text(encoding="utf-8")
    code, _, err = _run(capsys, *arguments, str(file), "--actual", PROD)
    assert (code, "not what AWS charged; accepted: " in err) == (2, True)


@pytest.mark.parametrize("where", ["before", "after"])
def test_the_project_is_an_option_of_every_command(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    project, command = Path.cwd(), ("tiers", "--stack", "prod")
    here = _run(capsys, *command)
    monkeypatch.setenv("LGTM_PROJECT", str(project))  # put back afterwards, whatever --project makes of it
    monkeypatch.chdir(tmp_path)
    given = ("--project", str(project))
    assert _run(capsys, *(given + command if where == "before" else command + given)) == here
    code, out, err = _run(capsys, *command, "--project", str(tmp_path))
    assert (code, out) == (2, "")
    assert err.startswith(f"error: project {tmp_path}: it holds neither Pulumi.yaml nor Pulumi.<stack>.yaml; accepted")
