"""The live ring's programs and configurations, as far as they need no program."""

from __future__ import annotations

import hashlib
import importlib
import io
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from sandbox.bootstrap.catalog import OnPath, Release, VersionRange
from sandbox.bootstrap.paths import PROJECT_ROOT, go_platform
from tests.live import programs
from tests.live.deployed import loki_on, moved

CONTENT: dict[str, bytes] = {}


class Files(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = CONTENT.get(self.path)
        self.send_response(200 if body is not None else 404)
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    CONTENT.clear()
    programs.find.cache_clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Files) as httpd:
        thread = Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{httpd.server_address[1]}"
        release = Release(f"{url}/loki-{{os}}-{{arch}}.zip", f"{url}/SHA256SUMS", archive_folder="")
        known_by = OnPath(("-version",), VersionRange((3, 7), (3, 8)))
        monkeypatch.setitem(programs.PROGRAMS, "loki", programs.Program("loki", "3.7.6", known_by, release))
        yield url
        httpd.shutdown()
        thread.join()
    programs.find.cache_clear()


def test_a_release_whose_binary_is_named_after_its_platform(server: str) -> None:
    name = "loki-{}-{}".format(*go_platform())
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(name, b"#!binary")
    body = packed.getvalue()
    CONTENT.update({f"/{name}.zip": body, "/SHA256SUMS": f"{hashlib.sha256(body).hexdigest()}  {name}.zip\n".encode()})
    found = programs.find("loki")
    assert isinstance(found, Path), found
    assert found.read_bytes() == b"#!binary"
    assert found.stat().st_mode & 0o100, "it can't be started"


def test_a_program_that_cant_be_had_is_named_with_the_reason(server: str) -> None:
    found = programs.find("loki")
    assert isinstance(found, programs.Missing), found
    assert "loki 3.7.6 is neither on PATH nor in" in found.reason
    assert "404" in found.reason
    assert not list((programs.PROGRAMS["loki"].place.parent).iterdir()), "half a program is left"


def test_every_file_of_the_ring_can_be_read() -> None:
    for path in (PROJECT_ROOT / "tests" / "live").glob("*.py"):
        importlib.import_module(f"tests.live.{path.stem}")


def test_only_paths_addresses_and_caches_of_a_configuration_change() -> None:
    rendered = {
        "server": {"http_listen_port": 3100, "log_level": "info"},
        "common": {"path_prefix": "/var/loki", "replication_factor": 3},
        "memberlist": {"join_members": ["loki-memberlist"], "max_join_retries": 10},
        "chunk_store_config": {"chunk_cache_config": {"memcached": {}, "memcached_client": {"addresses": "x"}}},
        "limits_config": {"retention_period": "336h"},
    }
    ports = {"http": 1, "grpc": 2, "memberlist": 3}
    local = loki_on(rendered, "127.0.0.2", ports, ["127.0.0.1", "127.0.0.2"], {"/var/loki": "/here/one"})
    assert local["limits_config"] == rendered["limits_config"]
    assert local["server"]["log_level"] == "info"
    assert local["common"]["path_prefix"] == "/here/one"
    assert local["memberlist"]["join_members"] == ["127.0.0.1:3", "127.0.0.2:3"]
    assert "memcached_client" not in local["chunk_store_config"]["chunk_cache_config"]
    assert rendered["common"]["path_prefix"] == "/var/loki", "the rendered one was changed"
    assert moved({"a": ["/var/loki/x", 1]}, {"/var/loki": "/d"}) == {"a": ["/d/x", 1]}
