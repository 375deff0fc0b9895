"""Commands about alerts and annotations of a running stack."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from ops.cli.options import Answered, Connected, Group, Stack
from ops.errors import CommandError

# The settings' own enumeration, spelled out: its module takes a tenth of a second, for `--help` too.
Heard = Literal["critical", "warning", "info"]
commands = Group(panel="A running platform")
alerts = commands.group("alerts", "Whether alerts reach people, and silences.", "alerts test --stack prod")


@alerts.command("test", "alerts test --stack prod", "alerts test --stack prod --severity critical --team checkout")
def send_test(
    platform: Connected,
    severity: Annotated[Heard, typer.Option(help="critical pages whom it pages.")] = "warning",
    team: Annotated[str | None, typer.Option(metavar="TEAM", help="As if about this team's first service.")] = None,
) -> Answered:
    """Sends one alert that is named a test: whether Alertmanager lists it, who is told, what holds it back. It fires as
    long as its severity's group waits (20 s to 5 minutes), then is resolved."""
    from ops.alerts.way_out import try_out
    from settings.models.receivers import Severity

    return try_out(platform, Severity(severity), team)


@alerts.command(
    "silence",
    "alerts silence --stack prod --matcher alertname=VolumeFilling --for 2h --comment 'volume grows tonight'",
    "alerts silence --stack prod --list",
    "alerts silence --stack prod --expire ID",
)
def silence(
    platform: Connected,
    matcher: Annotated[
        list[str] | None,
        typer.Option(metavar="LABEL=VALUE", help="Which alerts, also with != =~ !~; all must fit; may be repeated."),
    ] = None,
    team: Annotated[str | None, typer.Option(metavar="TEAM", help="Alerts about this team's services.")] = None,
    duration: Annotated[
        str | None, typer.Option("--for", metavar="DURATION", help="How long, such as 2h or 1h30m; at most 720h.")
    ] = None,
    comment: Annotated[str | None, typer.Option(metavar="TEXT", help="Why, for others.")] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Add it; else only what it would hold back is shown.")] = False,
    shown: Annotated[bool, typer.Option("--list", help="Show the silences that hold or will.")] = False,
    expire: Annotated[str | None, typer.Option(metavar="ID", help="End a silence now.")] = None,
) -> Answered:
    """Holds alerts back for a while: shows which firing ones match, and with --apply adds the silence and prints its
    id."""
    from ops.alerts import silences

    adding = bool(matcher or team or duration or comment or apply)
    if adding + shown + (expire is not None) > 1:
        raise CommandError("accepted: one of --matcher (with --for and --comment), --list, --expire")
    if shown:
        return silences.listed(platform)
    if expire is not None:
        return silences.expire(platform, expire)
    wanted = silences.request(silences.matchers_of(platform.settings, matcher or [], team), duration, comment)
    return silences.silence(platform, wanted, apply=apply)


@commands.command("annotate", "annotate --stack prod --text 'deployed checkout 1.2.3' --service checkout --tag deploy")
def annotate(
    platform: Connected,
    text: Annotated[str, typer.Option(metavar="TEXT", help="What happened.")],
    service: Annotated[str | None, typer.Option(metavar="NAME", help="To which; becomes the tag service:NAME.")] = None,
    tag: Annotated[list[str] | None, typer.Option(metavar="TAG", help="Such as deploy; may be repeated.")] = None,
) -> Answered:
    """Marks this moment on every dashboard, such as a deployment."""
    from ops.alerts.annotate import annotate

    return annotate(platform, text, service, tag or [])


@commands.command(
    "runbooks",
    "runbooks --stack prod",
    "runbooks --stack prod --alert VolumeFilling",
    "runbooks --stack prod --output build/runbooks",
)
def show_runbooks(
    stack: Stack,
    alert: Annotated[str | None, typer.Option(metavar="NAME", help="One page, by its alert's name.")] = None,
    output: Annotated[Path | None, typer.Option(metavar="DIR", help="Write the pages there, as Markdown.")] = None,
) -> Answered:
    """The pages of alerts with the stack's own namespaces, kubeconfig, dashboards and commands; without a name or a
    folder, what each page asks first."""
    from ops.alerts.runbooks import runbooks

    return runbooks(stack, alert, output)


@commands.command(
    "explain", "explain HighErrorRate --stack prod", "explain ServiceUnusual --stack prod --at 2026-11-28T14:05"
)
def explain(
    platform: Connected,
    alert: Annotated[str, typer.Argument(metavar="ALERT", help="Name of an alert that fires, or did then.")],
    at: Annotated[
        str | None, typer.Option("--at", metavar="TIME", help="When it fired, as 2026-11-28T14:05, UTC; default: now.")
    ] = None,
    service: Annotated[
        str | None, typer.Option(metavar="NAME", help="Of several services that it fires for, this one.")
    ] = None,
) -> Answered:
    """What else moved in the minutes in which an alert began: requests, errors, durations and log lines of all
    services, the largest change first; who calls whom; deployments; log lines that came up."""
    from ops.alerts.explain import explain

    return explain(platform, alert, at, service)
