"""The command line: every group of commands under one name. What commands do is imported when they run."""

from typing import Annotated

import typer

from ops.cli import (
    alerts,
    checks,
    cost,
    iam,
    init,
    load,
    migration,
    prices,
    privacy,
    pull_request,
    recovery,
    savings,
    setup,
    tuning,
)
from ops.cli.options import PROGRAM, Group, Project

app = Group(
    "The platform's command line: what a stack costs and needs, how services connect, how the running platform is.",
    "cost plan --stack prod --preview plan.json --check",
    completion=PROGRAM == "lgtm",
)
for part in (
    cost,
    prices,
    checks,
    alerts,
    tuning,
    savings,
    load,
    recovery,
    privacy,
    init,
    iam,
    setup,
    migration,
    pull_request,
):
    app.add_typer(part.commands)


def _version(asked: bool) -> None:
    if asked:
        from ops.version import version

        print(version())
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and leave.")
    ] = False,
    _project: Project = None,
) -> None:
    """Options that belong to no command."""
