"""A sandbox with a project of its own: the checkout's code behind links, stack files that a test may rewrite."""

import json
import os
import re
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess
from types import ModuleType
from typing import Any

import boto3
import pytest
import yaml

from sandbox.session import Sandbox
from tests.stacks import make_project


@dataclass(frozen=True)
class Platform:
    """One sandbox and the ways a person has to look at it."""

    sandbox: Sandbox

    def pulumi(self, *arguments: str, code: int | None = 0) -> CompletedProcess[str]:
        """Runs pulumi and expects an exit code (None: any)."""
        result = self.sandbox.pulumi(*arguments)
        if code is not None:
            assert result.returncode == code, f"pulumi {' '.join(arguments)}:\n{result.stdout}\n{result.stderr}"
        return result

    def kubectl(self, kubeconfig: Path, *arguments: str) -> str:
        """What kubectl prints, with the kubeconfig that the stack exported."""
        result = self.sandbox.capture("kubectl", "--kubeconfig", str(kubeconfig), *arguments)
        assert result.returncode == 0, result.stderr
        return result.stdout

    def kubectl_json(self, kubeconfig: Path, *arguments: str) -> list[dict[str, Any]]:
        """The items that kubectl lists."""
        return json.loads(self.kubectl(kubeconfig, *arguments, "-o", "json"))["items"]

    def client(self, service: str) -> Any:
        """An ordinary AWS client on the simulated cloud."""
        return boto3.client(
            service,
            endpoint_url=self.sandbox.endpoint,
            region_name="us-west-2",
            aws_access_key_id="outside",
            aws_secret_access_key="outside",
        )

    def outputs(self, stack: str) -> dict[str, Any]:
        """The stack's outputs, secrets hidden."""
        return json.loads(self.pulumi("stack", "output", "--json", "--stack", stack).stdout)

    def kubeconfig(self, stack: str) -> Path:
        """The exported kubeconfig in a file, as a person would save it."""
        text = self.pulumi("stack", "output", "kubeconfig", "--show-secrets", "--stack", stack).stdout
        path = self.sandbox.directory / f"{stack}.kubeconfig"
        path.write_text(text, encoding="utf-8")
        return path

    def state(self, stack: str) -> list[dict[str, Any]]:
        """The resources in the stack's exported state."""
        exported = json.loads(self.pulumi("stack", "export", "--stack", stack).stdout)
        return exported["deployment"].get("resources") or []

    def settings(self, stack: str) -> dict[str, Any]:
        """The stack file's document."""
        path = self.sandbox.project / f"Pulumi.{stack}.yaml"
        return yaml.safe_load(path.read_text(encoding="utf-8"))["config"]["lgtm:platform"]

    def change_settings(self, stack: str, **changes: Any) -> None:
        """Lays keys over the stack file's document."""
        path = self.sandbox.project / f"Pulumi.{stack}.yaml"
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        document["config"]["lgtm:platform"].update(changes)
        path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")


def _thrifty(module: ModuleType) -> dict[str, str]:
    """Settings of the real programs that change no result and save a third of their work.

    Two thirds of the engine's are writing the whole state down after each of some 400 steps: one that ends writes it at
    its end all the same. Modules that kill it, or look for older states, say so by `CHECKPOINTS = True`.
    """
    # Memory for time: Go collects its garbage less often.
    thrifty = {"GOGC": "300"}
    return thrifty if getattr(module, "CHECKPOINTS", False) else thrifty | {"PULUMI_SKIP_CHECKPOINTS": "true"}


@pytest.fixture(scope="module")
def platform(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Generator[Platform]:
    """A sandbox for one module, with the three stacks registered and nothing in them."""
    folder = tmp_path_factory.mktemp("platform")
    sandbox = Sandbox(folder / "sandbox", project=make_project(folder / "project"))
    with pytest.MonkeyPatch.context() as patch:
        for name, value in _thrifty(request.module).items():
            patch.setenv(name, value)
        sandbox.start(owner_pid=os.getpid())
        try:
            sandbox.ensure_stacks(["dev", "staging", "prod"])
            yield Platform(sandbox)
        finally:
            sandbox.stop()


def change_counts(output: str) -> dict[str, int]:
    """The engine's closing summary: {"to create": 12, "unchanged": 3}."""
    return {
        words.strip(): int(count)
        for count, words in re.findall(r"^\s+[+~\-]*\s*(\d+) ([a-z ]+)$", output, re.MULTILINE)
    }
