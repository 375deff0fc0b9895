"""Commands about a person's data."""

from typing import Annotated

import typer

from ops.cli.options import Connected, Group, Json

commands = Group(panel="Personal data")


@commands.command(
    "erase", "erase --stack prod --user 4711", "erase --stack prod --user 4711 --apply", "erase --stack prod --user -"
)
def erase(
    platform: Connected,
    user: Annotated[
        str, typer.Option(metavar="ID", help="The person's id as services send it; - reads it from standard input.")
    ],
    attribute: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Which of redaction.hashed_attributes holds the id; may be repeated. Default: user.id and enduser.id.",
        ),
    ] = None,
    previous_key_secret: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Secret of the platform's namespace with a hash-key from before a rotation; may be repeated.",
        ),
    ] = None,
    also_unkeyed: Annotated[
        bool, typer.Option("--also-unkeyed", help="Also hashes from a time of redaction.unkeyed_hashes.")
    ] = False,
    also_plain: Annotated[
        bool, typer.Option("--also-plain", help="Also lines with the id itself under these names; else only counted.")
    ] = False,
    apply: Annotated[bool, typer.Option("--apply", help="Have Loki delete them; asks first, or --yes.")] = False,
    follow: Annotated[
        bool, typer.Option("--follow/--no-follow", help="Wait until Loki has done it, which takes a day.")
    ] = True,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask before lines are deleted.")] = False,
    json: Json = False,
) -> int:
    """A person's log lines, found by the hash of the id: what Loki would delete, and how many lines. With --apply it is
    filed on every replica of Loki and followed until it is done; safe to repeat, and continues a run that was cut. Says
    when the person's traces age out. The hash key is read from the cluster, and never shown."""
    from ops.erasure.erase import erase as carry_out
    from ops.erasure.identity import Wanted, read_user

    wanted = Wanted(
        user=read_user(user),
        attributes=tuple(attribute or ()),
        previous_key_secrets=tuple(previous_key_secret or ()),
        unkeyed=also_unkeyed,
        plain=also_plain,
    )
    return carry_out(platform, wanted, apply=apply, yes=yes, follow=follow, as_json=json)
