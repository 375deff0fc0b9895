"""A running sandbox: its folder, its cloud, and the environment in which `pulumi`, `kubectl` and `aws` use it."""

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path

from planning.errors import UserError
from sandbox import chart_source, engine_home
from sandbox.bootstrap.catalog import TOOLS, Tool
from sandbox.bootstrap.install import ensure_tools
from sandbox.bootstrap.paths import PROJECT_ROOT, VENV_BIN
from sandbox.kubernetes.pki import write_private

CLOUD_START_SECONDS = 60
CLOUD_STOP_SECONDS = 20
REGION = "us-west-2"
# What would lead a tool to a real account or another Pulumi backend.
FOREIGN_VARIABLES = (
    "AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE", "KUBECONFIG", "PULUMI_ACCESS_TOKEN", "PULUMI_CONFIG_PASSPHRASE", "PULUMI_STACK",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
)  # fmt: skip


# A service's own endpoint wins over AWS_ENDPOINT_URL: `AWS_ENDPOINT_URL_S3` would lead S3 alone somewhere else.
SERVICE_ENDPOINT = "AWS_ENDPOINT_URL_"


def is_foreign(variable: str) -> bool:
    """Whether a variable of the caller's environment would lead a tool out of the sandbox."""
    return variable in FOREIGN_VARIABLES or variable.startswith(SERVICE_ENDPOINT)


class SandboxError(UserError):
    """Why the sandbox can't be used, in words for people."""


class Sandbox:
    """One simulated cloud with its own Pulumi backend; everything it makes is below `directory`."""

    def __init__(self, directory: Path, project: Path = PROJECT_ROOT) -> None:
        self.directory = directory.absolute()
        self.project = project.absolute()

    @property
    def running(self) -> bool:
        """Whether the cloud's process is alive."""
        return (pid := self._cloud_pid()) is not None and _alive(pid)

    def start(self, *, owner_pid: int | None = None, needed: tuple[Tool, ...] = TOOLS) -> None:
        """Brings the cloud up, with the `needed` tools; returns when it answers. Raises `SandboxError`, `ToolError`.

        Without the tools of a cluster the engine can plan, not deploy."""
        tools = ensure_tools(needed)
        # The cloud keeps its state in memory, so what a dead one left behind describes nothing any more.
        shutil.rmtree(self.directory, ignore_errors=True)
        # The state, its passphrase and the clusters' keys are the user's own: other users of the machine see nothing.
        self.directory.parent.mkdir(parents=True, exist_ok=True)
        self.directory.mkdir(mode=0o700)
        for folder in ("state", "cloud", "bin", "home"):
            (self.directory / folder).mkdir()
        write_private(self.directory / "passphrase", secrets.token_urlsafe(24).encode())
        engine_home.prepare(self.directory, tools)
        (self.directory / "tools.json").write_text(json.dumps({n: str(p) for n, p in tools.items()}), encoding="utf-8")
        self._start_cloud(owner_pid)
        mirror = chart_source.stand_in_mirror(tools.get("helm"))
        (self.directory / "charts.json").write_text(json.dumps({"mirror": mirror}), encoding="utf-8")

    def stop(self) -> None:
        """Ends the cloud and forgets its state; fine to call twice."""
        pid = self._cloud_pid()
        if pid is not None and _alive(pid):
            os.kill(pid, signal.SIGTERM)
            deadline = time.monotonic() + CLOUD_STOP_SECONDS
            while _alive(pid) and time.monotonic() < deadline:
                time.sleep(0.05)
            if _alive(pid):
                os.kill(pid, signal.SIGKILL)
        shutil.rmtree(self.directory, ignore_errors=True)

    @property
    def variables(self) -> dict[str, str]:
        """What must be set so that the ordinary tools talk to this sandbox."""
        tools = json.loads((self.directory / "tools.json").read_text(encoding="utf-8"))
        mirror = json.loads((self.directory / "charts.json").read_text(encoding="utf-8"))["mirror"]
        # Not pulumi's (the wrapper stands before it) nor the plugin's (the engine warns of plugins found on PATH).
        commands = [path for name, path in tools.items() if not name.startswith("pulumi")]
        folders = dict.fromkeys(str(Path(path).parent) for path in commands)
        path = os.pathsep.join([str(self.directory / "bin"), str(VENV_BIN), *folders, os.environ.get("PATH", "")])
        variables = {
            "PATH": path,
            "PULUMI_HOME": str(self.directory / "home"),
            "PULUMI_BACKEND_URL": f"file://{self.directory / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE_FILE": str(self.directory / "passphrase"),
            "PULUMI_SKIP_UPDATE_CHECK": "1",
            # `--event-log`, which costs are computed from, is a debugging option to the engine.
            "PULUMI_DEBUG_COMMANDS": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            # Stack files in the checkout hold no secrets provider; the sandbox's own is in its state.
            "PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER": "true",
            # Several Pythons import the SDKs in every command: compiled once, not each time.
            "PYTHONDONTWRITEBYTECODE": "",
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "sandbox",
            "AWS_SECRET_ACCESS_KEY": "sandbox",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_PAGER": "",
            "LGTM_SANDBOX_DIRECTORY": str(self.directory),
            "LGTM_SANDBOX_PROJECT": str(PROJECT_ROOT),
            "LGTM_SANDBOX_PYTHON": str(VENV_BIN / "python"),
            "LGTM_SANDBOX_PYTHON_EXEC": str(Path(tools["pulumi"]).parent / "pulumi-language-python-exec"),
        }
        return variables | ({"LGTM_CHART_MIRROR": mirror} if mirror else {})

    @property
    def environment(self) -> dict[str, str]:
        """A whole process environment for the sandbox, without what would lead to a real account."""
        inherited = {key: value for key, value in os.environ.items() if not is_foreign(key)}
        return inherited | self.variables

    @property
    def endpoint(self) -> str:
        """URL of the simulated AWS API."""
        return str(json.loads((self.directory / "cloud" / "cloud.json").read_text(encoding="utf-8"))["endpoint"])

    def ensure_stacks(self, names: Iterable[str]) -> None:
        """Registers the stacks in the sandbox's backend, without touching the checkout's stack files."""
        engine_home.register_stacks(self.directory, self.project, names, self.environment)

    def run(self, command: list[str]) -> int:
        """Runs a command in the project with the sandbox's environment; its output goes where ours does."""
        return subprocess.run(command, cwd=self.project, env=self.environment, check=False).returncode

    def capture(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Runs a command likewise and captures what it prints."""
        return subprocess.run(
            command, cwd=self.project, env=self.environment, check=False, capture_output=True, text=True
        )

    def pulumi(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs `pulumi` and captures what it prints."""
        return self.capture(str(self.directory / "bin" / "pulumi"), *arguments, "--non-interactive")

    def _cloud_pid(self) -> int | None:
        try:
            return int(json.loads((self.directory / "cloud" / "cloud.json").read_text(encoding="utf-8"))["pid"])
        except (OSError, ValueError, KeyError):
            return None

    def _start_cloud(self, owner_pid: int | None) -> None:
        cloud = self.directory / "cloud"
        command = [sys.executable, "-m", "sandbox.cloud", "--directory", str(cloud)]
        command += ["--owner-pid", str(owner_pid)] if owner_pid is not None else []
        tools = json.loads((self.directory / "tools.json").read_text(encoding="utf-8"))
        folders = dict.fromkeys(str(Path(path).parent) for path in tools.values())
        path = os.pathsep.join([*folders, str(VENV_BIN), os.environ.get("PATH", "")])
        with (cloud / "output.log").open("wb") as log:
            process = subprocess.Popen(
                command,
                cwd=PROJECT_ROOT,
                env={**os.environ, "PATH": path, "PYTHONPATH": str(PROJECT_ROOT)},
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        deadline = time.monotonic() + CLOUD_START_SECONDS
        while not (cloud / "cloud.json").exists():
            if process.poll() is not None or time.monotonic() > deadline:
                process.kill()
                tail = "\n".join((cloud / "output.log").read_text(encoding="utf-8", errors="replace").splitlines()[-8:])
                raise SandboxError(f"the simulated cloud did not start:\n{tail}")
            time.sleep(0.05)


@contextmanager
def running_sandbox(directory: Path, needed: tuple[Tool, ...] = TOOLS) -> Generator[Sandbox]:
    """The sandbox that runs there already, left running; else one with the `needed` tools that ends with the block."""
    sandbox = Sandbox(directory)
    if sandbox.running:
        yield sandbox
        return
    sandbox.start(owner_pid=os.getpid(), needed=needed)
    try:
        yield sandbox
    finally:
        sandbox.stop()


def _alive(pid: int) -> bool:
    """A zombie counts as dead: a child that ended but was not waited for."""
    try:
        os.kill(pid, 0)
        stat = Path(f"/proc/{pid}/stat")
        return not (stat.exists() and stat.read_text(encoding="utf-8").rsplit(")", 1)[-1].split()[0] == "Z")
    except (ProcessLookupError, FileNotFoundError):
        return False
    except PermissionError:
        return True
