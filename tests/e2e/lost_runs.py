"""Runs of `pulumi` that are killed as a lost runner or a closed laptop kills them: all of their processes, at once."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from sandbox.providers.faults import HANG_VARIABLE, HANGING_FILE
from tests.e2e.conftest import Platform

LONGEST_SECONDS = 240
Moment = Callable[[], bool]


def hangs(platform: Platform) -> Moment:
    """AWS did what it was asked, and the engine hasn't heard of it."""
    return (platform.sandbox.directory / HANGING_FILE).exists


@contextmanager
def release_becomes(platform: Platform, kubeconfig: Path, name: str, status: str) -> Generator[Moment]:
    """Helm wrote down that a release has come to this."""
    selector = f"owner=helm,name={name},status={status}"
    seen = platform.sandbox.directory / "release-seen.log"
    with seen.open("w", encoding="utf-8") as output:
        watch = subprocess.Popen(
            [
                "kubectl", "--kubeconfig", str(kubeconfig), "get", "secrets", "--all-namespaces", "--selector",
                selector, "--watch-only", "--output", "name",
            ],
            env=platform.sandbox.environment, stdout=output,
        )  # fmt: skip
    try:
        yield lambda: seen.stat().st_size > 0
    finally:
        watch.kill()
        watch.wait()


def start(platform: Platform, *arguments: str, hang: str = "") -> subprocess.Popen[str]:
    """A run in a session of its own; `hang` names calls of AWS whose answer never comes."""
    (platform.sandbox.directory / HANGING_FILE).unlink(missing_ok=True)
    log = (platform.sandbox.directory / "lost-run.log").open("w", encoding="utf-8")
    return subprocess.Popen(
        ["pulumi", *arguments, "--yes", "--skip-preview", "--non-interactive"],
        cwd=platform.sandbox.project, env=platform.sandbox.environment | {HANG_VARIABLE: hang},
        stdout=log, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip


def wait_for(run: subprocess.Popen[str], moment: Moment, platform: Platform) -> None:
    """Returns at the moment; a run that ends before it fails the test."""
    deadline = time.monotonic() + LONGEST_SECONDS
    while not moment():
        said = (platform.sandbox.directory / "lost-run.log").read_text(encoding="utf-8")[-2000:]
        assert run.poll() is None, f"it ended before the moment:\n{said}"
        assert time.monotonic() < deadline, f"the moment never came:\n{said}"
        time.sleep(0.05)


def kill(run: subprocess.Popen[str]) -> None:
    """SIGKILL to every process of the run's session; plugins have process groups of their own."""
    for entry in Path("/proc").iterdir():
        with suppress(OSError, IndexError):
            if entry.name.isdigit() and session_of(entry) == run.pid:
                os.kill(int(entry.name), signal.SIGKILL)
    run.wait()


def session_of(process: Path) -> int:
    """Field 6 of /proc/<pid>/stat, counted after the name, which may hold anything."""
    return int((process / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[3])


def lose(platform: Platform, moment: Moment, *arguments: str, hang: str = "") -> None:
    """A run that is killed at the moment."""
    run = start(platform, *arguments, hang=hang)
    try:
        wait_for(run, moment, platform)
    finally:
        kill(run)
