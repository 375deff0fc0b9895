"""What the Pulumi engine finds in a sandbox: plugins, the `pulumi` command, and the stacks in its own backend."""

import json
import re
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

from sandbox.bootstrap.catalog import KUBERNETES_PROVIDER_VERSION
from sandbox.bootstrap.paths import VENV_BIN

# The plugin versions that the pinned SDKs ask for.
SIMULATED_PLUGINS = {"aws": "7.51.1", "random": "4.21.4"}
SALTS_FILE = "salts.json"

PULUMI_WRAPPER = """\
#!{python} -SE
# Runs the real engine, then takes the sandbox's secrets salt out of the stack files again: the engine writes it into
# the checkout (and lays the whole file out anew), where a real deployment's own secrets provider belongs.
import json, pathlib, signal, subprocess, sys

before = {{file: file.read_text() for file in pathlib.Path.cwd().glob("Pulumi.*.yaml")}}
child = subprocess.Popen(["{pulumi}", *sys.argv[1:]])
signal.signal(signal.SIGINT, lambda *_: None)  # the terminal sends it to the engine too, which stops in good order
signal.signal(signal.SIGTERM, lambda *_: child.terminate())
code = child.wait()
salts = json.loads(pathlib.Path("{salts}").read_text())
for file in pathlib.Path.cwd().glob("Pulumi.*.yaml"):
    text = file.read_text()
    kept = "".join(line for line in text.splitlines(True) if line.strip() not in salts)
    if "".join(kept.split()) == "".join(before.get(file, "").split()):
        kept = before[file]
    if kept != text:
        file.write_text(kept)
sys.exit(code if code >= 0 else 128 - code)
"""


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
    (directory / SALTS_FILE).write_text("[]", encoding="utf-8")
    wrapper = PULUMI_WRAPPER.format(
        python=(VENV_BIN / "python").resolve(), pulumi=tools["pulumi"], salts=directory / SALTS_FILE
    )
    _script(directory / "bin" / "pulumi", wrapper)


def register_stacks(directory: Path, project: Path, names: Iterable[str], environment: dict[str, str]) -> None:
    """`pulumi stack init` for those that are missing, run beside the project so that no stack file is written."""
    known = directory / "state" / ".pulumi" / "stacks" / _project_name(project)
    missing = [name for name in dict.fromkeys(names) if not (known / f"{name}.json").exists()]
    salts = set(json.loads((directory / SALTS_FILE).read_text(encoding="utf-8")))
    with tempfile.TemporaryDirectory(dir=directory) as folder:
        (Path(folder) / "Pulumi.yaml").write_text(
            f"name: {_project_name(project)}\nruntime: python\n", encoding="utf-8"
        )
        running = [
            subprocess.Popen(
                [str(directory / "bin" / "pulumi"), "stack", "init", name, "--no-select", "--non-interactive"],
                cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            )
            for name in missing
        ]  # fmt: skip
        for name, process in zip(missing, running, strict=True):
            output, _ = process.communicate()
            if process.returncode:
                raise RuntimeError(f"stack {name} can't be made in the sandbox: {output.strip()}")
            text = (Path(folder) / f"Pulumi.{name}.yaml").read_text(encoding="utf-8")
            salts.update(line.strip() for line in text.splitlines() if line.startswith("encryptionsalt:"))
    (directory / SALTS_FILE).write_text(json.dumps(sorted(salts)), encoding="utf-8")


def _project_name(project: Path) -> str:
    match = re.search(r"^name:\s*(\S+)", (project / "Pulumi.yaml").read_text(encoding="utf-8"), re.MULTILINE)
    assert match is not None
    return match[1]


def _script(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
