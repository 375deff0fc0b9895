"""Commands about telemetry that nobody asks for."""

from typing import Annotated

import typer

from ops.cli.options import Connected, Group, Hours, Json, Yes

Days = Annotated[int, typer.Option(min=1, max=90, help="How many days of the query log are read.")]
Limit = Annotated[int, typer.Option(min=1, max=10_000, help="How many proposals are shown.")]
Apply = Annotated[
    bool, typer.Option("--apply", help="Write them into the stack's file, after the plan and a question.")
]

commands = Group(panel="Reviews and tuning")
logs = commands.group("logs", "Log lines by their form.", "logs patterns --stack prod")
traces = commands.group("traces", "Which traces are kept.", "traces advice --stack prod --gb-per-day 5")
metrics = commands.group("metrics", "Metrics that nobody asks for.", "metrics unused --stack prod")


@metrics.command("unused", "metrics unused --stack prod", "metrics unused --stack prod --days 30 --apply")
def metrics_unused(
    platform: Connected,
    days: Days = 7,
    limit: Limit = 20,
    apply: Apply = False,
    yes: Yes = False,
    json: Json = False,
) -> int:
    """Series and labels that no dashboard, rule, alert or query of the last days asks for, with what they cost and how
    to leave them out."""
    from ops.savings.metrics_report import metrics_unused

    return metrics_unused(platform, days=days, limit=limit, write=apply, yes=yes, as_json=json)


@logs.command("patterns", "logs patterns --stack prod", "logs patterns --stack prod --service api-gateway --apply")
def logs_patterns(
    platform: Connected,
    hours: Hours = 24,
    service: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Only this service; may be repeated; default: all.")
    ] = None,
    limit: Limit = 20,
    apply: Apply = False,
    yes: Yes = False,
    json: Json = False,
) -> int:
    """What log lines look like, by service, with bytes, dollars and a rule to thin out what there is most of; never
    warnings and errors."""
    from ops.savings.log_report import logs_patterns

    return logs_patterns(platform, hours=hours, services=service or [], limit=limit, write=apply, yes=yes, as_json=json)


@traces.command(
    "advice", "traces advice --stack prod --gb-per-day 5", "traces advice --stack prod --gb-per-day 5 --apply"
)
def traces_advice(
    platform: Connected,
    gb_per_day: Annotated[
        float, typer.Option(min=0.001, metavar="GB", help="What Tempo shall receive in a day, uncompressed.")
    ],
    hours: Hours = 24,
    apply: Apply = False,
    yes: Yes = False,
    json: Json = False,
) -> int:
    """Shares of ordinary traces that meet a target of bytes, from what the sampler kept and dropped; every error and
    slow trace is kept."""
    from ops.savings.traces_advice import traces_advice

    return traces_advice(platform, gb_per_day=gb_per_day, hours=hours, write=apply, yes=yes, as_json=json)
