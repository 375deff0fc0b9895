"""Commands that review a platform over time and tune it; what they change is the stack's file, after they asked."""

from pathlib import Path
from typing import Annotated

import typer

from ops.cli.options import Answered, Connected, Group, Hours, Json, Project, Stack, Yes

Output = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Write there instead of standard output; HTML for names that end in .html."),
]

commands = Group(panel="Reviews and tuning")
reviews = commands.group(
    "review", "How the platform did, as a report.", "review weekly --stack prod --output week.html"
)
retention = commands.group(
    "retention",
    "How long signals are kept: every storage plan (the same as tiers), or a review of what it costs.",
    "retention --stack prod",
    "retention review --stack prod",
)
queries = commands.group("queries", "What people and dashboards ask.", "queries slow --stack prod")
dashboards = commands.group("dashboards", "Grafana's dashboards, which are code.", "dashboards optimise --stack prod")
cache = commands.group("cache", "Loki's query caches.", "cache status --stack prod")
sampling = commands.group(
    "sampling",
    "How hard ordinary traces are thinned; errors and slow ones are always kept.",
    "sampling validate --stack prod",
)
addons = commands.group("addons", "EKS's add-ons, of a stack with a cluster of its own.", "addons pin --stack prod")


@addons.command("pin", "addons pin --stack prod")
def addons_pin(stack: Stack, yes: Yes = False, json: Json = False) -> int:
    """Asks AWS for the default version of each add-on, and writes them into the stack's file: shows the difference,
    then asks. pulumi up deploys it."""
    from ops.tuning.addons import pin

    return pin(stack, yes=yes, as_json=json)


@reviews.command("weekly", "review weekly --stack prod --output review.html")
def review_weekly(platform: Connected, output: Output = None, json: Json = False) -> int:
    """Objectives, alerts, performance, cost, storage, slow queries and the services that send most, of a week."""
    from ops.tuning.review import write_review

    return write_review(platform, "weekly", output, as_json=json)


@reviews.command("monthly", "review monthly --stack prod --output review.html")
def review_monthly(platform: Connected, output: Output = None, json: Json = False) -> int:
    """Objectives, alerts, performance, cost, storage, slow queries and the services that send most, of a month."""
    from ops.tuning.review import write_review

    return write_review(platform, "monthly", output, as_json=json)


@retention.callback(invoke_without_command=True)
def retention_plans(
    context: typer.Context,
    stack: Annotated[str | None, typer.Option(help="Stack whose retention and workload are planned.")] = None,
    json: Json = False,
    _project: Project = None,
) -> None:
    """`retention` by itself."""
    if context.invoked_subcommand is not None:
        return
    from ops.cost.plans import tiers
    from ops.errors import CommandError
    from ops.report.output import show_answer

    if stack is None:
        raise CommandError("needed: --stack")
    show_answer(tiers(stack), as_json=json)


@retention.command("review", "retention review --stack prod")
def retention_review(stack: Stack) -> Answered:
    """What each signal's retention costs, and what a week more or less would change."""
    from ops.report.output import Answer
    from ops.tuning.retention_review import review

    found = review(stack)
    return Answer(found, found.document)


@queries.command("slow", "queries slow --stack prod --hours 24 --over 2")
def slow_queries(
    platform: Connected,
    hours: Hours = 24,
    over: Annotated[float, typer.Option(min=0, metavar="SECONDS", help="Only queries that took this long.")] = 2.0,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many to show.")] = 10,
    backend: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="loki, mimir or tempo; may be repeated; default: all.")
    ] = None,
) -> Answered:
    """The slowest queries by back end, from what the back ends log of each, with what might help."""
    from ops.tuning.slow_queries import slowest

    return slowest(platform, backend or (), hours=hours, over_seconds=over, limit=limit)


@dashboards.command("optimise", "dashboards optimise --stack prod")
def optimise_dashboards(platform: Connected) -> Answered:
    """Heavy and unused dashboards and panels, read from Grafana."""
    from ops.tuning.dashboards import optimise

    return optimise(platform)


@cache.command("status", "cache status --stack prod")
def cache_status(platform: Connected) -> Answered:
    """Size and hit ratio of both caches."""
    from ops.tuning.cache import cache_status

    return cache_status(platform)


@cache.command("enable", "cache enable --stack dev --chunks-mb 256 --results-mb 64")
def cache_enable(
    stack: Stack,
    chunks_mb: Annotated[int, typer.Option(min=0, max=65_536, help="Chunks cache, in MB.")] = 256,
    results_mb: Annotated[int, typer.Option(min=0, max=65_536, help="Results cache, in MB.")] = 64,
    yes: Yes = False,
    json: Json = False,
) -> int:
    """Sizes both caches in the stack's file: shows memory, dollars and the difference, then asks. 0 turns one off.
    pulumi up deploys it."""
    from ops.tuning.cache import enable

    return enable(stack, chunks_mb, results_mb, yes=yes, as_json=json)


@sampling.command("aggressive", "sampling aggressive --stack prod")
def sampling_aggressive(stack: Stack, yes: Yes = False, json: Json = False) -> int:
    """Keeps a fifth of the ordinary traces that the normal mode keeps. Shows what is kept, dollars and the
    difference in the stack's file, then asks."""
    from ops.tuning.sampling import change_mode
    from planning.sampling import SamplingMode

    return change_mode(stack, SamplingMode.AGGRESSIVE, yes=yes, as_json=json)


@sampling.command("normal", "sampling normal --stack prod")
def sampling_normal(stack: Stack, yes: Yes = False, json: Json = False) -> int:
    """Back to the shares of the stack's file. Shows what is kept, dollars and the difference in the stack's file,
    then asks."""
    from ops.tuning.sampling import change_mode
    from planning.sampling import SamplingMode

    return change_mode(stack, SamplingMode.NORMAL, yes=yes, as_json=json)


@sampling.command("validate", "sampling validate --stack prod --hours 24")
def sampling_validate(platform: Connected, hours: Hours = 1) -> Answered:
    """What the gateway really keeps, against the estimate of the stack's file."""
    from ops.tuning.sampling import validate_sampling

    return validate_sampling(platform, hours)


@sampling.command("advice", "sampling advice --stack prod --rate api-gateway=4000")
def sampling_advice(
    stack: Stack,
    rate: Annotated[
        list[str] | None, typer.Option(metavar="SERVICE=SPANS", help="Spans a second of a service; may be repeated.")
    ] = None,
) -> Answered:
    """Whether services should sample by themselves before the gateway does, from which rate on, and what that
    loses."""
    from ops.setup.integrate import sampling_advice

    return sampling_advice(stack, rate or [])


@commands.command("scale-ahead", "scale-ahead --stack prod", "scale-ahead --stack prod --apply")
def scale_ahead(
    platform: Connected,
    apply: Annotated[bool, typer.Option("--apply", help="Tell the autoscalers; without it, only say.")] = False,
) -> Answered:
    """The fewest pods of each workload that scales by itself, from what the same hour of the weeks before needed, in
    the bounds of its settings. For a scheduler, every quarter of an hour."""
    from ops.tuning.ahead import scale_ahead

    return scale_ahead(platform, apply=apply)
