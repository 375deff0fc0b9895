"""Commands that look at a running platform and change nothing."""

from pathlib import Path
from typing import Annotated

import typer

from ops.cli.live import Connection, Hours, Json, Stack, connected, help_text, reaching, subgroup


def register(app: typer.Typer, dashboards: typer.Typer | None) -> None:
    """Adds them to `app`, and to `dashboards` where that group is there already."""
    app.command(
        "health",
        help=help_text(
            "Whether every part answers, has its ring members and pods, is scraped, and whether alerts fire.",
            "health --stack prod",
            "health --stack dev --endpoint loki=http://localhost:3100 --json",
        ),
    )(connected(_health))
    app.command(
        "connectivity",
        help=help_text(
            "The way to each service hop by hop: name, TCP, TLS, HTTP; and the ways inside the cluster.",
            "connectivity --stack prod --ca-file ca.pem",
        ),
    )(connected(_connectivity))
    app.command(
        "performance",
        help=help_text(
            "Query latency by back end, ingestion and errors, against what was promised.",
            "performance --stack prod --hours 24",
        ),
    )(connected(_performance))
    app.command(
        "storage",
        help=help_text(
            "Bytes by signal and storage class, from S3 itself, against plan and retention. Needs boto3 and AWS "
            "credentials; listing is billed like PUTs, about 0.005 USD per million objects.",
            "storage --stack prod",
        ),
    )(_storage)
    app.command(
        "validate",
        help=help_text(
            "A stack's file, every configuration rendered from it, and its chart mirror; asks no platform.",
            "validate --stack prod",
            "validate --stack prod --collector ./otelcol-contrib",
        ),
    )(_validate)
    queries = subgroup(app, "queries", "What people and dashboards ask.", "queries slow --stack prod")
    queries.command(
        "slow",
        help=help_text(
            "The slowest queries by back end, from what the back ends log of each, with what might help.",
            "queries slow --stack prod --hours 24 --over 2",
        ),
    )(connected(_slow_queries))
    dashboards = dashboards or subgroup(app, "dashboards", "Grafana's dashboards.", "dashboards optimise --stack prod")
    dashboards.command(
        "optimise",
        help=help_text(
            "Heavy and unused dashboards and panels, read from Grafana.", "dashboards optimise --stack prod"
        ),
    )(connected(_dashboards))


def _health(connection: Connection, json: Json = False) -> int:
    """`health`."""
    from ops.backends.target import Target
    from ops.checks.health import health
    from ops.report.checks import show

    with Target(connection) as target:
        return show(health(target), as_json=json)


def _connectivity(connection: Connection, json: Json = False) -> int:
    """`connectivity`."""
    from ops.backends.target import Target
    from ops.checks.connectivity import connectivity
    from ops.report.checks import show

    with Target(connection) as target:
        return show(connectivity(target), as_json=json)


def _performance(connection: Connection, hours: Hours = 1, json: Json = False) -> int:
    """`performance`."""
    from ops.backends.target import Target
    from ops.checks.performance import performance
    from ops.report.checks import show

    with Target(connection) as target:
        return show(performance(target, hours), as_json=json)


def _storage(stack: Stack, json: Json = False) -> int:
    """`storage`."""
    from ops.cost.storage import show_storage

    return reaching(lambda: show_storage(stack, as_json=json))


def _validate(
    stack: Stack,
    collector: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A collector whose own `validate` reads both configurations.")
    ] = None,
    json: Json = False,
) -> int:
    """`validate`."""
    from ops.checks.validate import validate
    from ops.report.checks import show

    return reaching(lambda: show(validate(stack, collector=collector), as_json=json))


def _slow_queries(
    connection: Connection,
    hours: Hours = 24,
    over: Annotated[float, typer.Option(min=0, metavar="SECONDS", help="Only queries that took this long.")] = 2.0,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many to show.")] = 10,
    backend: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="loki, mimir or tempo; may be repeated; default: all.")
    ] = None,
    json: Json = False,
) -> int:
    """`queries slow`."""
    from ops.backends.target import Target
    from ops.tuning.slow_queries import show_slow_queries

    with Target(connection) as target:
        return show_slow_queries(
            target, tuple(backend or ()), hours=hours, over_seconds=over, limit=limit, as_json=json
        )


def _dashboards(connection: Connection, json: Json = False) -> int:
    """`dashboards optimise`."""
    from ops.backends.target import Target
    from ops.report.checks import show
    from ops.tuning.dashboards import optimise

    with Target(connection) as target:
        return show(optimise(target), as_json=json)
