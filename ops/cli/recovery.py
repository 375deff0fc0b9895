"""Commands about loss and recovery: backups, the drill, what is there already taken into a stack."""

from pathlib import Path
from typing import Annotated

import typer

from ops.cli.options import Answered, Group, Json, Stack

commands = Group(panel="Loss and recovery")
backups = commands.group("backups", "What would be left after a loss.", "backups verify --stack prod")
volumes = commands.group("volumes", "The volumes of a running stack.", "volumes grow --stack prod")
imports = commands.group(
    "import", "Existing buckets or an existing cluster into a stack.", "import buckets --stack prod"
)


@backups.command("verify", "backups verify --stack prod")
def backups_verify(stack: Stack) -> Answered:
    """Buckets (versions, lifecycle rules, encryption, age of the last object), volume snapshots and Pulumi's state.
    Needs boto3 and AWS credentials; nothing is changed."""
    from ops.recovery.backups import verify

    return verify(stack)


@commands.command("recover", "recover --stack prod", "recover --stack prod --apply --lost runner")
def recover(
    stack: Stack,
    apply: Annotated[bool, typer.Option("--apply", help="Free it; asks first, or --yes.")] = False,
    lost: Annotated[
        list[str] | None,
        typer.Option(
            metavar="USER[@HOST]",
            help="Whose update on another machine is known to have ended, such as a CI runner's; may be repeated.",
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask before the stack is freed.")] = False,
    json: Json = False,
) -> int:
    """What a killed `up` or `destroy` left in the way of the next one: its lock, begun operations, Helm releases that
    are half-installed or unknown to the state. With --apply it is freed; no volume, bucket or object is deleted, and
    the state before is kept in build/. Refused while the update may be at work."""
    from ops.recovery.recover import recover as free

    return free(stack, apply=apply, lost=tuple(lost or ()), yes=yes, as_json=json)


@volumes.command("grow", "volumes grow --stack prod", "volumes grow --stack prod --apply")
def volumes_grow(
    stack: Stack,
    apply: Annotated[bool, typer.Option("--apply", help="Grow them; asks first, or --yes.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask before volumes grow.")] = False,
    json: Json = False,
) -> int:
    """Volumes that are smaller than the stack file's `volume_gib`, which `pulumi up` alone can't change. With --apply
    their claims grow and their StatefulSets are made anew around the running pods; then `pulumi up`. Safe to repeat;
    refused for a size that is smaller than a volume, and while an update is at work."""
    from ops.recovery.volumes import grow

    return grow(stack, apply=apply, yes=yes, as_json=json)


@commands.command("dr-test", "dr-test --stack prod", "dr-test --stack staging --run --report drill.json")
def dr_test(
    stack: Stack,
    drill: Annotated[
        bool, typer.Option("--run", help="Destroy the cluster and bring it back; asks first, or --yes.")
    ] = False,
    report: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Report of the drill, as JSON; default build/recovery-<stack>.json."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask before the cluster is destroyed.")] = False,
    json: Json = False,
) -> int:
    """What each loss would take and how long recovery takes, and whether state and backups would carry it; nothing is
    destroyed. With --run the drill itself: the stack's cluster is destroyed and brought back, and every bucket must
    keep its data. Refused where storage.protect is on, for tenant stacks and for clusters with tenant stacks."""
    if drill:
        from ops.recovery.drill import run_drill

        return run_drill(stack, report, yes=yes, as_json=json)
    if report is not None or yes:
        from ops.errors import CommandError

        raise CommandError("--report and --yes belong to --run: without it nothing is destroyed")
    from ops.recovery.readiness import recovery
    from ops.report.output import show_answer

    return show_answer(recovery(stack), as_json=json)


@imports.command("buckets", "import buckets --stack prod --output import.json")
def import_buckets(
    stack: Stack,
    output: Annotated[Path | None, typer.Option(metavar="FILE", help="The import file to write.")] = None,
) -> Answered:
    """Which of the stack's buckets are there already, and the file for `pulumi import --file` that takes them over.
    Needs boto3 and AWS credentials."""
    from ops.recovery.importing import import_buckets

    return import_buckets(stack, output)


@imports.command("cluster", "import cluster --stack dev --context kind-dev --storage-class standard")
def import_cluster(
    stack: Stack,
    context: Annotated[str, typer.Option(help="kubeconfig context of the cluster.")],
    eks_cluster_name: Annotated[
        str | None, typer.Option(help="Name of the EKS cluster behind it; none: an S3-compatible server is needed.")
    ] = None,
    storage_class: Annotated[str, typer.Option(help="StorageClass for data volumes.")] = "standard",
) -> Answered:
    """The settings that make a stack use a cluster which is there already."""
    from ops.recovery.importing import import_cluster

    return import_cluster(stack, context, eks_cluster_name, storage_class)
