"""Which command gets which tools: a plan two, a cluster those of a cluster, a test all."""

import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

import sandbox.__main__ as program
from sandbox import chart_source, session
from sandbox.bootstrap.catalog import KARPENTER, PREVIEW_TOOLS, SANDBOX_TOOLS, TOOLS, Tool
from sandbox.kubernetes.control_plane import BINARIES
from sandbox.session import Sandbox


class AskedError(Exception):
    """Ends a start where the tools are asked for."""


def names(tools: tuple[Tool, ...]) -> set[str]:
    return {tool.name for tool in tools}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Tool, ...]]:
    calls: list[tuple[Tool, ...]] = []

    def record(tools: tuple[Tool, ...]) -> None:
        calls.append(tools)
        raise AskedError

    monkeypatch.setattr(session, "ensure_tools", record)
    return calls


def test_a_sandbox_gets_every_tool_unless_it_is_told_which(asked: list[tuple[Tool, ...]], tmp_path: Path) -> None:
    for start in (Sandbox(tmp_path / "a").start, lambda: Sandbox(tmp_path / "a").start(needed=PREVIEW_TOOLS)):
        with pytest.raises(AskedError):
            start()
    assert asked == [TOOLS, PREVIEW_TOOLS]


def test_make_sandbox_gets_what_a_cluster_starts_and_no_test_program(
    asked: list[tuple[Tool, ...]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program, "DIRECTORY", tmp_path / "sandbox")
    monkeypatch.setattr(sys, "argv", ["sandbox", "up"])
    with pytest.raises(AskedError):
        program.main()
    got = names(asked[0])
    # etcd comes as a Python package.
    assert got >= {*BINARIES, "helm", "pulumi", "pulumi-resource-kubernetes"} - {"etcd"}
    assert not got & {"otelcol", "promtool", "prometheus", "amtool", "actionlint"}


@pytest.mark.parametrize(("owner", "needed"), [(None, PREVIEW_TOOLS), ("staging", SANDBOX_TOOLS)])
def test_a_plan_gets_two_tools_and_one_on_another_stacks_cluster_those_of_the_cluster(
    owner: str | None, needed: tuple[Tool, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    got: list[tuple[Tool, ...]] = []

    @contextmanager
    def running(_: Path, tools: tuple[Tool, ...]) -> Generator[SimpleNamespace]:
        got.append(tools)
        raise AskedError
        yield SimpleNamespace()

    def owner_of(_: str) -> str | None:
        return owner

    monkeypatch.setattr(program, "running_sandbox", running)
    monkeypatch.setattr(program, "_owner_of", owner_of)
    monkeypatch.setattr(sys, "argv", ["sandbox", "preview", "any"])
    with pytest.raises(AskedError):
        program.main()
    assert got == [needed]


def test_the_tools_of_a_plan_are_among_those_of_a_cluster_and_those_among_all() -> None:
    assert [tool.name for tool in PREVIEW_TOOLS] == ["pulumi", "pulumi-resource-kubernetes"]
    assert names(PREVIEW_TOOLS) < names(SANDBOX_TOOLS) < names(TOOLS)
    assert all(tool.purpose for tool in (*TOOLS, KARPENTER))


def test_charts_are_stand_ins_where_helm_would_have_to_be_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("LGTM_SANDBOX_NO_DOWNLOADS", raising=False)
    monkeypatch.delenv("LGTM_CHART_MIRROR", raising=False)
    tried: list[str] = []

    def nowhere(tool: Tool) -> None:
        tried.append(tool.name)

    monkeypatch.setattr(chart_source, "without_building", nowhere)
    monkeypatch.setattr(chart_source, "with_karpenter", lambda stand_ins: stand_ins)  # pyright: ignore
    assert chart_source.stand_in_mirror(None) == str(chart_source.STAND_INS)
    assert "no helm to pull charts with" in capsys.readouterr().err
    # Remembered for some hours, as a failed pull is.
    assert chart_source.stand_in_mirror(None) == str(chart_source.STAND_INS)
    assert tried == ["helm"]
