"""Commands about the dated price tables."""

from typing import Annotated

import typer

from ops.cli.options import Answered, Group

DEFAULT_REGION = "us-west-2"

commands = Group(panel="Costs and sizes")
prices = commands.group("prices", "The dated price tables that costs rest on.", "prices show --region eu-west-1")


@prices.command("show", "prices show --region eu-west-1")
def show(
    region: Annotated[str, typer.Option(help="AWS region with a table in planning/prices.")] = DEFAULT_REGION,
) -> Answered:
    """Every price of a region with unit, source and date."""
    from ops.prices import tables

    return tables.listed(region)


@prices.command("refresh", "prices refresh --region us-west-2 --dry-run")
def refresh(
    region: Annotated[str, typer.Option(help="AWS region; one without a table gets one.")],
    instance_type: Annotated[
        list[str] | None, typer.Option(metavar="TYPE", help="Also this instance type; may be repeated.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change, write nothing.")] = False,
) -> Answered:
    """Brings a region's table up to date from the AWS Price List API. Needs AWS credentials with pricing:GetProducts
    and ec2:DescribeSpotPriceHistory; nothing is charged for either. What AWS doesn't answer stays as it is and is
    named."""
    from ops.prices import tables

    return tables.update(region, instance_type or [], dry_run=dry_run)
