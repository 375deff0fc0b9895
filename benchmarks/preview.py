"""`python -m benchmarks.preview`: wall time of `pulumi preview` for prod against an empty program, and import time.

The empty program on the same engine is the floor: what is above it is ours. Prints the median of several runs.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from sandbox.bootstrap.paths import PROJECT_ROOT, VENV_BIN
from sandbox.session import Sandbox

FACTOR, ALLOWANCE_SECONDS = 2.5, 6.0
IMPORTS = ("pulumi", "pulumi_aws", "pulumi_kubernetes", "settings", "planning.tiers", "telemetry", "components")


def main() -> int:
    """Measures and prints; exits 1 when a preview fails."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.preview", description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="timed runs of each after one warm-up (default 5)")
    parser.add_argument("--stack", default="prod", help="which stack to preview (default prod)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        floor_project = _empty_project(Path(folder) / "empty")
        sandbox = Sandbox(Path(folder) / "sandbox")
        sandbox.start(owner_pid=os.getpid())
        floor_sandbox = Sandbox(sandbox.directory, project=floor_project)
        try:
            sandbox.ensure_stacks([arguments.stack])
            floor_sandbox.ensure_stacks([arguments.stack])
            floor = _median("empty program", floor_sandbox, arguments.stack, arguments.runs)
            plain = _median("preview", sandbox, arguments.stack, arguments.runs)
            judged = _median(
                "preview with the policy pack", sandbox, arguments.stack, arguments.runs, "--policy-pack", "policies"
            )
        finally:
            sandbox.stop()
    limit = FACTOR * floor + ALLOWANCE_SECONDS
    print(f"limit: {FACTOR} x floor + {ALLOWANCE_SECONDS:g} s = {limit:.2f} s")
    print(f"preview is at {plain / limit:.0%} of it, with the policy pack at {judged / limit:.0%}")
    _print_imports()
    return 0


def _empty_project(folder: Path) -> Path:
    folder.mkdir()
    text = (PROJECT_ROOT / "Pulumi.yaml").read_text(encoding="utf-8").replace("name: lgtm", "name: empty")
    (folder / "Pulumi.yaml").write_text(text, encoding="utf-8")
    (folder / "__main__.py").write_text('"""Nothing: the floor."""\n\nimport pulumi  # noqa: F401\n', encoding="utf-8")
    (folder / ".venv").symlink_to(PROJECT_ROOT / ".venv")
    return folder


def _median(label: str, sandbox: Sandbox, stack: str, runs: int, *arguments: str) -> float:
    seconds: list[float] = []
    for _ in range(runs + 1):
        started = time.perf_counter()
        result = sandbox.pulumi("preview", "--stack", stack, *arguments)
        seconds.append(time.perf_counter() - started)
        if result.returncode:
            print(result.stdout + result.stderr, file=sys.stderr)
            raise SystemExit(1)
    timed = seconds[1:]
    print(f"{label:30} median {statistics.median(timed):6.2f} s   (min {min(timed):.2f}, max {max(timed):.2f})")
    return statistics.median(timed)


def _print_imports() -> None:
    for module in IMPORTS:
        started = time.perf_counter()
        subprocess.run([str(VENV_BIN / "python"), "-c", f"import {module}"], cwd=PROJECT_ROOT, check=True)
        print(f"import {module:24} {time.perf_counter() - started:6.2f} s")


if __name__ == "__main__":
    if shutil.which("pulumi") is None and not (PROJECT_ROOT / ".venv").exists():
        sys.exit("run `make setup` first")
    sys.exit(main())
