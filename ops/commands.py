"""The commands of `python -m ops` with options and help. What they do is imported when they run: help is quick."""

from pathlib import Path
from typing import Annotated

import typer

OVER_BUDGET = 1
DEFAULT_REGION = "us-west-2"


def _group(text: str) -> typer.Typer:
    return typer.Typer(
        help=text,
        no_args_is_help=False,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )


def _help(text: str, *examples: str) -> str:
    """Help with examples, which \\b keeps from being wrapped."""
    lines = "\n".join(f"  python -m ops {example}" for example in examples)
    return f"{text}\n\n\b\nExample:\n{lines}"


app = _group(
    _help(
        "Costs, storage plans, capacity and prices of a stack. Exit codes: 0 done, 1 over budget (with --check), "
        "2 input that can't be used.",
        "cost plan --stack prod --preview plan.json --check",
    )
)
cost_app = _group(
    _help(
        "What a plan or a running stack costs, against its budget.",
        "cost report --stack prod --state - --output c.html",
    )
)
prices_app = _group(_help("The dated price tables that costs rest on.", "prices show --region eu-west-1"))
app.add_typer(cost_app, name="cost")
app.add_typer(prices_app, name="prices")

Stack = Annotated[
    str, typer.Option(help="Stack whose file Pulumi.<stack>.yaml holds region, budget and expected load.")
]
Preview = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="Output of `pulumi preview --json --show-sames`; - reads standard input."),
]
EventLog = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help="Event log of a preview (`pulumi preview --event-log FILE`, with PULUMI_DEBUG_COMMANDS=true); "
        "- reads standard input.",
    ),
]
State = Annotated[
    str | None, typer.Option(metavar="FILE", help="Output of `pulumi stack export`; - reads standard input.")
]
Json = Annotated[bool, typer.Option("--json", help="As JSON.")]


@cost_app.command(
    "plan",
    help=_help(
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
    from ops import cost

    file = cost.one_source(preview, event_log, state)
    passed = cost.show_plan(stack, file, as_json=json, all_lines=all_lines, check=check)
    return 0 if passed else OVER_BUDGET


@cost_app.command(
    "report",
    help=_help(
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
    from ops import cost

    cost.write_html(stack, cost.one_source(preview, event_log, state), output)


@cost_app.command(
    "compare",
    help=_help(
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
    from ops import cost

    cost.show_comparison(stack, before, after, as_json=json)


@cost_app.command(
    "assumptions",
    help=_help("What a cost rests on beside resources and prices, each with its reason.", "cost assumptions"),
)
def cost_assumptions() -> None:
    """`cost assumptions`."""
    from ops import cost

    cost.show_assumptions()


_TIERS = (
    "Every storage plan, its price, and the choice. Each legal chain of S3 storage classes is priced over an object's "
    "life, beside the literal hot/warm/cold table."
)


@app.command("tiers", help=_help(_TIERS, "tiers --stack prod"))
@app.command("retention", help=_help(f"{_TIERS} The same command as tiers.", "retention --stack prod"))
def tiers(
    stack: Annotated[str, typer.Option(help="Stack whose retention and workload are planned.")], json: Json = False
) -> None:
    """`tiers`, also called `retention`."""
    from ops import plans

    plans.show_tiers(stack, as_json=json)


@app.command(
    "plan",
    help=_help(
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
    from ops.what_if import render_what_if, what_if

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
    help=_help(
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
    from ops import plans

    plans.show_capacity(stack, sources=sources, reference=reference, as_json=json)


@prices_app.command(
    "show", help=_help("Every price of a region with unit, source and date.", "prices show --region eu-west-1")
)
def prices_show(
    region: Annotated[str, typer.Option(help="AWS region with a table in planning/prices.")] = DEFAULT_REGION,
) -> None:
    """`prices show`."""
    from ops import prices

    prices.show(region)


@prices_app.command(
    "refresh",
    help=_help(
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
    from ops import prices

    prices.update(region, instance_type or [], dry_run=dry_run)
