"""The command that sends load."""

from typing import Annotated

import typer

from ops.cli.options import Connected, Group, Json

commands = Group(panel="Reviews and tuning")


@commands.command("load-test", "load-test --stack dev --rate 1000 --seconds 60 --yes")
def load_test(
    platform: Connected,
    rate: Annotated[float, typer.Option(min=0.1, max=100_000, help="Requests a second; each is one trace.")] = 1000,
    seconds: Annotated[float, typer.Option(min=0.1, max=86_400, help="How long.")] = 60,
    spans: Annotated[int, typer.Option(min=1, max=1000, help="Spans of one trace.")] = 8,
    connections: Annotated[int, typer.Option(min=1, max=1000, help="Connections at once.")] = 32,
    find_seconds: Annotated[float, typer.Option(min=0, max=3600, help="How long to look for what was sent.")] = 120,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask before sending.")] = False,
    json: Json = False,
) -> int:
    """Traces at a fixed rate to the platform's OTLP endpoint: latency, refusals, and whether they can be found
    afterwards. Says what it sends and asks."""
    from ops.load.load_test import show_load_test
    from ops.load.otlp_load import LoadPlan

    plan = LoadPlan(rate, seconds, spans, connections, platform.options.timeout_seconds)
    return show_load_test(platform, plan, find_seconds, yes=yes, as_json=json)
