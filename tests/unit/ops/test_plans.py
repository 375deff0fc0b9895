"""`ops tiers` and `ops capacity` on the stacks of the checkout."""

import json

import pytest

from ops.__main__ import WRONG_INPUT, main


def test_tiers_shows_the_chosen_plan_beside_the_tiers_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tiers", "--stack", "prod"]) == 0
    text = capsys.readouterr().out
    blocks = text.split("mimir-blocks:")[1].split("\n\n")[0].splitlines()
    chosen = next(line for line in blocks if line.startswith("chosen"))
    literal = next(line for line in blocks if line.startswith("tiers by name"))
    assert "30 d GLACIER_IR" in chosen
    assert " yes " in chosen
    assert "30 d GLACIER " in literal
    assert " NO " in literal
    assert "audit-archive" in text


def test_capacity_shows_every_environment_and_what_50_mb_a_second_would_take(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["capacity", "--stack", "prod"]) == 0
    text = capsys.readouterr().out
    for environment in ("dev", "staging", "prod"):
        assert f"\n{environment} " in text
    assert "50 MB/s of logs" in text


def test_sources_are_shown_on_request(capsys: pytest.CaptureFixture[str]) -> None:
    main(["capacity", "--stack", "dev"])
    short = capsys.readouterr().out
    main(["capacity", "--stack", "dev", "--sources"])
    assert len(capsys.readouterr().out) > len(short)


def test_both_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    main(["retention", "--stack", "prod", "--json"])
    rows = json.loads(capsys.readouterr().out)
    chosen = [row for row in rows if row["role"] == "chosen"]
    assert {row["bucket"] for row in chosen} == {"loki-chunks", "tempo-traces", "mimir-blocks"}
    assert all(row["readable"] for row in chosen)
    main(["capacity", "--stack", "prod", "--json"])
    assert json.loads(capsys.readouterr().out)


def test_the_reference_workload_is_shown_on_request(capsys: pytest.CaptureFixture[str]) -> None:
    main(["capacity", "--stack", "dev", "--reference"])
    text = capsys.readouterr().out
    assert "1000 requests/s" in text.replace(",", "")
    assert "prod " in text


@pytest.mark.parametrize("command", ["tiers", "capacity"])
def test_an_unknown_stack_is_one_message(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--stack", "nope"]) == WRONG_INPUT
    error = capsys.readouterr().err
    assert "there is no stack 'nope'" in error
    assert error.count("\n") == 1
