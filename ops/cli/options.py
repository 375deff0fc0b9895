"""What the commands' signatures share: groups, help texts, options that several take. Nothing else is imported here."""

from typing import Annotated

import typer


def group(text: str) -> typer.Typer:
    """A group of commands, with plain help."""
    return typer.Typer(
        help=text,
        no_args_is_help=False,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )


def help_text(text: str, *examples: str) -> str:
    """Help with examples, which \\b keeps from being wrapped."""
    lines = "\n".join(f"  python -m ops {example}" for example in examples)
    return f"{text}\n\n\b\nExample:\n{lines}"


Stack = Annotated[
    str, typer.Option(help="Stack whose file Pulumi.<stack>.yaml holds region, budget and expected load.")
]
Preview = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="Output of `pulumi preview --json --show-sames`; - reads standard input."),
]
EventLog = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help="Event log of a preview (`pulumi preview --event-log FILE`, with PULUMI_DEBUG_COMMANDS=true); "
        "- reads standard input.",
    ),
]
State = Annotated[
    str | None, typer.Option(metavar="FILE", help="Output of `pulumi stack export`; - reads standard input.")
]
Json = Annotated[bool, typer.Option("--json", help="As JSON.")]
