"""Commands around a platform's start: services connected, a local platform."""

from pathlib import Path
from typing import Annotated

import typer

from ops.cli.options import Answered, Group, Stack

commands = Group(panel="Setting up")


@commands.command(
    "integrate",
    "integrate api-gateway --stack prod",
    "integrate api-gateway --stack prod --kind kubernetes --output build/api-gateway",
)
def integrate(
    service: Annotated[str, typer.Argument(metavar="SERVICE", help="Name of a service in the stack's settings.")],
    stack: Stack,
    kind: Annotated[str, typer.Option(help="all, python, go, env, logs or kubernetes.")] = "all",
    output: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write files instead of printing; none is overwritten.")
    ] = None,
    spans_per_second: Annotated[
        float | None, typer.Option(min=0.01, help="What the service sends; default: its part of the stack's workload.")
    ] = None,
) -> Answered:
    """How a configured service connects: SDK set-up, environment, Deployment patch and log format with the stack's
    own addresses, and whether it should sample by itself."""
    from ops.setup.integrate import integration

    return integration(service, stack, kind=kind, output=output, spans_per_second=spans_per_second)


@commands.command("images", "images --stack prod", "images --stack prod --json")
def images(stack: Stack) -> Answered:
    """Every container image that a stack runs: tag, digest if the stack names one, and the key that names it."""
    from ops.setup.images import images

    return images(stack)


@commands.command(
    "node-pool",
    "node-pool --stack prod --type m7g.large --type m7g.xlarge --type c7g.xlarge | kubectl apply -f -",
)
def node_pool(
    stack: Stack,
    types: Annotated[
        list[str] | None,
        typer.Option(
            "--type",
            metavar="TYPE",
            help="Instance type of the pool: at least three, none burstable; default: m7g and c7g, large and xlarge.",
        ),
    ] = None,
    capacity: Annotated[str, typer.Option(help="spot, on-demand or both.")] = "both",
) -> Answered:
    """A Karpenter NodePool and EC2NodeClass for a stack's pods, for a cluster that runs Karpenter. Their limits are
    computed from the budget: the largest bill that the pool can reach stays within it, or the command says no."""
    from ops.setup.node_pool import karpenter_pool

    return karpenter_pool(stack, types or [], capacity)


@commands.command("local", "local --stack dev --output build/local")
def local(
    stack: Stack,
    output: Annotated[Path, typer.Option(metavar="DIR", help="Directory to write to.")] = Path("build/local"),
) -> None:
    """The platform on this machine: writes one Docker Compose file with the configuration of Loki, Tempo, Mimir,
    Grafana, the collector and an S3 server, and generated secrets."""
    from ops.report.terminal import show
    from ops.setup.local import write_local_platform

    show(write_local_platform(stack, output))
