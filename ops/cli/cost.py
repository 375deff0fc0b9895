"""Commands about money and sizes: what a plan costs, what a workload needs, what if."""

from pathlib import Path
from typing import Annotated

import typer

from ops.cli.options import Answered, Connected, EventLog, Group, Hours, Preview, Stack, State
from planning.topology.availability import Availability

commands = Group(panel="Costs and sizes")
cost = commands.group(
    "cost",
    "What a plan or a running stack costs, against its budget.",
    "cost report --stack prod --state - --output c.html",
)


@cost.command(
    "plan",
    "cost plan --stack prod --preview plan.json --check",
    "cost plan --stack prod --state - < state.json",
)
def cost_plan(
    stack: Stack,
    preview: Preview = None,
    event_log: EventLog = None,
    state: State = None,
    all_lines: Annotated[bool, typer.Option("--all-lines", help="Also amounts below half a dollar.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Exit code 1 when over budget.")] = False,
) -> Answered:
    """The cost of a preview or a state, against the stack's budget. Needs --preview, --event-log or --state."""
    from ops.cost.plan import one_source, plan

    return plan(stack, one_source(preview, event_log, state), all_lines=all_lines, check=check)


@cost.command(
    "report",
    "cost report --stack prod --event-log events.jsonl --output cost.html",
    "cost report --stack prod --state - --actual charges.csv --output cost.html",
)
def cost_report(
    stack: Stack,
    output: Annotated[Path, typer.Option(metavar="FILE", help="The HTML file to write.")],
    preview: Preview = None,
    event_log: EventLog = None,
    state: State = None,
    actual: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="What AWS charged: of `cost actual --json`, or exported from Cost Explorer."),
    ] = None,
) -> None:
    """The same cost as one HTML file with charts, which opens without a network: whose it is, month and year, plan
    against actual, services and teams, categories against the budget, stored data over time, and other traffic."""
    from ops.cost.page import write_html
    from ops.cost.plan import one_source

    write_html(stack, one_source(preview, event_log, state), output, actual)


@cost.command("compare", "cost compare --stack prod --before main.json --after branch.json")
def cost_compare(
    stack: Stack,
    before: Annotated[str, typer.Option(metavar="FILE", help="A preview, event log or state.")],
    after: Annotated[str, typer.Option(metavar="FILE", help="Likewise.")],
) -> Answered:
    """What a change costs: two previews, event logs or states, line by line."""
    from ops.cost.plan import comparison

    return comparison(stack, before, after)


@cost.command("services", "cost services --stack prod", "cost services --stack prod --team")
def cost_services(
    stack: Stack,
    team: Annotated[bool, typer.Option("--team", help="By team instead of by service.")] = False,
    preview: Preview = None,
    event_log: EventLog = None,
    state: State = None,
) -> Answered:
    """Who pays: the whole bill shared out by service and team. From the stack's file, before anything runs; with
    --preview, --event-log or --state from those resources."""
    from ops.cost.plan import one_source
    from ops.cost.services import services

    files = (preview, event_log, state)
    return services(stack, one_source(*files) if any(files) else None, by_team=team)


@cost.command("services-measured", "cost services-measured --stack prod --hours 168 --team")
def cost_services_measured(
    platform: Connected,
    hours: Hours = 24,
    team: Annotated[bool, typer.Option("--team", help="By team instead of by service.")] = False,
) -> Answered:
    """Who pays, by what really arrived: log bytes by Loki's volume API, spans and series by the platform's own
    recordings, at what each signal costs the running platform."""
    from ops.cost.services import measured_services

    return measured_services(platform, hours, by_team=team)


@cost.command("savings", "cost savings --stack prod", "cost savings --stack prod --traces-gb-per-day 5")
def cost_savings(
    platform: Connected,
    days: Annotated[int, typer.Option(min=1, max=90, help="How many days of Mimir's query log are read.")] = 7,
    traces_gb_per_day: Annotated[
        float | None, typer.Option(min=0.001, metavar="GB", help="A target for traces; without it they are left alone.")
    ] = None,
) -> Answered:
    """The ten largest savings in dollars: series and lines that nobody needs, ordinary traces beyond a target, heavy
    dashboards; and what became of those that were applied a week ago."""
    from ops.savings.savings import savings

    return savings(platform, days=days, gb_per_day=traces_gb_per_day)


@cost.command(
    "add-service",
    "cost add-service --stack prod --like api-gateway",
    "cost add-service --stack prod --requests-per-second 50 --log-lines-per-second 200 --series 4000",
)
def cost_add_service(
    stack: Stack,
    like: Annotated[
        str | None, typer.Option(metavar="SERVICE", help="A service of the stack whose load it has; others override.")
    ] = None,
    requests_per_second: Annotated[float | None, typer.Option(min=0, help="Traces that start in it.")] = None,
    log_lines_per_second: Annotated[float | None, typer.Option(min=0, help="Log lines.")] = None,
    series: Annotated[int | None, typer.Option(min=0, help="Active series of its metrics.")] = None,
) -> Answered:
    """What one more service costs: the difference of two plans, with the sizes and nodes that the load would take."""
    from ops.cost.add_service import add_service

    return add_service(
        stack,
        like=like,
        requests_per_second=requests_per_second,
        log_lines_per_second=log_lines_per_second,
        series=series,
    )


@cost.command("forecast", "cost forecast --stack prod", "cost forecast --stack prod --aws")
def cost_forecast(
    platform: Connected,
    aws: Annotated[
        bool, typer.Option("--aws", help="Also what AWS charged in 30 days, by Cost Explorer: 0.01 USD a request.")
    ] = False,
) -> Answered:
    """Where the bill is heading: the month's end and three months, by the trend of the platform's own metrics, with
    its band, against the budget."""
    from ops.cost.forecast import forecast

    return forecast(platform, aws=aws)


@cost.command("assumptions", "cost assumptions")
def cost_assumptions() -> Answered:
    """What a cost rests on beside resources and prices, each with its reason."""
    from ops.report.cost import assumptions_document
    from ops.report.output import Answer
    from planning.cost.assumptions import Assumptions

    assumed = Assumptions()
    return Answer(assumed, lambda: assumptions_document(assumed))


@cost.command("actual", "cost actual --stack prod --days 30")
def cost_actual(
    stack: Stack,
    days: Annotated[int, typer.Option(min=1, max=365, help="How many days of charges.")] = 30,
) -> Answered:
    """What AWS charged, from Cost Explorer, against plan and budget. Needs boto3, AWS credentials with
    ce:GetCostAndUsage and the cost allocation tags project and stack; 0.01 USD a request."""
    from ops.cost.actual import actual_cost

    return actual_cost(stack, days).answer()


@commands.command("tiers", "tiers --stack prod")
def tiers(stack: Stack) -> Answered:
    """Every storage plan, its price, and the choice. Each legal chain of S3 storage classes is priced over an
    object's life, beside tiers by name: warm in STANDARD_IA, cold in GLACIER."""
    from ops.cost.plans import tiers

    return tiers(stack)


@commands.command(
    "plan",
    "plan --stack prod --requests-per-second 2500 --log-days 30",
    "plan --stack prod --requests-per-second 100000",
    "plan --stack prod --curve",
)
def plan(
    stack: Stack,
    requests_per_second: Annotated[
        float | None, typer.Option(help="Average requests a second, up to a million.")
    ] = None,
    log_days: Annotated[int | None, typer.Option(help="Days that logs are kept.")] = None,
    trace_days: Annotated[int | None, typer.Option(help="Days that traces are kept.")] = None,
    metric_days: Annotated[int | None, typer.Option(help="Days that metrics are kept.")] = None,
    registered: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A preview, event log or state to start from instead of the settings alone."),
    ] = None,
    availability: Annotated[
        Availability | None,
        typer.Option(help="What the topology must survive; without it zone in prod, none elsewhere."),
    ] = None,
    curve: Annotated[
        bool, typer.Option("--curve", help="The topology's bill from 20 to a million requests a second.")
    ] = False,
) -> Answered:
    """What if: more traffic or longer retention. The topology that carries it (modes, pods, nodes, reasons, dollars),
    and what the stack's own sizes would have to become, where they can."""
    from ops.cost.planning import plan
    from planning.retention import Signal

    return plan(
        stack,
        requests_per_second=requests_per_second,
        days={Signal.LOGS: log_days, Signal.TRACES: trace_days, Signal.METRICS: metric_days},
        registered=registered,
        availability=availability,
        curve=curve,
    )


@commands.command("capacity", "capacity --stack prod --sources")
def capacity(
    stack: Stack,
    sources: Annotated[bool, typer.Option("--sources", help="Also where each coefficient comes from.")] = False,
    reference: Annotated[
        bool, typer.Option("--reference", help="The reference workload of 1000 requests/s instead of the stack's.")
    ] = False,
) -> Answered:
    """What a stack's workload needs. From requests a second to bytes, series, CPU and memory, and how far each
    stack's sizes reach."""
    from ops.cost.plans import capacity

    return capacity(stack, sources=sources, reference=reference)


@commands.command("storage", "storage --stack prod")
def storage(stack: Stack) -> Answered:
    """Bytes by signal and storage class, from S3 itself, against plan and retention. Needs boto3 and AWS
    credentials; listing is billed like PUTs, about 0.005 USD per million objects."""
    from ops.cost.storage import storage

    return storage(stack)
