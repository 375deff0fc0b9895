"""Tool bootstrap: versions, checksums, falling through to a build, interrupted runs."""

import hashlib
import io
import os
import re
import tarfile
import threading
from collections.abc import Generator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from sandbox.bootstrap import install
from sandbox.bootstrap.build import BuildError
from sandbox.bootstrap.catalog import PREVIEW_TOOLS, TOOLS, GoBuild, OnPath, Release, Tool, VersionRange
from sandbox.bootstrap.download import DownloadError, download, unreachable
from sandbox.bootstrap.paths import go_platform


@pytest.mark.parametrize(
    ("text", "fit"),
    [
        ("v3.250.0", True),
        ("3.274.1\n", True),
        ("Client Version: v3.9.1-dispatcher", False),
        ("v4.0.0", False),
        ("no version here", False),
        ("", False),
    ],
)
def test_a_version_fits_by_its_first_two_numbers(text: str, fit: bool) -> None:
    assert VersionRange((3, 250), (4, 0)).holds(text) is fit


def test_every_tool_is_pinned_by_a_go_sum_and_named_once() -> None:
    assert len({tool.name for tool in TOOLS}) == len(TOOLS)
    for tool in TOOLS:
        module = install.PROJECT_ROOT / "sandbox" / "tools" / tool.build.folder
        assert (module / "go.sum").stat().st_size > 1000, tool.name
        assert "=> ../" not in (module / "go.mod").read_text(encoding="utf-8")


class Files(BaseHTTPRequestHandler):
    """Serves what the test put into `content`."""

    content: dict[str, bytes] = {}  # noqa: RUF012 - set anew by the fixture
    asked: list[str] = []  # noqa: RUF012 - set anew by the test that reads it

    def do_HEAD(self) -> bytes:
        self.asked.append(self.path)
        body = self.content.get(self.path)
        self.send_response(200 if body is not None else 404)
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        return body or b""

    def do_GET(self) -> None:
        self.wfile.write(self.do_HEAD())

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Generator[str]:
    Files.content = {}
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Files)
    thread = threading.Thread(target=httpd.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{httpd.server_address[1]}"
    httpd.shutdown()
    httpd.server_close()
    thread.join()


def archive(folder: str = "folder", **files: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, body in files.items():
            member = tarfile.TarInfo(f"{folder}/{name}".lstrip("/"))
            member.size, member.mode = len(body), 0o755
            tar.addfile(member, io.BytesIO(body))
    return buffer.getvalue()


def tool_from(server: str, *, archive_folder: str | None) -> Tool:
    return Tool(
        name="tool",
        version="1.0.0",
        build=GoBuild("helm", "x"),
        release=Release(f"{server}/tool.tgz", f"{server}/sums", archive_folder=archive_folder),
    )


def test_a_release_is_unpacked_when_its_checksum_is_the_published_one(server: str, tmp_path: Path) -> None:
    body = archive(tool=b"#!binary", helper=b"x")
    Files.content = {"/tool.tgz": body, "/sums": f"{hashlib.sha256(body).hexdigest()}  tool.tgz\n".encode()}
    tool = tool_from(server, archive_folder="folder")
    assert tool.release is not None
    download(tool.name, tool.release, tmp_path)
    assert (tmp_path / "tool").read_bytes() == b"#!binary"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["helper", "tool"]


def test_a_release_may_be_the_binary_itself_with_a_bare_checksum(server: str, tmp_path: Path) -> None:
    Files.content = {"/tool.tgz": b"binary", "/sums": hashlib.sha256(b"binary").hexdigest().encode()}
    tool = tool_from(server, archive_folder=None)
    assert tool.release is not None
    download(tool.name, tool.release, tmp_path)
    assert (tmp_path / "tool").stat().st_mode & 0o100


@pytest.mark.parametrize(
    ("sums", "word"),
    [
        ("0" * 64 + "  tool.tgz", "is not the published"),
        ("0" * 64 + "  other.tgz", "do not name tool.tgz"),
        (None, "404"),
    ],
)
def test_a_bad_release_is_refused_in_one_line(server: str, tmp_path: Path, sums: str | None, word: str) -> None:
    Files.content = {"/tool.tgz": archive(tool=b"x")} | ({"/sums": sums.encode()} if sums else {})
    tool = tool_from(server, archive_folder="folder")
    assert tool.release is not None
    with pytest.raises(DownloadError) as raised:
        download(tool.name, tool.release, tmp_path)
    assert word in str(raised.value)
    assert "\n" not in str(raised.value)
    # What the doctor asks before anything is fetched: a checksum that will turn out wrong can't be seen yet.
    assert (word in (unreachable(tool.release) or "")) is (word != "is not the published")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path / "lgtm-platform" / "tools"


def test_a_failed_download_falls_through_to_building_once(
    server: str, cache: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    built: list[str] = []

    def fake_build(tool: Tool, target: Path) -> None:
        built.append(tool.name)
        (target / tool.name).write_text("built", encoding="utf-8")

    monkeypatch.setattr(install, "build", fake_build)
    tool = tool_from(server, archive_folder="folder")
    first = install.ensure_tools((tool,))["tool"]
    assert first.read_text(encoding="utf-8") == "built"
    assert capsys.readouterr().err.count("no download") == 1
    assert install.ensure_tools((tool,))["tool"] == first
    assert built == ["tool"]
    assert capsys.readouterr().err == ""


def test_what_may_not_be_built_is_downloaded_or_left(
    server: str, cache: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(tool: Tool, target: Path) -> None:
        raise AssertionError("built")

    monkeypatch.setattr(install, "build", refuse)
    tool = tool_from(server, archive_folder="folder")
    assert install.without_building(tool) is None
    assert "no download (HTTP Error 404" in capsys.readouterr().err
    assert install.present(tool) is None

    body = archive(tool=b"#!binary")
    Files.content = {"/tool.tgz": body, "/sums": f"{hashlib.sha256(body).hexdigest()}  tool.tgz\n".encode()}
    monkeypatch.setenv("LGTM_SANDBOX_NO_DOWNLOADS", "1")
    assert install.without_building(tool) is None
    monkeypatch.delenv("LGTM_SANDBOX_NO_DOWNLOADS")
    found = install.without_building(tool)
    assert found is not None
    assert found.read_bytes() == b"#!binary"
    Files.content = {}
    assert install.without_building(tool) == install.present(tool) == found


def test_an_interrupted_build_leaves_nothing_that_a_rerun_would_trust(
    server: str, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(tool: Tool, target: Path) -> None:
        (target / tool.name).write_text("half", encoding="utf-8")
        raise KeyboardInterrupt

    tool = tool_from(server, archive_folder="folder")
    monkeypatch.setattr(install, "build", interrupted)
    with pytest.raises(KeyboardInterrupt):
        install.ensure_tools((tool,))
    assert not [path for path in cache.rglob("tool") if path.is_file()]

    def whole(tool: Tool, target: Path) -> None:
        (target / tool.name).write_text("whole", encoding="utf-8")

    monkeypatch.setattr(install, "build", whole)
    assert install.ensure_tools((tool,))["tool"].read_text(encoding="utf-8") == "whole"


def test_a_tool_that_cannot_be_had_is_an_error_that_says_why(
    server: str, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(tool: Tool, target: Path) -> None:
        raise BuildError("Go is not installed")

    monkeypatch.setattr(install, "build", refuse)
    with pytest.raises(install.ToolError, match=r"tool 1\.0\.0 can't be had: Go is not installed"):
        install.ensure_tools((tool_from(server, archive_folder="folder"),))


def test_a_fit_tool_on_path_is_taken_and_an_unfit_one_is_not(cache: Path, tmp_path: Path) -> None:
    binary = tmp_path / "tool"
    binary.write_text("#!/bin/sh\necho v1.5.0\n", encoding="utf-8")
    binary.chmod(0o755)
    fit = Tool("tool", "1.0.0", GoBuild("helm", "x"), on_path=OnPath((), VersionRange((1, 2), (2, 0))))
    unfit = Tool("tool", "1.0.0", GoBuild("helm", "x"), on_path=OnPath((), VersionRange((1, 6), (2, 0))))
    assert install.ensure_tools((fit,))["tool"] == binary
    with pytest.raises(install.ToolError):
        install.ensure_tools((unfit,))


def test_a_sum_of_the_catalogue_wins_over_the_hosts_own(server: str, tmp_path: Path) -> None:
    """Whoever can change a file on a host can change its list beside it."""
    body = archive(tool=b"#!binary")
    here, right = "-".join(go_platform()), hashlib.sha256(body).hexdigest()
    Files.content = {"/tool.tgz": body, "/sums": f"{'0' * 64}  tool.tgz\n".encode()}
    release = Release(f"{server}/tool.tgz", f"{server}/sums", "folder", sha256={here: right})
    assert download("tool", release, tmp_path) == (len(body), True)
    assert unreachable(release) is None
    Files.content["/sums"] = f"{right}  tool.tgz\n".encode()
    with pytest.raises(DownloadError, match="is not the catalogue's"):
        download("tool", replace(release, sha256={here: "0" * 64}), tmp_path)


def test_a_sum_from_the_files_own_host_is_said_to_be_one_and_can_be_refused(
    server: str, cache: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    body = archive(tool=b"#!binary")
    Files.content = {"/tool.tgz": body, "/sums": f"{hashlib.sha256(body).hexdigest()}  tool.tgz\n".encode()}
    tool = tool_from(server, archive_folder="folder")
    monkeypatch.setenv("LGTM_SANDBOX_PINNED_ONLY", "1")
    assert install.without_building(tool) is None
    assert "the catalogue has no SHA-256 of tool.tgz, and LGTM_SANDBOX_PINNED_ONLY is set" in capsys.readouterr().err
    monkeypatch.delenv("LGTM_SANDBOX_PINNED_ONLY")
    assert install.without_building(tool) is not None
    assert "SHA-256 as its own host says: the catalogue has none" in capsys.readouterr().err


def test_sums_are_whole_and_of_platforms_that_are_asked_for() -> None:
    pinned = {tool.name: tool.released.sha256 for tool in TOOLS if tool.released and tool.released.sha256}
    assert {"pulumi-resource-kubernetes", "helm", "kwok", "otelcol", "actionlint"} == set(pinned)
    for name, sums in pinned.items():
        assert "linux-amd64" in sums, name
        for platform_name, value in sums.items():
            assert re.fullmatch("(linux|darwin)-(amd64|arm64)", platform_name), name
            assert re.fullmatch("[0-9a-f]{64}", value), name
    everything = [value for sums in pinned.values() for value in sums.values()]
    assert len(set(everything)) == len(everything)


def from_here(server: str, tool: Tool, size: int) -> Tool:
    """The tool with its release, laid out as its own, on this server; its sum in the catalogue."""
    release = tool.released
    assert release is not None
    system, arch = go_platform()
    names = {"os": system, "arch": release.arch_names.get(arch, arch)}
    path = "/" + release.url.format(**names).rsplit("/", 1)[-1]
    folder = (release.archive_folder or "").format(**names)
    body = archive(folder, **{tool.name: os.urandom(size), "helper": b"x"})
    Files.content[path] = body
    moved = replace(release, url=f"{server}{path}", sha256={f"{system}-{arch}": hashlib.sha256(body).hexdigest()})
    return replace(tool, release=moved)


def test_the_two_tools_of_a_plan_come_as_releases_and_nothing_is_built(
    server: str, cache: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(tool: Tool, target: Path) -> None:
        raise AssertionError(f"{tool.name} was built")

    monkeypatch.setattr(install, "build", refuse)
    monkeypatch.setattr(install, "DOWNLOAD_PROGRESS_SECONDS", 0)
    size = 3 << 20
    tools = tuple(from_here(server, tool, size) for tool in PREVIEW_TOOLS)
    asked: list[str] = []
    monkeypatch.setattr(Files, "asked", asked)
    found = install.ensure_tools(tools)
    assert {name: path.stat().st_size for name, path in found.items()} == {tool.name: size for tool in PREVIEW_TOOLS}
    assert sorted(asked) == sorted(Files.content), "more was asked for than the two archives"
    said = capsys.readouterr().err
    for tool in tools:
        assert re.search(rf"{tool.name} {tool.version}: \d\.\d of \d\.\d MB", said)
        assert re.search(
            rf"{tool.name} {tool.version}: downloaded 3\.\d MB in \d+ s, SHA-256 as in the catalogue", said
        )
    assert install.ensure_tools(tools) == found
    assert len(asked) == len(tools)
