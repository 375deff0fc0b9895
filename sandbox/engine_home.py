"""What the Pulumi engine finds in a sandbox: plugins, the `pulumi` command, and the stacks in its own backend."""

import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

from sandbox import pulumi_wrapper as wrapper
from sandbox.bootstrap.catalog import KUBERNETES_PROVIDER_VERSION
from sandbox.bootstrap.paths import VENV_BIN

# The plugin versions that the pinned SDKs ask for.
SIMULATED_PLUGINS = {"aws": "7.51.1", "random": "4.21.4"}


def prepare(directory: Path, tools: dict[str, Path]) -> None:
    """Lays out PULUMI_HOME and the sandbox's own bin folder."""
    plugins = directory / "home" / "plugins"
    kubernetes = plugins / f"resource-kubernetes-v{KUBERNETES_PROVIDER_VERSION}"
    kubernetes.mkdir(parents=True)
    (kubernetes / "pulumi-resource-kubernetes").symlink_to(tools["pulumi-resource-kubernetes"])
    for name, version in SIMULATED_PLUGINS.items():
        folder = plugins / f"resource-{name}-v{version}"
        folder.mkdir()
        _script(
            folder / f"pulumi-resource-{name}",
            "#!/bin/sh\n"
            f'PYTHONPATH="$LGTM_SANDBOX_PROJECT" exec "$LGTM_SANDBOX_PYTHON" -m sandbox.providers.{name} "$@"\n',
        )
    _script(
        directory / "bin" / "pulumi",
        f'#!/bin/sh\nexec "{VENV_BIN / "python"}" -SE "{wrapper.__file__}" "{tools["pulumi"]}" "{directory}" "$@"\n',
    )


def register_stacks(directory: Path, project: Path, names: Iterable[str], environment: dict[str, str]) -> None:
    """`pulumi stack init` for those that are missing, all at once. Raises `RuntimeError` with pulumi's words."""
    known = directory / "state" / ".pulumi" / "stacks" / _project_name(project)
    missing = [name for name in dict.fromkeys(names) if not (known / f"{name}.json").exists()]
    running = [
        subprocess.Popen(
            [str(directory / "bin" / "pulumi"), "stack", "init", name, "--no-select", "--non-interactive"],
            cwd=project, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )
        for name in missing
    ]  # fmt: skip
    for name, process in zip(missing, running, strict=True):
        output, _ = process.communicate()
        if process.returncode:
            raise RuntimeError(f"stack {name} can't be made in the sandbox: {output.strip()}")


def _project_name(project: Path) -> str:
    match = re.search(r"^name:\s*(\S+)", (project / "Pulumi.yaml").read_text(encoding="utf-8"), re.MULTILINE)
    assert match is not None
    return match[1]


def _script(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
