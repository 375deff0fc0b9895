"""Downloads an official release, checked against the catalogue's SHA-256, or else the list of the release's host. Never
hangs: every wait is bounded."""

import hashlib
import os
import shutil
import tarfile
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from planning.errors import UserError
from sandbox.bootstrap.catalog import Release
from sandbox.bootstrap.paths import go_platform

CONNECT_TIMEOUT_SECONDS = 6
CHUNK_BYTES = 1 << 20
# Set, a release whose sum the catalogue hasn't is refused.
PINNED_ONLY = "LGTM_SANDBOX_PINNED_ONLY"
# Bytes that have come, and all of them where the host says it.
Progress = Callable[[int, int | None], None]


class Downloaded(NamedTuple):
    """What came."""

    size: int
    """Bytes."""
    pinned: bool
    """Whether it was held to the catalogue's sum, and not to the host's own."""


class DownloadError(UserError):
    """Why the release could not be had, in one line."""


def download(name: str, release: Release, target: Path, progress: Progress | None = None) -> Downloaded:
    """Puts the release's binaries, of which one is `name`, into `target`. Raises `DownloadError`."""
    names, pinned = _names(release), _pinned(release)
    url = release.url.format(**names)
    archive = target / url.rsplit("/", 1)[-1]
    if pinned is None and os.environ.get(PINNED_ONLY):
        raise DownloadError(f"the catalogue has no SHA-256 of {archive.name}, and {PINNED_ONLY} is set")
    try:
        expected = pinned or _expected_sha256(release.checksums.format(**names), archive.name)
        actual, size = _fetch(url, archive, progress)
    except (urllib.error.URLError, OSError, ValueError) as error:
        raise DownloadError(_reason(error)) from error
    if actual != expected:
        whose = "the catalogue's" if pinned else "the published"
        raise DownloadError(f"{archive.name}: SHA-256 {actual} is not {whose} {expected}")
    _unpack(name, release, archive, target, names)
    return Downloaded(size, pinned is not None)


def unreachable(release: Release) -> str | None:
    """None where the file is there (its sum in the catalogue), or its host's checksums name it; else why not, in one
    line."""
    names = _names(release)
    try:
        if _pinned(release):
            asked = urllib.request.Request(release.url.format(**names), method="HEAD")  # noqa: S310 - https, from our catalog
            with urllib.request.urlopen(asked, timeout=CONNECT_TIMEOUT_SECONDS):  # noqa: S310 - the same
                return None
        _expected_sha256(release.checksums.format(**names), release.url.format(**names).rsplit("/", 1)[-1])
    except (urllib.error.URLError, OSError, ValueError) as error:
        return _reason(error)
    return None


def _pinned(release: Release) -> str | None:
    return release.sha256.get("-".join(go_platform()))


def _names(release: Release) -> dict[str, str]:
    system, arch = go_platform()
    return {"os": system, "arch": release.arch_names.get(arch, arch)}


def _reason(error: Exception) -> str:
    # An HTTPError's own text holds the status; other URLErrors wrap the socket's reason in brackets.
    reason = error if isinstance(error, urllib.error.HTTPError) else getattr(error, "reason", error)
    return (str(reason).splitlines() or [type(error).__name__])[0]


def _expected_sha256(url: str, file_name: str) -> str:
    with urllib.request.urlopen(url, timeout=CONNECT_TIMEOUT_SECONDS) as response:  # noqa: S310 - https, from our catalog
        text = response.read(CHUNK_BYTES).decode("ascii", "replace")
    lines = [line.split() for line in text.splitlines() if line.strip()]
    named = [words[0] for words in lines if len(words) > 1 and words[-1].lstrip("*") == file_name]
    alone = [words[0] for words in lines if len(words) == 1]
    for candidate in (*named, *alone):
        if len(candidate) == 64:
            return candidate.lower()
    raise ValueError(f"the published checksums do not name {file_name}")


def _fetch(url: str, target: Path, progress: Progress | None) -> tuple[str, int]:
    """SHA-256 and size."""
    digest, size = hashlib.sha256(), 0
    with (
        urllib.request.urlopen(url, timeout=CONNECT_TIMEOUT_SECONDS) as response,  # noqa: S310 - https, from our catalog
        target.open("wb") as file,
    ):
        said: str | None = response.headers.get("Content-Length")
        while chunk := response.read(CHUNK_BYTES):
            digest.update(chunk)
            file.write(chunk)
            size += len(chunk)
            if progress:
                progress(size, int(said) if said else None)
    return digest.hexdigest(), size


def _unpack(name: str, release: Release, archive: Path, target: Path, names: dict[str, str]) -> None:
    if release.archive_folder is None:
        archive.rename(target / name)
        (target / name).chmod(0o755)
        return
    folder = release.archive_folder.format(**names)
    unpacked = target / "unpacked"
    if archive.suffix == ".zip":
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(unpacked)  # noqa: S202 - zipfile drops absolute paths and `..`; the checksum was the release's
    else:
        with tarfile.open(archive) as tar:
            tar.extractall(unpacked, filter="data")
    for path in (unpacked / folder).iterdir():
        if path.is_file():
            shutil.move(path, target / path.name)
    shutil.rmtree(unpacked)
    archive.unlink()
    # Some releases name the binary after its platform, and zip archives keep no mode.
    for other in (f"{name}-{names['os']}-{names['arch']}", release.binary or name):
        if (target / other).exists():
            (target / other).rename(target / name)
    if not (target / name).exists():
        raise DownloadError(f"the archive holds no {name}")
    (target / name).chmod(0o755)
