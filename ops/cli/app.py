"""The commands of `python -m ops` with options and help. What they do is imported when they run: help is quick."""

from pathlib import Path
from typing import Annotated

import typer

from ops.cli import live as live
from ops.cli import setup_commands
from ops.cli.options import EventLog, Json, Preview, Stack, State, group, help_text
from ops.pull_request.app import pull_request_app

OVER_BUDGET = 1
DEFAULT_REGION = "us-west-2"


app = group(
    help_text(
        "The platform's command line: what a stack costs and needs, how services connect, how the running platform is. "
        "Exit codes: 0 done or healthy, 1 over budget (with --check) or a finding, 2 input that can't be used, 3 the "
        "platform can't be reached.",
        "cost plan --stack prod --preview plan.json --check",
    )
)
cost_app = group(
    help_text(
        "What a plan or a running stack costs, against its budget.",
        "cost report --stack prod --state - --output c.html",
    )
)
prices_app = group(help_text("The dated price tables that costs rest on.", "prices show --region eu-west-1"))
app.add_typer(cost_app, name="cost")
app.add_typer(prices_app, name="prices")


@cost_app.command(
    "plan",
    help=help_text(
        "The cost of a preview or a state, against the stack's budget. Needs --preview, --event-log or --state.",
        "cost plan --stack prod --preview plan.json --check",
        "cost plan --stack prod --state - < state.json",
    ),
)
def cost_plan(
    stack: Stack,
    preview: Preview = None,
    event_log: EventLog = None,
    state: State = None,
    json: Json = False,
    all_lines: Annotated[bool, typer.Option("--all-lines", help="Also amounts below half a dollar.")] = False,
    check: Annotated[bool, typer.Option("--check", help=f"Exit code {OVER_BUDGET} when over budget.")] = False,
) -> int:
    """`cost plan`."""
    from ops.cost import plan as cost

    file = cost.one_source(preview, event_log, state)
    passed = cost.show_plan(stack, file, as_json=json, all_lines=all_lines, check=check)
    return 0 if passed else OVER_BUDGET


@cost_app.command(
    "report",
    help=help_text(
        "The same cost as one HTML file with charts, which opens without a network: components and categories against "
        "the budget, stored data over time, every storage plan, and other traffic.",
        "cost report --stack prod --event-log events.jsonl --output cost.html",
    ),
)
def cost_report(
    stack: Stack,
    output: Annotated[Path, typer.Option(metavar="FILE", help="The HTML file to write.")],
    preview: Preview = None,
    event_log: EventLog = None,
    state: State = None,
) -> None:
    """`cost report`."""
    from ops.cost import plan as cost

    cost.write_html(stack, cost.one_source(preview, event_log, state), output)


@cost_app.command(
    "compare",
    help=help_text(
        "What a change costs: two previews, event logs or states, line by line.",
        "cost compare --stack prod --before main.json --after branch.json",
    ),
)
def cost_compare(
    stack: Stack,
    before: Annotated[str, typer.Option(metavar="FILE", help="A preview, event log or state.")],
    after: Annotated[str, typer.Option(metavar="FILE", help="Likewise.")],
    json: Json = False,
) -> None:
    """`cost compare`."""
    from ops.cost import plan as cost

    cost.show_comparison(stack, before, after, as_json=json)


@cost_app.command(
    "assumptions",
    help=help_text("What a cost rests on beside resources and prices, each with its reason.", "cost assumptions"),
)
def cost_assumptions() -> None:
    """`cost assumptions`."""
    from ops.cost import plan as cost

    cost.show_assumptions()


@app.command(
    "tiers",
    help=help_text(
        "Every storage plan, its price, and the choice. Each legal chain of S3 storage classes is priced over an "
        "object's life, beside the literal hot/warm/cold table.",
        "tiers --stack prod",
    ),
)
def tiers(
    stack: Annotated[str, typer.Option(help="Stack whose retention and workload are planned.")], json: Json = False
) -> None:
    """`tiers`."""
    from ops.cost import plans

    plans.show_tiers(stack, as_json=json)


@app.command(
    "plan",
    help=help_text(
        "What if: more traffic or longer retention, with sizes, storage plans and dollars before and after.",
        "plan --stack prod --requests-per-second 2500 --log-days 30",
    ),
)
def plan(
    stack: Annotated[str, typer.Option(help="Stack to start from.")],
    requests_per_second: Annotated[float | None, typer.Option(help="Average requests a second.")] = None,
    log_days: Annotated[int | None, typer.Option(help="Days that logs are kept.")] = None,
    trace_days: Annotated[int | None, typer.Option(help="Days that traces are kept.")] = None,
    metric_days: Annotated[int | None, typer.Option(help="Days that metrics are kept.")] = None,
    registered: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A preview, event log or state to start from instead of the settings alone."),
    ] = None,
    json: Json = False,
) -> None:
    from ops.cost.what_if import render_what_if, what_if

    answer = what_if(
        stack,
        requests_per_second=requests_per_second,
        log_days=log_days,
        trace_days=trace_days,
        metric_days=metric_days,
        registered=registered,
    )
    print(answer.model_dump_json(indent=2) if json else render_what_if(answer))


@app.command(
    "capacity",
    help=help_text(
        "What a stack's workload needs. From requests a second to bytes, series, CPU and memory, and how far each "
        "stack's sizes reach.",
        "capacity --stack prod --sources",
    ),
)
def capacity(
    stack: Annotated[str, typer.Option(help="Stack whose workload is estimated.")],
    sources: Annotated[bool, typer.Option("--sources", help="Also where each coefficient comes from.")] = False,
    reference: Annotated[
        bool, typer.Option("--reference", help="The reference workload of 1000 requests/s instead of the stack's.")
    ] = False,
    json: Json = False,
) -> None:
    """`capacity`."""
    from ops.cost import plans

    plans.show_capacity(stack, sources=sources, reference=reference, as_json=json)


@prices_app.command(
    "show", help=help_text("Every price of a region with unit, source and date.", "prices show --region eu-west-1")
)
def prices_show(
    region: Annotated[str, typer.Option(help="AWS region with a table in planning/prices.")] = DEFAULT_REGION,
) -> None:
    """`prices show`."""
    from ops.prices import tables as prices

    prices.show(region)


@prices_app.command(
    "refresh",
    help=help_text(
        "Brings a region's table up to date from the AWS Price List API. Needs AWS credentials with "
        "pricing:GetProducts and ec2:DescribeSpotPriceHistory; nothing is charged for either. What AWS doesn't answer "
        "stays as it is and is named.",
        "prices refresh --region us-west-2 --dry-run",
    ),
)
def prices_refresh(
    region: Annotated[str, typer.Option(help="AWS region; one without a table gets one.")],
    instance_type: Annotated[
        list[str] | None, typer.Option(metavar="TYPE", help="Also this instance type; may be repeated.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change, write nothing.")] = False,
) -> None:
    """`prices refresh`."""
    from ops.prices import tables as prices

    prices.update(region, instance_type or [], dry_run=dry_run)


app.add_typer(pull_request_app, name="pr")
setup_commands.register(app)
live.register(app, cost_app, setup_commands.dashboards_app)
