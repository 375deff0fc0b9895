"""`make doctor`: where each tool is or how it would come, how long that takes, and the exit code."""

from pathlib import Path

import pytest

from ops.report.model import document
from ops.report.terminal import plain
from sandbox.bootstrap import doctor, install
from sandbox.bootstrap.catalog import KARPENTER, PREVIEW_TOOLS, TOOLS, Release, Tool
from sandbox.bootstrap.doctor import Finding, State


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without tools, Go or a network; the folder is its PATH."""
    path = tmp_path / "bin"
    path.mkdir()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(path))
    monkeypatch.delenv("LGTM_SANDBOX_NO_DOWNLOADS", raising=False)
    answer(monkeypatch, "no route")
    return path


def answer(monkeypatch: pytest.MonkeyPatch, problem: str | None) -> None:
    def unreachable(_: Release) -> str | None:
        return problem

    monkeypatch.setattr(doctor, "unreachable", unreachable)


def program(path: Path, says: str) -> None:
    path.write_text(f"#!/bin/sh\necho {says}\n", encoding="utf-8")
    path.chmod(0o755)


def cached(tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Has the tool made as a build would, in the cache."""

    def build(made: Tool, target: Path) -> None:
        (target / made.name).touch()

    with monkeypatch.context() as patch:
        patch.setattr(install, "build", build)
        patch.setenv("LGTM_SANDBOX_NO_DOWNLOADS", "1")
        install.ensure_tools((tool,))


def states() -> dict[str, State]:
    return {one.tool.name: one.state for one in doctor.examine([*TOOLS, KARPENTER])}


def test_each_state_is_told_from_the_others(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(states().values()) == {State.NO_GO}
    (empty / "go").touch()
    (empty / "go").chmod(0o755)
    assert set(states().values()) == {State.BUILD}
    program(empty / "pulumi", "v3.260.0")
    program(empty / "kwok", "kwok version v0.1.0")
    cached(PREVIEW_TOOLS[1], monkeypatch)
    answer(monkeypatch, None)
    found = states()
    assert found["pulumi"] is State.PATH
    assert found["pulumi-resource-kubernetes"] is State.CACHE
    assert found["kwok"] is State.DOWNLOAD, "a version that doesn't fit was taken"
    assert found["otelcol"] is State.DOWNLOAD
    # It has no release.
    assert found["karpenter"] is State.BUILD
    monkeypatch.setenv("LGTM_SANDBOX_NO_DOWNLOADS", "1")
    assert states()["kwok"] is State.BUILD


def test_the_exit_code_is_the_plans_and_nothing_is_made(
    empty: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (empty / "go").touch()
    (empty / "go").chmod(0o755)
    assert doctor.main() == 1
    printed = capsys.readouterr().out
    assert "make preview: builds 2 (at most about 13 minutes, once)\n" in printed
    assert "make sandbox: builds 7 (at most about 24 minutes, once)\n" in printed
    assert "GB free for" in printed
    assert not (tmp_path / "cache").exists()
    cached(PREVIEW_TOOLS[0], monkeypatch)
    assert doctor.main() == 1
    cached(PREVIEW_TOOLS[1], monkeypatch)
    capsys.readouterr()
    assert doctor.main() == 0, "a plan needs no more than its two tools"
    printed = capsys.readouterr().out
    assert "make preview: has every tool\n" in printed
    assert "make sandbox: builds 5 (at most about 11 minutes, once)\n" in printed


def test_a_line_says_version_state_time_command_and_purpose() -> None:
    pulumi, kubernetes = PREVIEW_TOOLS
    helm = next(tool for tool in TOOLS if tool.name == "helm")
    findings = [Finding(pulumi, State.CACHE), Finding(kubernetes, State.BUILD), Finding(helm, State.DOWNLOAD)]
    rows = plain(document("", doctor.tools_table(findings))).splitlines()
    assert [" ".join(line.split()) for line in rows[1:]] == [
        f"pulumi {pulumi.version} in the cache make preview {pulumi.purpose}",
        f"{kubernetes.name} {kubernetes.version} would be built 8 min make preview {kubernetes.purpose}",
        f"helm {helm.version} would be downloaded < 1 min make sandbox {helm.purpose}",
    ]
    assert len({line.index("make ") for line in rows[1:]}) == 1, "columns don't stand below each other"


def test_what_is_missing_says_how_it_comes_and_what_stops_it() -> None:
    pulumi, kubernetes = PREVIEW_TOOLS
    mixed = doctor.summary([Finding(pulumi, State.DOWNLOAD), Finding(kubernetes, State.BUILD)])
    assert mixed[0] == "make preview: downloads 1, builds 1 (at most about 8 minutes, once)"
    stopped = doctor.summary([Finding(pulumi, State.PATH), Finding(kubernetes, State.NO_GO)])
    assert stopped[0] == (
        "make preview: builds 1 (at most about 8 minutes, once), "
        "but Go is not installed: install Go 1.26 or later, or put the tools on PATH"
    )
