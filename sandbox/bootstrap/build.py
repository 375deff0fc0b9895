"""Builds a tool from its Go module at the version that our go.sum pins."""

import json
import os
import shutil
import subprocess
from pathlib import Path

from planning.errors import UserError
from sandbox.bootstrap.catalog import PULUMI_VERSION, Tool
from sandbox.bootstrap.paths import PROJECT_ROOT

PROVIDER_MODULE = "github.com/pulumi/pulumi-kubernetes/provider/v4"
PULUMI_SDK_MODULE = "github.com/pulumi/pulumi/sdk/v3"
KARPENTER_MODULE = "sigs.k8s.io/karpenter"
EXEC_SCRIPT = "pulumi-language-python-exec"


class BuildError(UserError):
    """Why the tool could not be built, with the end of the compiler's output."""


def build(tool: Tool, target: Path) -> None:
    """Puts the built binary into `target`. Raises `BuildError`."""
    if shutil.which("go") is None:
        raise BuildError("Go is not installed; install Go 1.26 or later, or put the tool on PATH")
    module = PROJECT_ROOT / "sandbox" / "tools" / tool.build.folder
    work = target / "src"
    # A copy, because generated files must not appear in the checkout and two builds may run at once.
    shutil.copytree(module, work)
    if tool.name == "pulumi-resource-kubernetes":
        _write_provider_embeds(work, tool.version)
    ldflags = f"-s -w {tool.build.ldflags}".strip()
    command = ["go", "build", "-mod=readonly", "-trimpath", f"-ldflags={ldflags}", "-o", str(target / tool.name)]
    _go([*command, tool.build.package], work)
    if tool.name == "pulumi":
        _add_language_host(work, target)
    if tool.name == "karpenter":
        _add_definitions(work, target)
    shutil.rmtree(work)


def _go(command: list[str], cwd: Path) -> str:
    result = subprocess.run(
        command, cwd=cwd, env={**os.environ, "CGO_ENABLED": "0"}, capture_output=True, text=True, check=False
    )
    if result.returncode:
        tail = "\n".join((result.stderr or result.stdout).splitlines()[-12:])
        raise BuildError(f"`{' '.join(command[:2])}` failed:\n{tail}")
    return result.stdout


def _module_directory(module: str, work: Path) -> Path:
    _go(["go", "mod", "download", module], work)
    return Path(_go(["go", "list", "-m", "-f", "{{.Dir}}", module], work).strip())


def _write_provider_embeds(work: Path, version: str) -> None:
    source = _module_directory(PROVIDER_MODULE, work) / "cmd" / "pulumi-resource-kubernetes"
    schema = json.loads((source / "schema.json").read_text(encoding="utf-8"))
    schema["version"] = version
    (work / "schema-embed.json").write_text(json.dumps(schema, separators=(",", ":")), encoding="utf-8")
    mapping = json.loads((source / "terraform-mapping.json").read_text(encoding="utf-8"))
    (work / "terraform-mapping-embed.json").write_text(json.dumps(mapping, separators=(",", ":")), encoding="utf-8")


def _add_definitions(work: Path, target: Path) -> None:
    """Its custom resource definitions stand beside the binary."""
    kwok = _module_directory(KARPENTER_MODULE, work) / "kwok"
    (target / "crds").mkdir()
    for source in (*(kwok / "charts" / "crds").glob("*.yaml"), *(kwok / "apis" / "crds").glob("*.yaml")):
        shutil.copyfile(source, target / "crds" / source.name)


def _add_language_host(work: Path, target: Path) -> None:
    """The module of the official language host can't be built alone: ours runs the SDK's own exec script."""
    script = _module_directory(PULUMI_SDK_MODULE, work) / "python" / "cmd" / EXEC_SCRIPT
    shutil.copyfile(script, target / EXEC_SCRIPT)
    (target / EXEC_SCRIPT).chmod(0o755)
    # The checkout and its virtual environment change, so the wrapper takes both from the sandbox's environment.
    host = target / "pulumi-language-python"
    host.write_text(
        '#!/bin/sh\nPYTHONPATH="$LGTM_SANDBOX_PROJECT" exec "$LGTM_SANDBOX_PYTHON" -m sandbox.language_host "$@"\n',
        encoding="utf-8",
    )
    host.chmod(0o755)
    (target / "VERSION").write_text(f"{PULUMI_VERSION}\n", encoding="utf-8")
