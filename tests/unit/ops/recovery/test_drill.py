"""`dr-test --run` with a stand-in for pulumi and buckets in moto: refusals, every failure, what the report says."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ops.backends.errors import LiveError
from ops.errors import CommandError
from ops.recovery.drill import MARKER_KEY, run_drill
from planning.buckets import BucketPurpose
from tests.unit.ops.running import run

pytestmark = pytest.mark.usefixtures("alone")

ACCOUNT = "123456789012"
Tools = Callable[[str, str], Path]
TENANT_STACK_LIVES = [{"name": "organization/lgtm/dev", "resourceCount": 90}]
TENANT_STACK_DOWN = [{"name": "dev", "resourceCount": 0}, {"name": "staging", "resourceCount": 178}]

# Keeps a log of its calls; `fails` is the word in whose presence it ends with 255.
PULUMI = """
import json
open({log!r}, "a").write(" ".join(arguments) + "\\n")
if "ls" in arguments:
    print(json.dumps({listed!r}))
elif "export" in arguments:
    print('{{"deployment": {{"resources": [1]}}}}')
elif "--preview-only" in arguments:
    print("would delete")
if {fails!r} and {fails!r} in " ".join(arguments):
    sys.exit(255)
"""


@pytest.fixture
def buckets(s3: Any) -> list[str]:
    """The buckets of staging, empty."""
    kept = [purpose for purpose in BucketPurpose if purpose is not BucketPurpose.PROFILES]
    names = [f"acme-monitoring-staging-{purpose}-{ACCOUNT}" for purpose in kept]
    for name in names:
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    return names


@pytest.fixture
def pulumi(tools: Tools, tmp_path: Path) -> Callable[..., Path]:
    """`pulumi(fails="up ")` puts a stand-in on PATH; returns its log."""

    def put(fails: str = "", listed: Any = TENANT_STACK_DOWN) -> Path:
        log = tmp_path / "pulumi.log"
        tools("pulumi", PULUMI.format(log=str(log), fails=fails, listed=listed))
        return log

    return put


def _report(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def test_a_drill_from_end_to_end(pulumi: Callable[..., Path], buckets: list[str], s3: Any, tmp_path: Path) -> None:
    log, report = pulumi(), tmp_path / "reports" / "drill.json"
    ran = run("dr-test", "--run", "--yes", "--stack", "staging", "--report", str(report))
    assert ran.code == 0, ran.out + ran.err
    assert re.search(r"every bucket kept its data; the platform was back [\d.]+ minutes after its cluster was", ran.out)
    done = _report(report)
    assert done["passed"]
    assert len(done["steps"]) == 7
    calls = log.read_text(encoding="utf-8").splitlines()
    assert [call.split()[0] for call in calls] == ["stack", "destroy", "stack", "destroy", "up", "up"]
    destroyed = [call for call in calls if call.startswith("destroy")]
    assert all("--target **EksCluster** --target-dependents" in call for call in destroyed)
    assert "--preview-only" in destroyed[0]
    state = tmp_path / "reports" / "drill-state.json"
    assert json.loads(state.read_text(encoding="utf-8"))["deployment"]["resources"] == [1]
    assert state.stat().st_mode & 0o077 == 0
    assert all("Contents" not in s3.list_objects_v2(Bucket=bucket) for bucket in buckets)


@pytest.mark.parametrize(
    ("fails", "steps", "says"),
    [
        ("destroy --target **EksCluster** --target-dependents --yes", 2, "to go on: pulumi up --stack staging"),
        ("up --yes --skip-preview --stack staging", 4, "to go on: pulumi up --stack staging"),
        ("--expect-no-changes", 6, "the markers are at recovery-drill/marker"),
    ],
)
def test_a_step_that_fails_stops_the_drill(
    fails: str, steps: int, says: str, pulumi: Callable[..., Path], buckets: list[str], s3: Any, tmp_path: Path
) -> None:
    pulumi(fails)
    report = tmp_path / "drill.json"
    ran = run("dr-test", "--run", "--yes", "--stack", "staging", "--report", str(report))
    assert ran.code == 1
    assert "the drill failed" in ran.out
    assert says in ran.out
    done = _report(report)
    assert (done["passed"], len(done["steps"])) == (False, steps)
    assert "ended with 255" in done["steps"][-1]["failure"]
    # What was written before stays to be looked at.
    assert all(s3.head_object(Bucket=bucket, Key=MARKER_KEY) for bucket in buckets)
    assert (done["recovery_seconds"] is None) is (steps < 6)


def test_a_bucket_that_was_emptied_meanwhile_is_found(
    pulumi: Callable[..., Path], buckets: list[str], s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ops.recovery import drill

    pulumi()
    real = drill._pulumi  # pyright: ignore[reportPrivateUsage]

    def destroying(project: Path, *arguments: str) -> None:
        real(project, *arguments)
        if "--yes" in arguments and arguments[0] == "destroy":
            s3.delete_object(Bucket=buckets[0], Key=MARKER_KEY)

    monkeypatch.setattr(drill, "_pulumi", destroying)
    report = tmp_path / "drill.json"
    assert run("dr-test", "--run", "--yes", "--stack", "staging", "--report", str(report)).code == 1
    last = _report(report)["steps"][-1]
    assert last["name"] == "markers without a cluster"
    assert "NoSuchKey" in last["failure"]


def test_a_bucket_that_is_missing_destroys_nothing(pulumi: Callable[..., Path], s3: Any, tmp_path: Path) -> None:
    log = pulumi()
    ran = run("dr-test", "--run", "--yes", "--stack", "staging", "--report", str(tmp_path / "drill.json"))
    assert ran.code == 1
    assert "nothing was destroyed" in ran.out
    assert not [
        call for call in log.read_text(encoding="utf-8").splitlines() if call.startswith(("destroy --yes", "up"))
    ]


def test_an_interrupted_drill_says_how_to_go_on(
    pulumi: Callable[..., Path], buckets: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ops.recovery import drill

    pulumi()
    real = drill._pulumi  # pyright: ignore[reportPrivateUsage]

    def interrupted(project: Path, *arguments: str) -> None:
        if arguments[0] == "up":
            raise KeyboardInterrupt
        real(project, *arguments)

    monkeypatch.setattr(drill, "_pulumi", interrupted)
    ran = run("dr-test", "--run", "--yes", "--stack", "staging", "--report", str(tmp_path / "drill.json"))
    assert ran.code == 1
    assert "interrupted" in ran.out
    assert "to go on: pulumi up --stack staging" in ran.out


@pytest.mark.parametrize(
    ("stack", "listed", "says"),
    [
        ("prod", TENANT_STACK_DOWN, "prod has storage.protect true, so its cluster refuses to go"),
        ("dev", TENANT_STACK_DOWN, "dev has cluster.mode shared: its cluster isn't its own to destroy"),
        (
            "staging",
            TENANT_STACK_LIVES,
            "on the cluster of staging lives dev: bring it down first: pulumi destroy --stack dev",
        ),
        ("staging", [{"name": "dev"}], "on the cluster of staging lives dev"),
    ],
)
def test_stacks_that_are_refused(stack: str, listed: Any, says: str, pulumi: Callable[..., Path]) -> None:
    log = pulumi(listed=listed)
    ran = run("dr-test", "--run", "--yes", "--stack", stack)
    assert ran.code == 2
    assert says in ran.err
    assert "destroy" not in (log.read_text(encoding="utf-8") if log.exists() else "")


def test_nobody_who_could_be_asked(pulumi: Callable[..., Path], buckets: list[str], tmp_path: Path) -> None:
    log, report = pulumi(), tmp_path / "drill.json"
    ran = run("dr-test", "--run", "--stack", "staging", "--report", str(report))
    assert ran.code == 1
    assert "nothing was done (--yes doesn't ask)" in ran.err
    assert not report.exists()
    assert "--skip-preview" not in log.read_text(encoding="utf-8")


def test_options_of_a_drill_without_one() -> None:
    ran = run("dr-test", "--stack", "staging", "--yes")
    assert (ran.code, ran.err) == (
        2, "error: --report and --yes belong to --run: without it nothing is destroyed\n",
    )  # fmt: skip


def test_a_list_of_stacks_that_is_none(tools: Tools) -> None:
    tools("pulumi", "print('garbage')")
    with pytest.raises(LiveError, match="stack ls is not JSON"):
        run_drill("staging", None, yes=True)


def test_a_report_that_cannot_be_written(pulumi: Callable[..., Path], buckets: list[str], tmp_path: Path) -> None:
    pulumi()
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(CommandError, match="can't be written"):
        run_drill("staging", tmp_path / "file" / "drill.json", yes=True)
