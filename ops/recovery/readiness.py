"""`dr-test`: whether a stack could be brought back after a loss: what is lost in each, and what stands in the way.

Nothing is destroyed here: the checks read the exported state and the buckets. The drill itself is `ops.recovery.drill`.
"""

from collections.abc import Iterator
from pathlib import Path

from ops.backends.errors import LiveError
from ops.backends.pulumi import Resource, resources
from ops.checks.health import failed
from ops.recovery.backups import verify
from ops.recovery.rpo_rto import losses
from ops.report.checks import Check, Report, State
from ops.report.model import Block, Bullets, Text, document, strong, table
from ops.report.output import Answer
from ops.stacks import settings_of
from planning.aws.types import BUCKET, RANDOM_PASSWORD
from settings.models.platform import PlatformSettings
from settings.project import project_root


def plan(settings: PlatformSettings, stack: str) -> tuple[Block, ...]:
    """What is lost when, and the steps of a drill."""
    if settings.storage.protect:
        note = "storage.protect is on, so --run refuses: make a stack for the drill from this one's file, with it off"
    else:
        note = "storage.protect is off: only the cluster and what is on it goes, buckets aren't among the targets"
    steps = (
        f"python -m ops backups verify --stack {stack}               # buckets must be able to survive",
        f"python -m ops dr-test --run --stack {stack}                # the cluster goes and comes back to its buckets",
        f"python -m ops health --stack {stack}",
        f"python -m ops load-test --stack {stack} --seconds 10 --yes # new data is taken and found",
    )
    return (
        table(("loss of", "what is lost", "recovery point", "recovery time"), losses(settings)),
        Bullets(title=f"steps of a drill ({note}):", items=steps, numbered=True),
    )


def recovery_checks(stack: str, project: Path | None = None) -> Report:
    """Whether the state and the backups would carry a recovery."""
    project = project or project_root()
    settings = settings_of(stack, project)
    checks: list[Check] = []
    try:
        checks += _from_state(settings, resources(stack, project))
    except LiveError as error:
        checks.append(failed("state", error))
    checks += verify(stack, project).checks
    return Report(title=f"Recovery of {stack}", checks=tuple(checks))


def _from_state(settings: PlatformSettings, found: tuple[Resource, ...]) -> Iterator[Check]:
    if not found:
        yield Check(name="state", state=State.FINDING, detail="it has no resources", advice="pulumi up first")
        return
    yield Check(name="state", state=State.OK, detail=f"{len(found)} resources can be exported")
    buckets = [one for one in found if one.type == BUCKET]
    loose = [one.urn.rpartition("::")[2] for one in buckets if not (one.protect and one.retain_on_delete)]
    if settings.storage.protect and loose:
        advice = f"pulumi up brings protection back: storage.protect is set, and these lack it: {', '.join(loose)}"
        yield Check(name="bucket protection", state=State.FINDING, detail=f"{len(loose)} unprotected", advice=advice)
    elif loose or not buckets:
        said = "storage.protect is off: pulumi destroy deletes the buckets with their objects"
        yield Check(name="bucket protection", state=State.UNKNOWN, detail=said)
    else:
        yield Check(name="bucket protection", state=State.OK, detail=f"all {len(buckets)} are protected and retained")
    if any(one.type == RANDOM_PASSWORD for one in found):
        said = "Grafana's password is in the state: it comes back the same"
        yield Check(name="Grafana password", state=State.OK, detail=said)


def recovery(stack: str) -> Answer:
    """Plan and checks."""
    settings, report = settings_of(stack), recovery_checks(stack)
    return Answer(
        {"losses": [one._asdict() for one in losses(settings)], "report": report},
        lambda: document("", *plan(settings, stack), Text(words=strong(report.title)), report),
        report.exit_code,
    )
