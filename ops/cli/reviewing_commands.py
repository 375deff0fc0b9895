"""Commands that judge a platform over time: reviews, costs, backups, versions, recovery."""

from pathlib import Path
from typing import Annotated

import typer

from ops.cli.live import Connection, Json, Kubeconfig, Stack, connected, help_text, reaching, subgroup

Output = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Write there instead of standard output; HTML for names that end in .html."),
]


def register(app: typer.Typer, cost: typer.Typer) -> None:
    """Adds them to `app`, and `cost actual` to `cost`."""
    reviews = subgroup(
        app, "review", "How the platform did, as a report.", "review weekly --stack prod --output week.html"
    )
    for period, body in (("weekly", _weekly), ("monthly", _monthly)):
        reviews.command(
            period,
            help=help_text(
                "Objectives, alerts, performance, cost, storage, slow queries and the services that send most.",
                f"review {period} --stack prod --output review.html",
            ),
        )(connected(body))
    retention = subgroup(
        app,
        "retention",
        "How long signals are kept: every storage plan (the same as tiers), or a review of what it costs.",
        "retention --stack prod",
        "retention review --stack prod",
    )
    retention.callback(invoke_without_command=True)(_retention)
    retention.command(
        "review",
        help=help_text(
            "What each signal's retention costs, and what a week more or less would change.",
            "retention review --stack prod",
        ),
    )(_retention_review)
    cost.command(
        "actual",
        help=help_text(
            "What AWS charged, from Cost Explorer, against plan and budget. Needs boto3, AWS credentials with "
            "ce:GetCostAndUsage and the cost allocation tags project and stack; 0.01 USD a request.",
            "cost actual --stack prod --days 30",
        ),
    )(_cost_actual)
    backups = subgroup(app, "backups", "What would be left after a loss.", "backups verify --stack prod")
    backups.command(
        "verify",
        help=help_text(
            "Buckets (versions, lifecycle rules, encryption, age of the last object), volume snapshots and Pulumi's "
            "state. Needs boto3 and AWS credentials; nothing is changed.",
            "backups verify --stack prod",
        ),
    )(_backups)
    app.command(
        "upgrade-check",
        help=help_text(
            "What goes out of support when, and which newer charts there are.",
            "upgrade-check --stack prod --online",
        ),
    )(_upgrade_check)
    app.command(
        "dr-test",
        help=help_text(
            "What each loss would take and how long recovery takes, and whether state and backups would carry it; "
            "nothing is destroyed. With --run the drill itself: the stack's cluster is destroyed and brought back, "
            "and every bucket must keep its data. Refused where storage.protect is on, for guests and for clusters "
            "with guests.",
            "dr-test --stack prod",
            "dr-test --stack staging --run --report drill.json",
        ),
    )(_recovery)


def _weekly(connection: Connection, output: Output = None) -> int:
    """`review weekly`."""
    return _review(connection, "weekly", output)


def _monthly(connection: Connection, output: Output = None) -> int:
    """`review monthly`."""
    return _review(connection, "monthly", output)


def _review(connection: Connection, period: str, output: Path | None) -> int:
    from ops.backends.target import Target
    from ops.tuning.review import write_review

    with Target(connection) as target:
        return write_review(target, period, output)


def _retention(
    context: typer.Context,
    stack: Annotated[str | None, typer.Option(help="Stack whose retention and workload are planned.")] = None,
    json: Json = False,
) -> None:
    """`retention` by itself."""
    if context.invoked_subcommand is not None:
        return
    from ops.cost import plans
    from ops.errors import CommandError

    if stack is None:
        raise CommandError("needed: --stack")
    plans.show_tiers(stack, as_json=json)


def _retention_review(stack: Stack, json: Json = False) -> int:
    """`retention review`."""
    from ops.tuning.retention_review import review

    found = review(stack)
    print(found.model_dump_json(indent=2) if json else found.text())
    return 0


def _cost_actual(
    stack: Stack,
    days: Annotated[int, typer.Option(min=1, max=365, help="How many days of charges.")] = 30,
    json: Json = False,
) -> int:
    """`cost actual`."""
    from ops.cost.actual import show_actual_cost

    return reaching(lambda: show_actual_cost(stack, days, as_json=json))


def _backups(stack: Stack, json: Json = False) -> int:
    """`backups verify`."""
    from ops.recovery.backups import verify
    from ops.report.checks import show

    return reaching(lambda: show(verify(stack), as_json=json))


def _upgrade_check(
    stack: Stack,
    online: Annotated[bool, typer.Option("--online", help="Ask the chart repositories, by helm.")] = False,
    kubeconfig: Kubeconfig = None,
    json: Json = False,
) -> int:
    """`upgrade-check`."""
    from ops.backends.kubernetes import Kubernetes
    from ops.checks.upgrade_check import upgrade_check
    from ops.report.checks import show

    cluster = Kubernetes(kubeconfig) if kubeconfig else None
    return reaching(lambda: show(upgrade_check(stack, online=online, kubernetes=cluster), as_json=json))


def _recovery(
    stack: Stack,
    drill: Annotated[
        bool, typer.Option("--run", help="Destroy the cluster and bring it back; asks first, or --yes.")
    ] = False,
    report: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Report of the drill, as JSON; default build/recovery-<stack>.json."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask before the cluster is destroyed.")] = False,
    json: Json = False,
) -> int:
    """`dr-test`."""
    if drill:
        from ops.recovery.drill import run_drill

        return reaching(lambda: run_drill(stack, report, yes=yes, as_json=json))
    if report is not None or yes:
        from ops.errors import CommandError

        raise CommandError("--report and --yes belong to --run: without it nothing is destroyed")
    from ops.recovery.readiness import show_recovery

    return reaching(lambda: show_recovery(stack, as_json=json))
