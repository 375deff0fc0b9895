"""The command that makes a company's own stacks."""

from pathlib import Path
from typing import Annotated

import typer

from ops.cli.options import Answered, Group

commands = Group(panel="Setting up")

_Many = "may be repeated, or separated by commas"


@commands.command(
    "init",
    "init",
    "init --company acme --region eu-central-1 --service checkout:java:critical:payments --service web:nodejs --yes",
    "init --compose docker-compose.yml --requests-per-second 80 --environment prod --budget 400 --yes",
)
def init(
    company: Annotated[str | None, typer.Option(help="Company or product: the first part of every name.")] = None,
    owner: Annotated[str | None, typer.Option(help="Value of the owner tag: a team or a mailbox.")] = None,
    cost_centre: Annotated[str | None, typer.Option(help="Value of the cost-centre tag.")] = None,
    region: Annotated[str | None, typer.Option(help="AWS region.")] = None,
    environment: Annotated[list[str] | None, typer.Option(help=f"dev, staging or prod; {_Many}.")] = None,
    service: Annotated[
        list[str] | None, typer.Option(metavar="NAME[:LANGUAGE[:TIER[:TEAM]]]", help=f"A service; {_Many}.")
    ] = None,
    compose: Annotated[Path | None, typer.Option(metavar="FILE", help="Take the services of a compose file.")] = None,
    context: Annotated[
        str | None, typer.Option(help="Take the services from the Deployments of a kubeconfig context.")
    ] = None,
    kubeconfig: Annotated[Path | None, typer.Option(metavar="FILE", help="kubeconfig that has the context.")] = None,
    requests_per_second: Annotated[
        float | None, typer.Option(help="Of the environment with the most, a daily mean over all services.")
    ] = None,
    budget: Annotated[
        list[str] | None,
        typer.Option(metavar="[ENVIRONMENT=]USD", help="US dollars a month; may be repeated."),
    ] = None,
    access_cidr: Annotated[
        list[str] | None, typer.Option(help=f"An address block that may reach the Kubernetes API; {_Many}.")
    ] = None,
    output: Annotated[Path, typer.Option(metavar="DIR", help="Where to write.")] = Path(),
    replace: Annotated[bool, typer.Option("--replace", help="Write over files that are there.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing: defaults for what isn't given.")] = False,
) -> Answered:
    """Makes your own stacks: asks for company, region, services, load and budget, writes Pulumi.yaml, a file for each
    stack and its policies' limits, and says what they cost and what to run next."""
    from ops.setup.company.init import init
    from ops.setup.company.questions import Given

    given = Given(
        company=company,
        owner=owner,
        cost_centre=cost_centre,
        region=region,
        environments=tuple(environment or ()),
        services=tuple(service or ()),
        compose=compose,
        context=context,
        kubeconfig=kubeconfig,
        requests_per_second=requests_per_second,
        budgets=tuple(budget or ()),
        access_cidrs=tuple(access_cidr or ()),
        yes=yes,
    )
    return init(given, output, replace=replace)
