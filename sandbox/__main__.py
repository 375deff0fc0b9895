"""`python -m sandbox`: the simulated cloud from the command line. `make preview` and `make sandbox` call it."""

import argparse
import os
import shlex
import sys
import time
from pathlib import Path

from ops.cost.page import write_html
from ops.cost.plan import report_for
from ops.stacks import settings_of
from planning.errors import exit_code_of
from sandbox.bootstrap import doctor
from sandbox.bootstrap.catalog import PREVIEW_TOOLS, SANDBOX_TOOLS
from sandbox.bootstrap.install import ensure_tools
from sandbox.bootstrap.paths import PROJECT_ROOT
from sandbox.session import FOREIGN_VARIABLES, Sandbox, SandboxError, is_foreign, running_sandbox
from settings.models.cluster import SharedCluster
from settings.document.messages import SettingsError

STACKS = ("dev", "staging", "prod")
DIRECTORY = PROJECT_ROOT / ".sandbox"
POLICY_CONFIGS = "policies/config"
REPORTS = PROJECT_ROOT / "build"

HOW_TO = """\
The sandbox is up: a simulated AWS at {endpoint}, no account needed. In this shell or another:

  eval "$(make -s sandbox-env)"                          # the tools, and an environment that leads nowhere else
  pulumi up --stack staging                              # brings up staging, then any stack that lives on its cluster
  pulumi stack output kubeconfig --show-secrets --stack staging > staging.kubeconfig
  kubectl --kubeconfig staging.kubeconfig get pods -A
  aws s3 ls
  aws eks list-clusters
  make sandbox-stop                                      # ends it and forgets everything it made
"""


def main() -> int:
    """Runs one subcommand; the exit code is the wrapped command's where there is one."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("tools", help="get every tool and print where it is")
    commands.add_parser("doctor", help="what is there and what would be fetched or built; 0 when preview can run")
    commands.add_parser("up", help="start the sandbox and leave it running")
    commands.add_parser("down", help="stop the running sandbox and forget its state")
    commands.add_parser("env", help="print the shell lines that lead pulumi, kubectl and aws to the running sandbox")
    preview = commands.add_parser("preview", help="pulumi preview with the policy pack; starts a sandbox if none runs")
    preview.add_argument("stack", help=f"a stack with a Pulumi.<stack>.yaml, such as {', '.join(STACKS)}")
    run = commands.add_parser("run", help="run a command in the sandbox; starts one if none runs")
    run.add_argument("argv", nargs=argparse.REMAINDER, metavar="COMMAND ...")
    arguments = parser.parse_args()
    try:
        return exit_code_of(lambda: _dispatch(arguments))
    except KeyboardInterrupt:
        return 130


def _dispatch(arguments: argparse.Namespace) -> int:
    match arguments.command:
        case "tools":
            for name, path in ensure_tools().items():
                print(f"{name:28} {path}")
            return 0
        case "doctor":
            return doctor.main()
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
        sandbox.start(needed=SANDBOX_TOOLS)
        sandbox.ensure_stacks(STACKS)
    print(HOW_TO.format(endpoint=sandbox.endpoint))
    return 0


def _print_environment() -> int:
    sandbox = Sandbox(DIRECTORY)
    if not sandbox.running:
        raise SandboxError("no sandbox is running; start one with `make sandbox`")
    for key, value in sandbox.variables.items():
        print(f"export {key}={shlex.quote(value)}")
    foreign = dict.fromkeys([*FOREIGN_VARIABLES, *filter(is_foreign, os.environ)])
    print(f"unset {' '.join(foreign)}")
    return 0


def _preview(stack: str) -> int:
    """The plan of one stack, its policy results and its cost; the stack whose cluster it shares comes up first."""
    started = time.monotonic()
    owner = _owner_of(stack)
    # An owner is deployed, in a cluster; a plan alone needs none.
    with running_sandbox(DIRECTORY, PREVIEW_TOOLS if owner is None else SANDBOX_TOOLS) as sandbox:
        sandbox.ensure_stacks([stack] if owner is None else [owner, stack])
        if owner is not None:
            _note(f"{stack} lives on {owner}'s cluster: bringing {owner} up in the simulated cloud first")
            code = _ensure_up(sandbox, owner)
            if code:
                return code
        event_log = sandbox.directory / "preview-events.json"
        event_log.unlink(missing_ok=True)
        code = sandbox.run(_preview_command(stack, event_log))
        if code == 0:
            print(f"\n{report_for(event_log, stack)}\n", flush=True)
            REPORTS.mkdir(exist_ok=True)
            write_html(stack, str(event_log), REPORTS / f"cost-{stack}.html")
    _note(f"preview of {stack} against the simulated cloud took {time.monotonic() - started:.1f} s")
    return code


def _preview_command(stack: str, event_log: Path) -> list[str]:
    policies = ["--policy-pack", "policies"]
    if (PROJECT_ROOT / POLICY_CONFIGS / f"{stack}.json").exists():
        policies += ["--policy-pack-config", f"{POLICY_CONFIGS}/{stack}.json"]
    # On a terminal the engine draws a tree that moves; elsewhere each line stays, so only the result is printed.
    quiet = [] if sys.stdout.isatty() else ["--non-interactive", "--suppress-progress", "--color", "never"]
    return ["pulumi", "preview", "--stack", stack, *policies, "--event-log", str(event_log), *quiet]


def _ensure_up(sandbox: Sandbox, stack: str) -> int:
    result = sandbox.pulumi("up", "--yes", "--skip-preview", "--stack", stack, "--suppress-progress")
    if result.returncode:
        print(result.stdout + result.stderr, file=sys.stderr)
    return result.returncode


def _owner_of(stack: str) -> str | None:
    """The stack whose cluster this one shares. Raises `StackFileError` for a stack without a file."""
    # A wrong document is reported by the program itself, in the preview that follows.
    try:
        settings = settings_of(stack)
    except SettingsError:
        return None
    return settings.cluster.owner_stack if isinstance(settings.cluster, SharedCluster) else None


def _note(text: str) -> None:
    print(f"sandbox: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    # Absolute imports of the project's packages need its root first, also when started from elsewhere.
    sys.path.insert(0, str(Path(PROJECT_ROOT)))
    sys.exit(main())
