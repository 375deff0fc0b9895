"""Has every tool ready: PATH, cache, download, build, in that order; interrupting and rerunning is safe."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from ops.backends.tools import cache_directory
from planning.errors import UserError
from sandbox.bootstrap.build import BuildError, build
from sandbox.bootstrap.catalog import TOOLS, OnPath, Tool
from sandbox.bootstrap.download import Downloaded, DownloadError, Progress, download
from sandbox.bootstrap.paths import PROJECT_ROOT

PROBE_TIMEOUT_SECONDS = 10
PROGRESS_SECONDS = 15
DOWNLOAD_PROGRESS_SECONDS = 3
MB = 1e6


class ToolError(UserError):
    """A tool that can't be had, with what to do about it."""


def ensure_tools(tools: tuple[Tool, ...] = TOOLS) -> dict[str, Path]:
    """The path of every tool, made where missing. Raises `ToolError`."""
    cache = _cache()
    found = {tool.name: present(tool) for tool in tools}
    missing = [tool for tool in tools if found[tool.name] is None]
    if missing:
        minutes = sum(tool.build.minutes for tool in missing)
        say(
            f"{len(missing)} of {len(tools)} tools are missing; each is downloaded, or else built from source "
            f"(at most about {minutes:.0f} minutes in all, once per user, kept in {cache})"
        )
        with one_at_a_time(cache):
            for tool in missing:
                found[tool.name] = present(tool) or _make(tool, cache)
    return {name: path for name, path in found.items() if path is not None}


def without_building(tool: Tool) -> Path | None:
    """The tool where it is there or its release can be had; None where it would have to be built."""
    if (found := present(tool)) is not None or tool.released is None or downloads_are_off():
        return found
    cache = _cache()
    final = _cache_folder(tool, cache)
    with one_at_a_time(cache):
        if (found := present(tool)) is not None:
            return found
        try:
            with made_aside(final) as target:
                _download(tool, target)
        except DownloadError as error:
            say(f"{tool.name} {tool.version}: no download ({error})")
            return None
    return final / tool.name


def downloads_are_off() -> bool:
    """Whether the caller wants no release downloaded."""
    return bool(os.environ.get("LGTM_SANDBOX_NO_DOWNLOADS"))


def _cache() -> Path:
    cache = cache_directory() / "tools"
    cache.mkdir(parents=True, exist_ok=True)
    return cache


def present(tool: Tool) -> Path | None:
    """A finished one in the cache, else a fit one on PATH."""
    cached = _cache_folder(tool, cache_directory() / "tools") / tool.name
    if cached.exists():
        return cached
    return None if tool.on_path is None else on_path(tool.name, tool.on_path)


def on_path(name: str, known_by: OnPath) -> Path | None:
    """A fit binary on PATH."""
    if (candidate := shutil.which(known_by.binary or name)) is None:
        return None
    try:
        result = subprocess.run(
            [candidate, *known_by.version_arguments],
            capture_output=True, text=True, timeout=PROBE_TIMEOUT_SECONDS, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None
    return Path(candidate) if known_by.fit.holds(result.stdout + result.stderr) else None


def _cache_folder(tool: Tool, cache: Path) -> Path:
    """Content-addressed: a changed recipe or go.sum makes a new folder and leaves the old one for other checkouts."""
    digest = hashlib.sha256(repr((tool.version, tool.release, tool.build)).encode())
    for path in sorted((PROJECT_ROOT / "sandbox" / "tools" / tool.build.folder).glob("*")):
        if path.is_file():
            digest.update(path.name.encode() + path.read_bytes())
    return cache / tool.name / f"{tool.version}-{digest.hexdigest()[:12]}"


def _make(tool: Tool, cache: Path) -> Path:
    final = _cache_folder(tool, cache)
    with made_aside(final) as target:
        _fill(tool, target)
    return final / tool.name


@contextmanager
def made_aside(final: Path) -> Generator[Path]:
    """A folder to fill, which is moved to its place in one step: an interrupted run leaves no half tool that the next
    would trust. Nothing is moved when the block raises."""
    final.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=final.parent, prefix="making-") as folder:
        target = Path(folder) / "tool"
        target.mkdir()
        yield target
        target.rename(final)


def _fill(tool: Tool, target: Path) -> None:
    label = f"{tool.name} {tool.version}"
    if tool.released is not None and not downloads_are_off():
        try:
            _download(tool, target)
        except DownloadError as error:
            shutil.rmtree(target)
            target.mkdir()
            say(f"{label}: no download ({error}); building from source")
        else:
            return
    started = time.monotonic()
    try:
        with _ticking(label):
            build(tool, target)
    except BuildError as error:
        raise ToolError(f"{label} can't be had: {error}") from error
    say(f"{label}: built in {time.monotonic() - started:.0f} s")


def _download(tool: Tool, target: Path) -> None:
    """Fetches and says what came, and by whose sum it was checked. Raises `DownloadError`."""
    if tool.released is None:
        raise DownloadError("there is no release")
    label, started = f"{tool.name} {tool.version}", time.monotonic()
    found = download(tool.name, tool.released, target, _bytes_so_far(label))
    say(f"{label}: downloaded {found.size / MB:.1f} MB in {time.monotonic() - started:.0f} s, {_checked(found)}")


def _checked(found: Downloaded) -> str:
    if found.pinned:
        return "SHA-256 as in the catalogue"
    return "SHA-256 as its own host says: the catalogue has none"


def _bytes_so_far(label: str) -> Progress:
    """A line now and then, with the bytes that have come."""
    said = time.monotonic()

    def progress(size: int, whole: int | None) -> None:
        nonlocal said
        if time.monotonic() - said < DOWNLOAD_PROGRESS_SECONDS or size == whole:
            return
        said = time.monotonic()
        of = f" of {whole / MB:.1f}" if whole else ""
        say(f"{label}: {size / MB:.1f}{of} MB")

    return progress


@contextmanager
def one_at_a_time(cache: Path) -> Generator[None]:
    with (cache / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another run is getting the tools; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def _ticking(label: str) -> Generator[None]:
    """A line now and then, so that a long build is seen to live."""
    done, started = threading.Event(), time.monotonic()

    def tick() -> None:
        while not done.wait(PROGRESS_SECONDS):
            say(f"{label}: building, {time.monotonic() - started:.0f} s so far")

    thread = threading.Thread(target=tick, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def say(text: str) -> None:
    print(f"sandbox: {text}", file=sys.stderr, flush=True)
