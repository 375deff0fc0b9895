"""`make doctor`: which tools are there, what would be fetched or built, and about how long that takes."""

import platform
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from typing import get_args

from ops.backends.tools import cache_directory
from ops.report.model import Listing, Table, document, table
from ops.report.terminal import show
from sandbox.bootstrap.catalog import KARPENTER, PREVIEW_TOOLS, TOOLS, Need, Tool
from sandbox.bootstrap.download import unreachable
from sandbox.bootstrap.install import downloads_are_off, present

# What all tools take in the cache, rounded up (measured 2026-11-28); Go's own caches take more while it builds.
TOOLS_GB = 2
NEEDS = get_args(Need)
COLUMNS = ("tool", "version", "state", "takes", "first for", "what for")


class State(StrEnum):
    """Where a tool is, or how it would come."""

    PATH = "on PATH"
    CACHE = "in the cache"
    DOWNLOAD = "would be downloaded"
    BUILD = "would be built"
    NO_GO = "needs Go to be built"


@dataclass(frozen=True)
class Finding:
    """One tool and its state."""

    tool: Tool
    state: State

    @property
    def ready(self) -> bool:
        """Whether a command can start it at once."""
        return self.state in (State.PATH, State.CACHE)

    @property
    def takes(self) -> str:
        """About how long it takes to have it; a build's minutes are the catalogue's."""
        match self.state:
            case State.PATH | State.CACHE:
                return ""
            case State.DOWNLOAD:
                return "< 1 min"
            case _:
                return f"{self.tool.build.minutes:.0f} min"


def examine(tools: Sequence[Tool]) -> list[Finding]:
    """The state of each. Asks the releases' hosts for checksums, all at once, where a tool is missing."""
    with ThreadPoolExecutor(max_workers=max(len(tools), 1)) as pool:
        return [Finding(tool, state) for tool, state in zip(tools, pool.map(_state, tools), strict=True)]


def _state(tool: Tool) -> State:
    if (path := present(tool)) is not None:
        return State.CACHE if path.is_relative_to(cache_directory()) else State.PATH
    if tool.released is not None and not downloads_are_off() and unreachable(tool.released) is None:
        return State.DOWNLOAD
    return State.NO_GO if shutil.which("go") is None else State.BUILD


def tools_table(findings: Sequence[Finding]) -> Table:
    """A line for every tool."""
    return table(
        COLUMNS,
        [
            (one.tool.name, one.tool.version, one.state.value, one.takes, f"make {one.tool.need}", one.tool.purpose)
            for one in findings
        ],
    )


def summary(findings: Sequence[Finding]) -> list[str]:
    """For each command that needs tools: whether it can run at once, else how many are missing and for how long."""
    lines: list[str] = []
    for number, need in enumerate(NEEDS, start=1):
        missing = [one for one in findings if one.tool.need in NEEDS[:number] and not one.ready]
        lines.append(f"make {need}: {_work(missing)}")
    return lines


def _work(missing: Sequence[Finding]) -> str:
    if not missing:
        return "has every tool"
    built = [one for one in missing if one.state in (State.BUILD, State.NO_GO)]
    fetched = len(missing) - len(built)
    parts = [f"downloads {fetched}"] if fetched else []
    if built:
        parts.append(
            f"builds {len(built)} (at most about {sum(one.tool.build.minutes for one in built):.0f} minutes, once)"
        )
    if any(one.state is State.NO_GO for one in built):
        parts.append("but Go is not installed: install Go 1.26 or later, or put the tools on PATH")
    return ", ".join(parts)


def main() -> int:
    """Prints the table; 0 when `make preview` can run at once, 1 when something comes before it."""
    findings = examine([*TOOLS, KARPENTER])
    words = ("\n".join(summary(findings)), "\n".join(_machine(findings)))
    show(document("", tools_table(findings), *(Listing(text=text) for text in words)))
    needed = {tool.name for tool in PREVIEW_TOOLS}
    return 0 if all(one.ready for one in findings if one.tool.name in needed) else 1


def _machine(findings: Sequence[Finding]) -> list[str]:
    cache = cache_directory()
    # Before the first run the cache's folder isn't there.
    folder = next(path for path in (cache, *cache.parents) if path.exists())
    free = shutil.disk_usage(folder).free / 1e9
    short = free < TOOLS_GB and not all(one.ready for one in findings)
    return [
        f"Python {platform.python_version()} (3.11 or later is needed)",
        f"{free:.1f} GB free for {cache}" + (f": too little, the tools take about {TOOLS_GB} GB" if short else ""),
    ]
