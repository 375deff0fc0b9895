"""Commands that check a stack and change nothing."""

from pathlib import Path
from typing import Annotated

import typer

from ops.cli.options import Answered, Connected, Group, Hours, Kubeconfig, Stack

commands = Group(panel="A running platform")


@commands.command(
    "health",
    "health --stack prod",
    "health --stack dev --endpoint loki=http://localhost:3100 --json",
)
def health(platform: Connected) -> Answered:
    """Whether every part answers, has its ring members and pods, is scraped, and whether alerts fire."""
    from ops.checks.health import health

    return health(platform)


@commands.command("connectivity", "connectivity --stack prod --ca-file ca.pem")
def connectivity(platform: Connected) -> Answered:
    """The way to each service hop by hop: name, TCP, TLS, HTTP; and the ways inside the cluster."""
    from ops.checks.connectivity import connectivity

    return connectivity(platform)


@commands.command("performance", "performance --stack prod --hours 24")
def performance(platform: Connected, hours: Hours = 1) -> Answered:
    """Query latency by back end, ingestion and errors, against the published targets."""
    from ops.checks.performance import performance

    return performance(platform, hours)


@commands.command(
    "validate", "validate --stack prod", "validate --stack prod --aws", "validate --stack prod --collector ./otelcol"
)
def validate(
    stack: Stack,
    collector: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A collector whose own `validate` reads both configurations.")
    ] = None,
    fix: Annotated[bool, typer.Option("--fix", help="Write the policies' limits anew from the stack file.")] = False,
    aws: Annotated[bool, typer.Option("--aws", help="Look at the network of network.existing too, in AWS.")] = False,
) -> Answered:
    """A stack before it is planned: its file, whether load, nodes and budget fit, the policies' limits, every
    configuration rendered from it, and its chart mirror; asks no platform, and AWS only with --aws."""
    from ops.checks.validate import validate

    return validate(stack, collector=collector, fix=fix, aws=aws)


@commands.command("upgrade-check", "upgrade-check --stack prod --online")
def upgrade_check(
    stack: Stack,
    online: Annotated[bool, typer.Option("--online", help="Ask the chart repositories, by helm.")] = False,
    kubeconfig: Kubeconfig = None,
) -> Answered:
    """What goes out of support when, and which newer charts there are."""
    from ops.backends.kubernetes import Kubernetes
    from ops.checks.upgrade_check import upgrade_check

    cluster = Kubernetes(kubeconfig) if kubeconfig else None
    return upgrade_check(stack, online=online, kubernetes=cluster)
