"""Commands that check a stack and change nothing."""

from pathlib import Path
from typing import Annotated

import typer

from ops.cli.options import Connected, Group, Hours, Json, Kubeconfig, Stack

commands = Group(panel="A running platform")


@commands.command(
    "health",
    "health --stack prod",
    "health --stack dev --endpoint loki=http://localhost:3100 --json",
)
def health(platform: Connected, json: Json = False) -> int:
    """Whether every part answers, has its ring members and pods, is scraped, and whether alerts fire."""
    from ops.checks.health import health
    from ops.report.checks import show

    return show(health(platform), as_json=json)


@commands.command("connectivity", "connectivity --stack prod --ca-file ca.pem")
def connectivity(platform: Connected, json: Json = False) -> int:
    """The way to each service hop by hop: name, TCP, TLS, HTTP; and the ways inside the cluster."""
    from ops.checks.connectivity import connectivity
    from ops.report.checks import show

    return show(connectivity(platform), as_json=json)


@commands.command("performance", "performance --stack prod --hours 24")
def performance(platform: Connected, hours: Hours = 1, json: Json = False) -> int:
    """Query latency by back end, ingestion and errors, against the published targets."""
    from ops.checks.performance import performance
    from ops.report.checks import show

    return show(performance(platform, hours), as_json=json)


@commands.command("validate", "validate --stack prod", "validate --stack prod --collector ./otelcol-contrib")
def validate(
    stack: Stack,
    collector: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A collector whose own `validate` reads both configurations.")
    ] = None,
    json: Json = False,
) -> int:
    """A stack's file, every configuration rendered from it, and its chart mirror; asks no platform."""
    from ops.checks.validate import validate
    from ops.report.checks import show

    return show(validate(stack, collector=collector), as_json=json)


@commands.command("upgrade-check", "upgrade-check --stack prod --online")
def upgrade_check(
    stack: Stack,
    online: Annotated[bool, typer.Option("--online", help="Ask the chart repositories, by helm.")] = False,
    kubeconfig: Kubeconfig = None,
    json: Json = False,
) -> int:
    """What goes out of support when, and which newer charts there are."""
    from ops.backends.kubernetes import Kubernetes
    from ops.checks.upgrade_check import upgrade_check
    from ops.report.checks import show

    cluster = Kubernetes(kubeconfig) if kubeconfig else None
    return show(upgrade_check(stack, online=online, kubernetes=cluster), as_json=json)
