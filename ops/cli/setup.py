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
