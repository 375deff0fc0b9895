"""Where commands find `pulumi`, `kubectl` and `helm`: on PATH, else what `make setup` and `make tools` brought."""

import os
from pathlib import Path

import pytest

from ops.backends.errors import LiveError, Problem
from ops.backends.tools import run_tool, tool_path
from tests.unit.ops.running import stand_in


@pytest.fixture
def cached(tmp_path: Path) -> Path:
    """pulumi twice among what `make tools` keeps; the older one has the higher version in its folder's name."""
    folder = tmp_path / "cache" / "lgtm-platform" / "tools" / "pulumi"
    for version, made in (("3.9.0-aaaaaaaaaaaa", 1000), ("3.274.1-bbbbbbbbbbbb", 2000), ("making-x", 3000)):
        (folder / version).mkdir(parents=True)
        if version != "making-x":
            tool = stand_in(folder / version, "pulumi", f"print({version!r}, *arguments)")
            os.utime(tool, (made, made))
    return folder


@pytest.mark.usefixtures("alone")
def test_what_make_tools_brought_is_used_the_newest(cached: Path) -> None:
    assert run_tool("pulumi", ["whoami"]) == "3.274.1-bbbbbbbbbbbb whoami\n"


@pytest.mark.usefixtures("alone", "cached")
def test_what_is_on_path_wins(tmp_path: Path) -> None:
    stand_in(tmp_path / "tools", "pulumi", "print('chosen')")
    assert run_tool("pulumi", []) == "chosen\n"


@pytest.mark.usefixtures("alone")
def test_what_make_setup_brought_is_used(tmp_path: Path) -> None:
    (tmp_path / "setup").mkdir()
    stand_in(tmp_path / "setup", "kubectl", "print('of the virtual environment')")
    assert run_tool("kubectl", []) == "of the virtual environment\n"


@pytest.mark.usefixtures("alone", "cached")
def test_a_tool_finds_the_others_as_kubectl_asks_aws_for_a_token(tmp_path: Path) -> None:
    stand_in(tmp_path / "tools", "kubectl", "import shutil; print(shutil.which('pulumi'))")
    assert "3.274.1-bbbbbbbbbbbb/pulumi" in run_tool("kubectl", [])


@pytest.mark.usefixtures("alone")
def test_a_tool_that_is_nowhere_is_one_message() -> None:
    with pytest.raises(LiveError) as caught:
        tool_path("helm")
    assert caught.value.problem is Problem.TOOL
    assert str(caught.value) == (
        "helm isn't on PATH, and `make tools` hasn't brought it: see https://helm.sh/docs/intro/install/"
    )
