"""The command before a migration."""

from typing import Annotated

import typer

from ops.cli.options import Answered, CaFile, Group, Stack

commands = Group(panel="Setting up")


@commands.command(
    "assess",
    "assess --stack staging --prometheus http://localhost:9090 --elasticsearch http://localhost:9200",
)
def assess(
    stack: Stack,
    prometheus: Annotated[str | None, typer.Option(metavar="URL", help="Base URL of a Prometheus.")] = None,
    elasticsearch: Annotated[
        str | None, typer.Option(metavar="URL", help="Base URL of an Elasticsearch or OpenSearch.")
    ] = None,
    requests_per_second: Annotated[
        float | None, typer.Option(min=0.01, help="Where no metric of a known name counts requests.")
    ] = None,
    ca_file: CaFile = None,
) -> Answered:
    """Before a migration: reads an existing Prometheus and Elasticsearch (nothing is changed there) and says what they
    carry, which workload settings that amounts to, and what the stack would cost with it. Where they ask for a login:
    LGTM_PROMETHEUS_AUTHORIZATION and LGTM_ELASTICSEARCH_AUTHORIZATION hold the whole Authorization header."""
    from ops.backends.connection import Connection
    from ops.migration.assess import Sources, assess

    sources = Sources(prometheus, elasticsearch, requests_per_second)
    return assess(Connection(stack=stack, ca_file=ca_file), sources)
