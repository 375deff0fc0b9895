"""`ops local`: files on disk, secrets that are made once."""

from pathlib import Path

import pytest

from ops.__main__ import WRONG_INPUT, main


def test_secrets_are_generated_once_and_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["local", "--stack", "dev", "--output", str(tmp_path)]) == 0
    assert "new secrets were generated" in capsys.readouterr().out
    first = {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "secrets").iterdir()}
    assert set(first) == {"s3.env", "s3-identities.json", "grafana-admin-password"}
    (tmp_path / "compose.yaml").write_text("stale", encoding="utf-8")

    assert main(["local", "--stack", "dev", "--output", str(tmp_path)]) == 0
    assert "are kept" in capsys.readouterr().out
    assert {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "secrets").iterdir()} == first
    assert (tmp_path / "compose.yaml").read_text(encoding="utf-8").startswith("name: lgtm")


def test_two_platforms_share_no_secret_and_print_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    passwords: set[str] = set()
    for name in ("one", "two"):
        main(["local", "--stack", "dev", "--output", str(tmp_path / name)])
        passwords.add((tmp_path / name / "secrets" / "grafana-admin-password").read_text(encoding="utf-8"))
    assert len(passwords) == 2
    printed = capsys.readouterr().out
    assert not any(password in printed for password in passwords)
    assert (tmp_path / "one" / "secrets").stat().st_mode & 0o077 == 0


def test_an_output_that_is_a_file_is_wrong_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "taken").write_text("", encoding="utf-8")
    assert main(["local", "--stack", "dev", "--output", str(tmp_path / "taken")]) == WRONG_INPUT
    error = capsys.readouterr().err
    assert "--output" in error
    assert "Traceback" not in error
