"""`python -m sandbox`: the simulated cloud from the command line. `make preview` and `make sandbox` call it."""

import argparse
import shlex
import sys
import time
from pathlib import Path

import yaml

from sandbox.bootstrap.install import ToolError, ensure_tools
from sandbox.bootstrap.paths import PROJECT_ROOT
from sandbox.session import Sandbox, SandboxError, running_sandbox
from settings.cluster import SharedCluster
from settings.defaults import Json
from settings.loader import parse_settings
from settings.messages import SettingsError

STACKS = ("dev", "staging", "prod")
DIRECTORY = PROJECT_ROOT / ".sandbox"

HOW_TO = """\
The sandbox is up: a simulated AWS at {endpoint}, no account needed. In this shell or another:

  eval "$(make -s sandbox-env)"                          # the tools, and an environment that leads nowhere else
  pulumi up --stack staging                              # brings up staging, then any stack that lives on its cluster
  pulumi stack output kubeconfig --show-secrets --stack staging > staging.kubeconfig
  kubectl --kubeconfig staging.kubeconfig get pods -A
  aws s3 ls
  aws eks list-addons --cluster-name pyairtable-lgtm-staging-cluster
  make sandbox-stop                                      # ends it and forgets everything it made
"""


def main() -> int:
    """Runs one subcommand; the exit code is the wrapped command's where there is one."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("tools", help="get every tool and print where it is")
    commands.add_parser("up", help="start the sandbox and leave it running")
    commands.add_parser("down", help="stop the running sandbox and forget its state")
    commands.add_parser("env", help="print the shell lines that lead pulumi, kubectl and aws to the running sandbox")
    preview = commands.add_parser("preview", help="pulumi preview with the policy pack; starts a sandbox if none runs")
    preview.add_argument("stack", help=f"a stack with a Pulumi.<stack>.yaml, such as {', '.join(STACKS)}")
    run = commands.add_parser("run", help="run a command in the sandbox; starts one if none runs")
    run.add_argument("argv", nargs=argparse.REMAINDER, metavar="COMMAND ...")
    arguments = parser.parse_args()
    try:
        return _dispatch(arguments)
    except (SandboxError, ToolError, SettingsError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _dispatch(arguments: argparse.Namespace) -> int:
    match arguments.command:
        case "tools":
            for name, path in ensure_tools().items():
                print(f"{name:28} {path}")
            return 0
        case "up":
            return _up()
        case "down":
            Sandbox(DIRECTORY).stop()
            return 0
        case "env":
            return _print_environment()
        case "preview":
            return _preview(arguments.stack)
        case _:
            with running_sandbox(DIRECTORY) as sandbox:
                sandbox.ensure_stacks(STACKS)
                return sandbox.run(arguments.argv)


def _up() -> int:
    sandbox = Sandbox(DIRECTORY)
    if not sandbox.running:
        sandbox.start()
        sandbox.ensure_stacks(STACKS)
    print(HOW_TO.format(endpoint=sandbox.endpoint))
    return 0


def _print_environment() -> int:
    sandbox = Sandbox(DIRECTORY)
    if not sandbox.running:
        raise SandboxError("no sandbox is running; start one with `make sandbox`")
    for key, value in sandbox.variables.items():
        print(f"export {key}={shlex.quote(value)}")
    print("unset AWS_PROFILE AWS_SESSION_TOKEN PULUMI_CONFIG_PASSPHRASE PULUMI_STACK PULUMI_ACCESS_TOKEN")
    return 0


def _preview(stack: str) -> int:
    """The plan of one stack with its policy results; the stack whose cluster it shares is brought up first."""
    started = time.monotonic()
    owner = _owner_of(stack)
    with running_sandbox(DIRECTORY) as sandbox:
        sandbox.ensure_stacks([stack] if owner is None else [owner, stack])
        if owner is not None:
            _note(f"{stack} lives on {owner}'s cluster: bringing {owner} up in the simulated cloud first")
            code = _ensure_up(sandbox, owner)
            if code:
                return code
        command = ["pulumi", "preview", "--stack", stack, "--policy-pack", "policies", "--non-interactive", "--color"]
        code = sandbox.run([*command, "always" if sys.stdout.isatty() else "never"])
    _note(f"preview of {stack} against the simulated cloud took {time.monotonic() - started:.1f} s")
    return code


def _ensure_up(sandbox: Sandbox, stack: str) -> int:
    result = sandbox.pulumi("up", "--yes", "--skip-preview", "--stack", stack, "--suppress-progress")
    if result.returncode:
        print(result.stdout + result.stderr, file=sys.stderr)
    return result.returncode


def _owner_of(stack: str) -> str | None:
    """The stack whose cluster this one shares, read from its file. Raises `SandboxError`, `SettingsError`."""
    path = PROJECT_ROOT / f"Pulumi.{stack}.yaml"
    if not path.exists():
        known = ", ".join(sorted(file.stem.removeprefix("Pulumi.") for file in PROJECT_ROOT.glob("Pulumi.*.yaml")))
        raise SandboxError(f"there is no stack {stack!r}: {path.name} is missing; accepted: {known}")
    try:
        document: Json = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise SandboxError(f"{path.name} is not YAML: {error}") from None
    config = document.get("config") if isinstance(document, dict) else None
    raw = config.get("lgtm:platform") if isinstance(config, dict) else None
    # A wrong document is reported by the program itself, in the preview that follows.
    try:
        settings = parse_settings(raw, stack=stack)
    except SettingsError:
        return None
    return settings.cluster.owner_stack if isinstance(settings.cluster, SharedCluster) else None


def _note(text: str) -> None:
    print(f"sandbox: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    # Absolute imports of the project's packages need its root first, also when started from elsewhere.
    sys.path.insert(0, str(Path(PROJECT_ROOT)))
    sys.exit(main())
