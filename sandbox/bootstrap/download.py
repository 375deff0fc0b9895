"""Downloads an official release, checked against the release's own SHA-256 list. Never hangs: every wait is bounded."""

import hashlib
import shutil
import tarfile
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

from planning.errors import UserError
from sandbox.bootstrap.catalog import Release
from sandbox.bootstrap.paths import go_platform

CONNECT_TIMEOUT_SECONDS = 6
CHUNK_BYTES = 1 << 20


class DownloadError(UserError):
    """Why the release could not be had, in one line."""


def download(name: str, release: Release, target: Path) -> None:
    """Puts the release's binaries, of which one is `name`, into `target`. Raises `DownloadError`."""
    names = _names(release)
    url = release.url.format(**names)
    archive = target / url.rsplit("/", 1)[-1]
    try:
        expected = _expected_sha256(release.checksums.format(**names), archive.name)
        actual = _fetch(url, archive)
    except (urllib.error.URLError, OSError, ValueError) as error:
        raise DownloadError(_reason(error)) from error
    if actual != expected:
        raise DownloadError(f"{archive.name}: SHA-256 {actual} is not the published {expected}")
    _unpack(name, release, archive, target, names)


def unreachable(release: Release) -> str | None:
    """None where the release's checksums answer and name this machine's file, else why not, in one line."""
    names = _names(release)
    try:
        _expected_sha256(release.checksums.format(**names), release.url.format(**names).rsplit("/", 1)[-1])
    except (urllib.error.URLError, OSError, ValueError) as error:
        return _reason(error)
    return None


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


def _fetch(url: str, target: Path) -> str:
    digest = hashlib.sha256()
    with (
        urllib.request.urlopen(url, timeout=CONNECT_TIMEOUT_SECONDS) as response,  # noqa: S310 - https, from our catalog
        target.open("wb") as file,
    ):
        while chunk := response.read(CHUNK_BYTES):
            digest.update(chunk)
            file.write(chunk)
    return digest.hexdigest()


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
    platform_name = target / f"{name}-{names['os']}-{names['arch']}"
    if platform_name.exists():
        platform_name.rename(target / name)
    if not (target / name).exists():
        raise DownloadError(f"the archive holds no {name}")
    (target / name).chmod(0o755)
