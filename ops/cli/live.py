"""Commands over a running platform, for `python -m ops`: options and help only; bodies are imported when they run."""

import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Concatenate, ParamSpec

import typer

from ops.backends.connection import TIMEOUT_SECONDS, Connection
from ops.cli import options

UNREACHABLE = 3
EXIT_CODES = "Exit codes: 0 healthy or done, 1 a finding, 2 input that can't be used, 3 the platform can't be reached."

P = ParamSpec("P")
Stack = Annotated[str, typer.Option(help="Pulumi stack; its file Pulumi.<stack>.yaml must be here.")]
Endpoints = Annotated[
    list[str] | None,
    typer.Option(
        "--endpoint",
        metavar="NAME=URL",
        help="Address to use instead of the stack's outputs, for loki, tempo, mimir, grafana or otlp; may be repeated. "
        "Also LGTM_LOKI_URL and so on; tokens: LGTM_LOKI_TOKEN and so on.",
    ),
]
Kubeconfig = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="kubeconfig instead of the stack's own; also LGTM_KUBECONFIG."),
]
CaFile = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Certificate authority of https addresses, PEM; also LGTM_CA_FILE."),
]
Timeout = Annotated[float, typer.Option(min=0.1, max=600, metavar="SECONDS", help="For one request.")]
Json = options.Json
Yes = Annotated[bool, typer.Option("--yes", help="Don't ask before the stack file is changed.")]
Hours = Annotated[int, typer.Option(min=1, max=24 * 90, help="How many hours to look back.")]

# What every command that reaches a platform takes beside its own options.
_SHARED: dict[str, tuple[Any, Any]] = {
    "stack": (Stack, inspect.Parameter.empty),
    "endpoint": (Endpoints, None),
    "kubeconfig": (Kubeconfig, None),
    "ca_file": (CaFile, None),
    "timeout": (Timeout, TIMEOUT_SECONDS),
}


def help_text(text: str, *examples: str) -> str:
    """Help with exit codes and examples."""
    return options.help_text(f"{text}\n\n{EXIT_CODES}", *examples)


def subgroup(app: typer.Typer, name: str, text: str, *examples: str) -> typer.Typer:
    """A group of commands, added to `app`."""
    made = options.group(help_text(text, *examples))
    app.add_typer(made, name=name)
    return made


def connected(body: Callable[Concatenate[Connection, P], int]) -> Callable[..., int]:
    """A command of `body` that also takes the options of a connection; a platform out of reach is exit code 3."""

    def command(**given: Any) -> int:
        connection = Connection(
            stack=given.pop("stack"),
            endpoints=tuple(given.pop("endpoint") or ()),
            kubeconfig=given.pop("kubeconfig"),
            ca_file=given.pop("ca_file"),
            timeout_seconds=given.pop("timeout"),
        )
        return reaching(lambda: body(connection, **given))  # pyright: ignore[reportCallIssue]

    keyword = inspect.Parameter.KEYWORD_ONLY
    shared = [
        inspect.Parameter(name, keyword, default=default, annotation=kind) for name, (kind, default) in _SHARED.items()
    ]
    own = [one.replace(kind=keyword) for one in inspect.signature(body, eval_str=True).parameters.values()][1:]
    parameters = [shared[0], *own, *shared[1:]]
    command.__signature__ = inspect.Signature(parameters, return_annotation=int)  # type: ignore[attr-defined]
    command.__annotations__ = {one.name: one.annotation for one in parameters} | {"return": int}
    command.__name__, command.__doc__ = body.__name__, body.__doc__
    return command


def reaching(run: Callable[[], int]) -> int:
    """The exit code of `run`; one message on standard error and 3 when a service gives no usable answer."""
    from ops.backends.errors import LiveError

    try:
        return run()
    except LiveError as error:
        print(f"error: {error}", file=sys.stderr)
        return UNREACHABLE


def register(app: typer.Typer, cost: typer.Typer, dashboards: typer.Typer | None = None) -> None:
    """Adds every command of this package to `app`, `cost actual` to `cost`, `dashboards optimise` to `dashboards`."""
    from ops.cli import changing_commands, reading_commands, reviewing_commands

    reading_commands.register(app, dashboards)
    reviewing_commands.register(app, cost)
    changing_commands.register(app)
