"""Commands that change something: the stack's file, after they showed the difference and asked; or that send load."""

from pathlib import Path
from typing import Annotated

import typer

from ops.cli.live import Connection, Hours, Json, Stack, Yes, connected, help_text, reaching, subgroup


def register(app: typer.Typer) -> None:
    """Adds them."""
    cache = subgroup(app, "cache", "Loki's query caches.", "cache status --stack prod")
    cache.command(
        "status",
        help=help_text("Size and hit ratio of both caches.", "cache status --stack prod"),
    )(connected(_cache_status))
    cache.command(
        "enable",
        help=help_text(
            "Sizes both caches in the stack's file: shows memory, dollars and the difference, then asks. 0 turns one "
            "off. pulumi up deploys it.",
            "cache enable --stack dev --chunks-mb 256 --results-mb 64",
        ),
    )(_cache_enable)
    sampling = subgroup(
        app, "sampling", "How hard ordinary traces are thinned; errors and slow ones are always kept.",
        "sampling validate --stack prod",
    )  # fmt: skip
    for name, body, text in (
        ("aggressive", _aggressive, "Keeps a fifth of the ordinary traces that the normal mode keeps."),
        ("normal", _normal, "Back to the shares of the stack's file."),
    ):
        sampling.command(
            name,
            help=help_text(
                f"{text} Shows what is kept, dollars and the difference in the stack's file, then asks.",
                f"sampling {name} --stack prod",
            ),
        )(body)
    sampling.command(
        "validate",
        help=help_text(
            "What the gateway really keeps, against the estimate of the stack's file.",
            "sampling validate --stack prod --hours 24",
        ),
    )(connected(_validate_sampling))
    sampling.command(
        "advice",
        help=help_text(
            "Whether services should sample by themselves before the gateway does, from which rate on, and what that "
            "loses.",
            "sampling advice --stack prod --rate api-gateway=4000",
        ),
    )(_sampling_advice)
    app.command(
        "load-test",
        help=help_text(
            "Traces at a fixed rate to the platform's OTLP endpoint: latency, refusals, and whether they can be "
            "found afterwards. Says what it sends and asks.",
            "load-test --stack dev --rate 1000 --seconds 60 --yes",
        ),
    )(connected(_load_test))
    imports = subgroup(
        app, "import", "Existing buckets or an existing cluster into a stack.", "import buckets --stack prod"
    )
    imports.command(
        "buckets",
        help=help_text(
            "Which of the stack's buckets are there already, and the file for `pulumi import --file` that takes them "
            "over. Needs boto3 and AWS credentials.",
            "import buckets --stack prod --output import.json",
        ),
    )(_import_buckets)
    imports.command(
        "cluster",
        help=help_text(
            "The settings that make a stack use a cluster which is there already.",
            "import cluster --stack dev --context kind-dev --storage-class standard",
        ),
    )(_import_cluster)


def _cache_status(connection: Connection, json: Json = False) -> int:
    """`cache status`."""
    from ops.backends.target import Target
    from ops.report.checks import show
    from ops.tuning.cache import cache_status

    with Target(connection) as target:
        return show(cache_status(target), as_json=json)


def _cache_enable(
    stack: Stack,
    chunks_mb: Annotated[int, typer.Option(min=0, max=65_536, help="Chunks cache, in MB.")] = 256,
    results_mb: Annotated[int, typer.Option(min=0, max=65_536, help="Results cache, in MB.")] = 64,
    yes: Yes = False,
) -> int:
    """`cache enable`."""
    from ops.tuning.cache import enable

    return enable(stack, chunks_mb, results_mb, yes=yes)


def _aggressive(stack: Stack, yes: Yes = False) -> int:
    """`sampling aggressive`."""
    from ops.tuning.sampling import change_mode
    from planning.sampling import SamplingMode

    return change_mode(stack, SamplingMode.AGGRESSIVE, yes=yes)


def _normal(stack: Stack, yes: Yes = False) -> int:
    """`sampling normal`."""
    from ops.tuning.sampling import change_mode
    from planning.sampling import SamplingMode

    return change_mode(stack, SamplingMode.NORMAL, yes=yes)


def _sampling_advice(
    stack: Stack,
    rate: Annotated[
        list[str] | None, typer.Option(metavar="SERVICE=SPANS", help="Spans a second of a service; may be repeated.")
    ] = None,
    json: Json = False,
) -> None:
    """`sampling advice`."""
    from ops.setup.integrate import show_sampling_advice

    show_sampling_advice(stack, rates=rate or [], as_json=json)


def _validate_sampling(connection: Connection, hours: Hours = 1, json: Json = False) -> int:
    """`sampling validate`."""
    from ops.backends.target import Target
    from ops.report.checks import show
    from ops.tuning.sampling import validate_sampling

    with Target(connection) as target:
        return show(validate_sampling(target, hours), as_json=json)


def _load_test(
    connection: Connection,
    rate: Annotated[float, typer.Option(min=0.1, max=100_000, help="Requests a second; each is one trace.")] = 1000,
    seconds: Annotated[float, typer.Option(min=0.1, max=86_400, help="How long.")] = 60,
    spans: Annotated[int, typer.Option(min=1, max=1000, help="Spans of one trace.")] = 8,
    connections: Annotated[int, typer.Option(min=1, max=1000, help="Connections at once.")] = 32,
    find_seconds: Annotated[float, typer.Option(min=0, max=3600, help="How long to look for what was sent.")] = 120,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask before sending.")] = False,
    json: Json = False,
) -> int:
    """`load-test`."""
    from ops.backends.target import Target
    from ops.load.load_test import show_load_test
    from ops.load.otlp_load import LoadPlan

    plan = LoadPlan(rate, seconds, spans, connections, connection.timeout_seconds)
    with Target(connection) as target:
        return show_load_test(target, plan, find_seconds, yes=yes, as_json=json)


def _import_buckets(
    stack: Stack,
    output: Annotated[Path | None, typer.Option(metavar="FILE", help="The import file to write.")] = None,
) -> int:
    """`import buckets`."""
    from ops.recovery.importing import import_buckets

    return reaching(lambda: import_buckets(stack, output))


def _import_cluster(
    stack: Stack,
    context: Annotated[str, typer.Option(help="kubeconfig context of the cluster.")],
    eks_cluster_name: Annotated[
        str | None, typer.Option(help="Name of the EKS cluster behind it; none: an S3-compatible server is needed.")
    ] = None,
    storage_class: Annotated[str, typer.Option(help="StorageClass for data volumes.")] = "standard",
) -> int:
    """`import cluster`."""
    from ops.recovery.importing import import_cluster

    return import_cluster(stack, context, eks_cluster_name, storage_class)
