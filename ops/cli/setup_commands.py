"""Commands around a platform's start: services connected, a local platform, a migration assessed."""

from pathlib import Path
from typing import Annotated

import typer

from ops.cli.options import Json, Stack, group, help_text

dashboards_app = group(help_text("Grafana's dashboards, which are code.", "dashboards optimise --stack prod"))
CaFile = Annotated[Path | None, typer.Option(metavar="FILE", help="Certificate authority of https, PEM.")]


def register(app: typer.Typer) -> None:
    """Adds them."""
    app.add_typer(dashboards_app, name="dashboards")
    app.command(
        "integrate",
        help=help_text(
            "How a configured service connects: SDK set-up, environment, Deployment patch and log format with the "
            "stack's own addresses, and whether it should sample by itself.",
            "integrate api-gateway --stack prod",
            "integrate mcp-server --stack prod --kind python --output build/mcp-server",
        ),
    )(_integrate)
    app.command(
        "local",
        help=help_text(
            "The platform on this machine: writes one Docker Compose file with the configuration of Loki, Tempo, "
            "Mimir, Grafana, the collector and an S3 server, and generated secrets.",
            "local --stack dev --output build/local",
        ),
    )(_local)
    app.command(
        "assess",
        help=help_text(
            "Before a migration: reads an existing Prometheus and Elasticsearch (nothing is changed there) and says "
            "what they carry, which workload settings that amounts to, and what the stack would cost with it. Where "
            "they ask for a login: LGTM_PROMETHEUS_AUTHORIZATION and LGTM_ELASTICSEARCH_AUTHORIZATION hold the whole "
            "Authorization header.",
            "assess --stack staging --prometheus http://localhost:9090 --elasticsearch http://localhost:9200",
        ),
    )(_assess)


def _integrate(
    service: Annotated[str, typer.Argument(metavar="SERVICE", help="Name of a service in the stack's settings.")],
    stack: Stack,
    kind: Annotated[str, typer.Option(help="all, python, go, env, logs or kubernetes.")] = "all",
    output: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write files instead of printing; none is overwritten.")
    ] = None,
    spans_per_second: Annotated[
        float | None, typer.Option(min=0.01, help="What the service sends; default: its part of the stack's workload.")
    ] = None,
    json: Json = False,
) -> None:
    """`integrate`."""
    from ops.setup.integrate import show_integration

    show_integration(service, stack, kind=kind, output=output, spans_per_second=spans_per_second, as_json=json)


def _local(
    stack: Stack,
    output: Annotated[Path, typer.Option(metavar="DIR", help="Directory to write to.")] = Path("build/local"),
) -> None:
    """`local`."""
    from ops.setup.local import write_local_platform

    write_local_platform(stack, output)


def _assess(
    stack: Stack,
    prometheus: Annotated[str | None, typer.Option(metavar="URL", help="Base URL of a Prometheus.")] = None,
    elasticsearch: Annotated[
        str | None, typer.Option(metavar="URL", help="Base URL of an Elasticsearch or OpenSearch.")
    ] = None,
    requests_per_second: Annotated[
        float | None, typer.Option(min=0.01, help="Where no metric of a known name counts requests.")
    ] = None,
    ca_file: CaFile = None,
    json: Json = False,
) -> int:
    """`assess`."""
    from ops.backends.connection import Connection
    from ops.cli.live import reaching
    from ops.migration.assess import Sources, assess

    sources = Sources(prometheus, elasticsearch, requests_per_second)
    return reaching(lambda: assess(Connection(stack=stack, ca_file=ca_file), sources, as_json=json))
