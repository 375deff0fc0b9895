"""A real Prometheus server on loopback: blocks made of text, rules at a quick interval, OTLP names as in Mimir."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sandbox.bootstrap.catalog import TOOLS
from sandbox.bootstrap.install import ensure_tools
from sandbox.kubernetes.processes import free_ports
from telemetry.charts.mimir_config import PROMOTED_ATTRIBUTES

LOOPBACK = "127.0.0.1"
READY_SECONDS = 30.0
QUERY_SECONDS = 20.0


class QueryError(Exception):
    """Prometheus refused a query."""


@dataclass(frozen=True)
class Prometheus:
    """A running server."""

    url: str

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The result of an instant query: series, or one entry for a scalar. Raises `QueryError`."""
        data = self._get("query", {"query": expression})
        return [data["result"]] if data["resultType"] in ("scalar", "string") else data["result"]

    def exemplars(self, expression: str, seconds: float) -> list[dict[str, Any]]:
        """Exemplars of the last seconds, by series."""
        end = time.time()
        return self._get("query_exemplars", {"query": expression, "start": str(end - seconds), "end": str(end + 1)})

    def rules(self) -> list[dict[str, Any]]:
        """Every rule with its health."""
        return [rule for group in self._get("rules", {})["groups"] for rule in group["rules"]]

    def _get(self, what: str, parameters: Mapping[str, str]) -> Any:
        body = urllib.parse.urlencode(parameters).encode() if parameters else None
        try:
            url = f"{self.url}/api/v1/{what}"
            with urllib.request.urlopen(url, body, timeout=QUERY_SECONDS) as response:  # noqa: S310 - loopback
                return json.load(response)["data"]
        except urllib.error.HTTPError as error:
            raise QueryError(f"{parameters}: {error.read().decode()}") from error


def make_blocks(text: Iterable[str], directory: Path) -> None:
    """Blocks of samples given as OpenMetrics. Raises `AssertionError` with promtool's words for text that isn't."""
    source = directory.with_suffix(".om")
    with source.open("w") as file:
        file.writelines(text)
    command = [_tool("promtool"), "tsdb", "create-blocks-from", "openmetrics", "--quiet", source, directory]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    source.unlink()


@contextmanager
def prometheus(directory: Path, data: Path, rules: Mapping[str, str]) -> Iterator[Prometheus]:
    """Start the server over blocks, with rule files by name that are evaluated each second; it ends with the block."""
    (port,) = free_ports(1)
    for name, text in rules.items():
        (directory / name).write_text(_every_second(text))
    configuration = directory / "prometheus.yml"
    configuration.write_text(
        yaml.safe_dump(
            {
                "global": {"evaluation_interval": "1s"},
                "rule_files": [str(directory / name) for name in rules],
                "otlp": {"promote_resource_attributes": list(PROMOTED_ATTRIBUTES)},
                "storage": {"tsdb": {"out_of_order_time_window": "30m"}},
            }
        )
    )
    log = directory / "prometheus.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [
                _tool("prometheus"),
                f"--config.file={configuration}",
                f"--storage.tsdb.path={data}",
                f"--web.listen-address={LOOPBACK}:{port}",
                "--web.enable-otlp-receiver",
                "--web.enable-remote-write-receiver",
                "--enable-feature=exemplar-storage",
                "--log.level=warn",
            ],
            stdout=output,
            stderr=output,
        )
    try:
        server = Prometheus(f"http://{LOOPBACK}:{port}")
        _wait_until_ready(server, process, log)
        yield server
    finally:
        process.kill()
        process.wait()


def _every_second(text: str) -> str:
    document = yaml.safe_load(text)
    for group in document["groups"]:
        group["interval"] = "1s"
    return yaml.safe_dump(document, sort_keys=False)


def _tool(name: str) -> Path:
    return ensure_tools(tuple(tool for tool in TOOLS if tool.name == name))[name]


def _wait_until_ready(server: Prometheus, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{server.url}/-/ready", timeout=1):  # noqa: S310
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"Prometheus did not start:\n{log.read_text()[-3000:]}")
