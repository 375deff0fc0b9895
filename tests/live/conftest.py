"""The live ring: real Loki and Tempo under prod's deployed configurations. It says what ran and what couldn't."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sandbox.bootstrap.catalog import TOOLS
from sandbox.bootstrap.install import ensure_tools
from sandbox.chart_source import is_stand_in, stand_in_mirror
from tests.live.deployed import Charts, Document
from tests.live.platform import Live, as_deployed, platform
from tests.live.programs import PROGRAMS, Missing, find

NEEDED = ("weed", "loki", "tempo")
CHARTS_MISSING = (
    "the real charts are neither in $LGTM_CHART_MIRROR nor to be had from their repositories; "
    "a stand-in's configuration would prove nothing"
)


def _helm() -> Path:
    return ensure_tools(tuple(tool for tool in TOOLS if tool.name == "helm"))["helm"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What stood behind the results."""
    terminalreporter.section("the live ring's programs")
    for name in PROGRAMS:
        found = find(name)
        terminalreporter.write_line(found.reason if isinstance(found, Missing) else f"{name}: {found}")
    mirror = stand_in_mirror(_helm())
    terminalreporter.write_line(f"charts: {CHARTS_MISSING if is_stand_in(mirror) else mirror}")


@contextmanager
def live_platform(directory: Path, loki: Callable[[Document], Document] = as_deployed) -> Generator[Live]:
    """A platform that ends with the block; skips where a program or the charts aren't here."""
    found = {name: find(name) for name in NEEDED}
    for one in found.values():
        if isinstance(one, Missing):
            pytest.skip(one.reason)
    helm = _helm()
    mirror = stand_in_mirror(helm)
    if is_stand_in(mirror):
        pytest.skip(CHARTS_MISSING)
    programs = {name: one for name, one in found.items() if isinstance(one, Path)}
    with platform(directory, programs, Charts(helm, mirror, directory / "charts"), loki) as running:
        yield running


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """The platform, new for each file."""
    with live_platform(tmp_path_factory.mktemp("live")) as running:
        yield running
