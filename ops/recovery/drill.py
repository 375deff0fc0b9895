"""`dr-test --run`: the drill. The cluster part of a stack is destroyed and brought back; its buckets must not notice.

What happens is `pulumi destroy --target '**EksCluster**' --target-dependents` and `pulumi up`, as a person would do it,
with a marker object in every bucket before, and a look at them after each step.
Source: Pulumi documentation, "pulumi destroy", `--target-dependents` and `--preview-only` (2026).
"""

import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from ops.backends.aws import asking, bucket_names, client
from ops.backends.errors import LiveError, Problem
from ops.backends.tools import run_tool, tool_path
from ops.confirmation import confirmed
from ops.errors import CommandError
from ops.progress import at_work, say
from ops.recovery.drill_guard import refuse_unsafe
from ops.report.model import Document, Text, Tone, document, table
from ops.report.output import Answer, show_answer
from ops.stacks import settings_of
from planning.base import Frozen
from planning.buckets import BucketPurpose
from settings.project import project_root

# No application's prefix, so that no compactor looks at it.
MARKER_KEY = "recovery-drill/marker"
CLUSTER_TARGET = "**EksCluster**"
# EKS itself takes 10 minutes to come and 5 to go.
STEP_TIMEOUT_SECONDS = 2 * 3600
DONE, NOT_DONE = 0, 1


class Step(Frozen):
    """One step of a drill that was run."""

    name: str
    """What was done."""
    seconds: float
    """How long it took."""
    failure: str = ""
    """Why it failed; empty when it did not."""


class Drill(Frozen):
    """What a drill did."""

    stack: str
    """Pulumi stack."""
    started: datetime
    """UTC."""
    state_file: str
    """The state as it was before."""
    steps: tuple[Step, ...]
    """In order; the last one may have failed."""
    passed: bool
    """Whether every step was done."""
    recovery_seconds: float | None
    """From the destroyed cluster to the platform as it was: what `pulumi up` took. None when it did not come back."""
    to_go_on: str = ""
    """What to do after a failure."""

    def document(self, written: Path) -> Document:
        """As a table with a verdict, and the file that has it too."""
        rows = [(step.name, f"{step.seconds:,.0f} s", step.failure or "done") for step in self.steps]
        verdict = "the drill failed" if not self.passed else "every bucket kept its data"
        if self.passed and self.recovery_seconds is not None:
            verdict += f"; the platform was back {self.recovery_seconds / 60:,.1f} minutes after its cluster was gone"
        return document(
            f"Recovery drill of {self.stack}",
            table(("step", "took", "outcome"), rows, numbers=(1,)),
            Text(words=verdict, tone=Tone.GOOD if self.passed else Tone.BAD),
            *([Text(words=self.to_go_on)] if self.to_go_on else []),
            Text(words=f"written: {written}"),
        )


def run_drill(stack: str, report: Path | None, *, yes: bool, as_json: bool = False, project: Path | None = None) -> int:
    """Runs the drill; exit code 0 when it passed, 1 when it failed or was not wanted.

    Raises `CommandError` where a drill would be unsafe, `LiveError` where the stack can't be looked at.
    """
    project = project or project_root()
    refuse_unsafe(stack, settings_of(stack, project), project)
    report = report or project / "build" / f"recovery-{stack}.json"
    state_file = report.with_name(f"{report.stem}-state.json")
    say("drill", f"what would be destroyed, with everything that is on it; buckets of {stack} and their key are not:")
    _pulumi(project, "destroy", *_cluster(), "--preview-only", "--stack", stack)
    if not yes and not confirmed(f"destroy the cluster of {stack} and bring it back?"):
        print("nothing was done (--yes doesn't ask)", file=sys.stderr)
        return NOT_DONE
    _write(state_file, run_tool("pulumi", ["stack", "export", "--stack", stack], directory=project))
    done = _Run(stack, project, state_file).all()
    _write(report, done.model_dump_json(indent=2) + "\n")
    answer = Answer(done, lambda: done.document(report), DONE if done.passed else NOT_DONE)
    return show_answer(answer, as_json=as_json)


def _cluster() -> tuple[str, ...]:
    return ("--target", CLUSTER_TARGET, "--target-dependents")


class _Run:
    """The steps, each timed, up to the first that fails."""

    def __init__(self, stack: str, project: Path, state_file: Path) -> None:
        self._stack, self._project, self._state_file = stack, project, state_file
        self._started = datetime.now(UTC)
        self._settings = settings_of(stack, project)
        self._steps: list[Step] = []

    def all(self) -> Drill:
        """Every step. Never raises for a step that fails."""
        now = ("--yes", "--skip-preview", "--stack", self._stack)
        markers = _Markers(bucket_names(self._settings, self._stack), self._settings.region, self._started)
        steps: Mapping[str, Callable[[], object]] = {
            "a marker into every bucket": markers.write,
            "destroy the cluster": lambda: self._run("destroy", *_cluster(), *now),
            "markers without a cluster": markers.verify,
            "bring it back": lambda: self._run("up", *now),
            "markers with the new cluster": markers.verify,
            "a second up changes nothing": lambda: self._run("up", *now, "--expect-no-changes"),
            "take the markers away": markers.remove,
        }
        passed = all(self._step(name, step) for name, step in steps.items())
        back = next((step for step in self._steps if step.name == "bring it back" and not step.failure), None)
        return Drill(
            stack=self._stack,
            started=self._started,
            state_file=str(self._state_file),
            steps=tuple(self._steps),
            passed=passed,
            recovery_seconds=back.seconds if back else None,
            to_go_on="" if passed else self._to_go_on(),
        )

    def _step(self, name: str, step: Callable[[], object]) -> bool:
        at_work("drill", name)
        start, failure = time.monotonic(), ""
        try:
            step()
        except LiveError as error:
            failure = str(error)
        except KeyboardInterrupt:
            failure = "interrupted"
        self._steps.append(Step(name=name, seconds=time.monotonic() - start, failure=failure))
        return not failure

    def _run(self, command: str, *arguments: str) -> None:
        _pulumi(self._project, command, *arguments)

    def _to_go_on(self) -> str:
        if len(self._steps) == 1:
            return "nothing was destroyed"
        return (
            f"to go on: pulumi up --stack {self._stack}   # brings back what is missing, and is safe to repeat\n"
            f"the state before is in {self._state_file}, the markers are at {MARKER_KEY} in each bucket"
        )


class _Markers:
    """One small object in each bucket, whose content tells this drill's from an earlier one's."""

    def __init__(self, buckets: Mapping[BucketPurpose, str], region: str, started: datetime) -> None:
        self._buckets, self._s3 = tuple(buckets.values()), client("s3", region)
        self._content = f"recovery drill of {started.isoformat()}".encode()

    def write(self) -> None:
        for bucket in self._buckets:
            with asking(bucket):
                self._s3.put_object(Bucket=bucket, Key=MARKER_KEY, Body=self._content)

    def verify(self) -> None:
        """Reading also proves that the key, if there is one, still decrypts."""
        for bucket in self._buckets:
            with asking(bucket):
                found = self._s3.get_object(Bucket=bucket, Key=MARKER_KEY)["Body"].read()
            if found != self._content:
                raise LiveError(bucket, Problem.GARBAGE, f"{MARKER_KEY} is not what was written")

    def remove(self) -> None:
        for bucket in self._buckets:
            with asking(bucket):
                self._s3.delete_object(Bucket=bucket, Key=MARKER_KEY)


def _pulumi(project: Path, *arguments: str) -> None:
    """Runs pulumi and lets its own progress through, on standard error. Raises `LiveError` when it fails."""
    command = [tool_path("pulumi"), *arguments]
    try:
        done = subprocess.run(
            command, cwd=project, stdin=subprocess.DEVNULL, stdout=2, timeout=STEP_TIMEOUT_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise LiveError("pulumi", Problem.TIMEOUT, f"{arguments[0]} within {STEP_TIMEOUT_SECONDS} s") from None
    if done.returncode != 0:
        raise LiveError("pulumi", Problem.FAILED, f"{arguments[0]} ended with {done.returncode}; it says why above")


def _write(path: Path, text: str) -> None:
    """For this user only: a state names everything that the account has."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{path} can't be written: {error.strerror}") from None
