"""The sandbox's `pulumi`: the checkout's stack files stay as they are, what a person changed or made comes back."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox import pulumi_wrapper

# An engine that does what the real one does to a stack file: adds its salt and lays the flow style out anew.
ENGINE = """\
#!/bin/sh
case "$1" in
  up) printf 'encryptionsalt: v1:abc\\n' >> Pulumi.prod.yaml; sed -i 's/{ a: 1 }/{a: 1}/' Pulumi.prod.yaml ;;
  set) sed -i 's/a: 1/a: 2/' Pulumi.prod.yaml ;;
  plan) echo plan > plan.json ;;
  init) echo 'encryptionsalt: v1:new' > Pulumi.new.yaml ;;
  salt) grep encryptionsalt Pulumi.prod.yaml ;;
  fail) exit 7 ;;
esac
"""
TEXT = "config:\n  # why\n  x: { a: 1 }\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: p\nruntime: python\n", encoding="utf-8")
    (folder / "Pulumi.prod.yaml").write_text(TEXT, encoding="utf-8")
    engine = tmp_path / "engine"
    engine.write_text(ENGINE, encoding="utf-8")
    engine.chmod(0o755)
    (tmp_path / "sandbox").mkdir()
    return folder


def run(project: Path, *arguments: str, sandbox: str = "sandbox") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, pulumi_wrapper.__file__, str(project.parent / "engine"), str(project.parent / sandbox)]
    return subprocess.run([*command, *arguments], cwd=project, capture_output=True, text=True, check=False)


def test_the_salt_stays_in_the_sandbox_and_the_file_as_it_was_laid_out(project: Path) -> None:
    run(project, "up")
    assert (project / "Pulumi.prod.yaml").read_text(encoding="utf-8") == TEXT
    assert "v1:abc" in run(project, "salt").stdout
    assert "v1:abc" not in run(project, "salt", sandbox="other").stdout


def test_a_changed_setting_comes_back_without_the_salt(project: Path) -> None:
    run(project, "up")
    run(project, "set")
    text = (project / "Pulumi.prod.yaml").read_text(encoding="utf-8")
    assert "a: 2" in text
    assert "# why" in text
    assert "encryptionsalt" not in text


def test_an_edit_in_the_checkout_reaches_the_next_run_and_keeps_the_salt(project: Path) -> None:
    run(project, "up")
    (project / "Pulumi.prod.yaml").write_text(TEXT.replace("a: 1", "a: 3"), encoding="utf-8")
    assert "v1:abc" in run(project, "salt").stdout
    assert "a: 3" in (project / "Pulumi.prod.yaml").read_text(encoding="utf-8")


def test_a_file_that_the_engine_makes_comes_back(project: Path) -> None:
    run(project, "plan")
    assert (project / "plan.json").read_text(encoding="utf-8") == "plan\n"


def test_a_new_stack_leaves_no_file_for_its_salt_alone(project: Path) -> None:
    run(project, "init")
    assert not (project / "Pulumi.new.yaml").exists()


def test_the_exit_code_is_the_engines(project: Path) -> None:
    assert run(project, "fail").returncode == 7


def test_told_to_end_while_the_engine_starts(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The signal comes when the engine exists and its name isn't known yet: the engine is ended all the same."""
    start = subprocess.Popen

    def start_and_be_told(command: list[str], cwd: Path) -> subprocess.Popen[bytes]:
        engine = start(["sleep", "600"], cwd=cwd)
        os.kill(os.getpid(), signal.SIGTERM)
        return engine

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    monkeypatch.setattr(subprocess, "Popen", start_and_be_told)
    monkeypatch.chdir(project)
    try:
        assert pulumi_wrapper.main("engine", str(project.parent / "sandbox"), []) == 128 + signal.SIGTERM
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def test_what_a_killed_engine_left_in_the_view_is_no_obstacle(project: Path) -> None:
    run(project, "up")
    (view,) = (project.parent / "sandbox" / "views").iterdir()
    (view / "__pycache__").mkdir()
    (view / "__pycache__" / "x.pyc").touch()
    assert run(project, "up").returncode == 0
    assert not (view / "__pycache__").exists()
    assert not (project / "__pycache__").exists()
