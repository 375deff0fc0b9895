"""Commands about the AWS roles that workflows take."""

from pathlib import Path
from typing import Annotated

import typer

from ops.cli.options import Answered, Group, Stack

commands = Group(panel="Setting up")
iam = commands.group("iam", "Roles for workflows that preview and deploy.", "iam roles --stack prod --help")


@iam.command(
    "roles",
    "iam roles --stack prod --account 123456789012 --state-bucket acme-pulumi-state "
    "--state-key arn:aws:kms:us-west-2:123456789012:key/... --repository acme/lgtm --output build/iam",
    "iam roles --stack prod ... --registered plan.json --output build/iam",
)
def roles(
    stack: Stack,
    account: Annotated[str, typer.Option(metavar="ID", help="AWS account of the stack: 12 digits.")],
    state_bucket: Annotated[str, typer.Option(metavar="NAME", help="Bucket with Pulumi's state.")],
    state_key: Annotated[str, typer.Option(metavar="ARN", help="KMS key of the stack's secrets.")],
    output: Annotated[Path, typer.Option(metavar="DIR", help="Directory to write to.")] = Path("build/iam"),
    repository: Annotated[
        str | None, typer.Option(metavar="OWNER/NAME", help="GitHub repository: writes trust policies for it too.")
    ] = None,
    registered: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Preview, event log or state: the roles then cover exactly its types."),
    ] = None,
) -> Answered:
    """Least-privilege policies of three roles, from the resource types that the stack registers: pull-request (no
    state, no key), plan (reads both) and deploy (changes what carries the stack's names and tags)."""
    from ops.errors import CommandError
    from ops.setup.iam_roles import iam_roles

    if not (account.isdecimal() and len(account) == 12):
        raise CommandError(f"--account {account}; accepted: 12 digits")
    return iam_roles(stack, account, state_bucket, state_key, output, repository=repository, registered=registered)
