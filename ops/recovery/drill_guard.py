"""What must hold before the cluster of a stack may be destroyed in a drill."""

from pathlib import Path

from ops.backends.pulumi import stacks
from ops.errors import CommandError
from ops.stacks import settings_of
from settings.models.cluster import EksCluster, SharedCluster
from settings.models.platform import PlatformSettings


def refuse_unsafe(stack: str, settings: PlatformSettings, project: Path) -> None:
    """Raises `CommandError` for a stack whose cluster isn't its own, is protected, or has tenant stacks."""
    if not isinstance(settings.cluster, EksCluster):
        raise CommandError(
            f"{stack} has cluster.mode {settings.cluster.mode}: its cluster isn't its own to destroy; "
            "a drill needs cluster.mode eks"
        )
    if settings.storage.protect:
        raise CommandError(
            f"{stack} has storage.protect true, so its cluster refuses to go: make a stack for the drill from its "
            "file, with storage.protect false, and run the drill there"
        )
    living = [name for name in _tenant_stacks(stack, project) if name in _stacks_with_resources(project)]
    if living:
        raise CommandError(
            f"on the cluster of {stack} lives {', '.join(living)}: bring it down first: "
            f"pulumi destroy --stack {living[0]}"
        )


def _tenant_stacks(stack: str, project: Path) -> list[str]:
    names = sorted(path.name.split(".")[1] for path in project.glob("Pulumi.*.yaml"))
    clusters = {name: settings_of(name, project).cluster for name in names if name != stack}
    return [
        name
        for name, cluster in clusters.items()
        if isinstance(cluster, SharedCluster) and cluster.owner_stack.rpartition("/")[2] == stack
    ]


def _stacks_with_resources(project: Path) -> set[str]:
    """A stack whose number of resources isn't told counts as one that has some."""
    return {one.name.rpartition("/")[2] for one in stacks(project) if one.resource_count != 0}
