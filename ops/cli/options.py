"""What the commands share: groups, help texts, options that several take. Nothing heavy is imported here."""

import functools
import inspect
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from typer.core import TyperGroup

from ops.backends.connection import TIMEOUT_SECONDS, Connection
from settings.project import VARIABLE, ProjectError, project_at, project_root, stack_names

if TYPE_CHECKING:
    from ops.backends.target import Target
    from ops.report.checks import Report
    from ops.report.output import Answer

Command = TypeVar("Command", bound=Callable[..., Any])

# As it was called: the installed `lgtm`, or the module from a checkout.
PROGRAM = "lgtm" if Path(sys.argv[0]).name == "lgtm" else "python -m ops"
EXIT_CODES = (
    "Exit codes: 0 done or healthy, 1 over budget (with --check) or a finding, 2 input that can't be used, 3 the "
    "platform can't be reached."
)


def _use_project(folder: Path | None) -> None:
    """The environment is the one channel: the tools that a command starts read the same."""
    if folder is not None:
        os.environ[VARIABLE] = str(project_at(folder))


def _stacks(incomplete: str) -> list[str]:
    """What a shell may complete to; nothing where there is no project."""
    try:
        return [name for name in stack_names(project_root()) if name.startswith(incomplete)]
    except ProjectError:
        return []


Stack = Annotated[
    str,
    typer.Option(
        help="Pulumi stack; its file Pulumi.<stack>.yaml says what is expected of it.", autocompletion=_stacks
    ),
]
Project = Annotated[
    Path | None,
    typer.Option(
        "--project",
        metavar="DIR",
        callback=_use_project,
        help="Folder with the stack files; default: the nearest from here upward; also LGTM_PROJECT.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="As JSON.")]
Yes = Annotated[bool, typer.Option("--yes", help="Don't ask before the stack file is changed.")]
Hours = Annotated[int, typer.Option(min=1, max=24 * 90, help="How many hours to look back.")]
Kubeconfig = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="kubeconfig instead of the stack's own; also LGTM_KUBECONFIG."),
]
CaFile = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Certificate authority of https addresses, PEM; also LGTM_CA_FILE."),
]
ClientCertificate = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Certificate and its key, PEM, for servers that ask for a client's; also LGTM_CLIENT_CERTIFICATE.",
    ),
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
_Endpoints = Annotated[
    list[str] | None,
    typer.Option(
        "--endpoint",
        metavar="NAME=URL",
        help="Address to use instead of the stack's outputs, for loki, tempo, mimir, grafana or otlp; may be repeated. "
        "Also LGTM_LOKI_URL and so on; tokens: LGTM_LOKI_TOKEN and so on.",
    ),
]
_Timeout = Annotated[float, typer.Option("--timeout", min=0.1, max=600, metavar="SECONDS", help="For one request.")]

Connected = Annotated["Target", "a running stack, by the options of a connection"]
"""The first parameter of a command that reaches a running stack: it takes the options of a connection instead."""

Answered = Annotated["Answer | Report", "printed as a report, or with --json as JSON"]
"""What a command returns that finds something out: it takes --json, and ends with the answer's exit code."""

# The options of a connection, by the field of `Connection` that each fills.
_CONNECTION: dict[str, tuple[Any, Any]] = {
    "stack": (Stack, inspect.Parameter.empty),
    "endpoints": (_Endpoints, None),
    "kubeconfig": (Kubeconfig, None),
    "ca_file": (CaFile, None),
    "client_certificate": (ClientCertificate, None),
    "timeout_seconds": (_Timeout, TIMEOUT_SECONDS),
}


class _Panels(TyperGroup):
    """Plain help that lists commands by panel, each with the whole first sentence of its help."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002
        panels: dict[str, list[tuple[str, str]]] = {}
        for name, command in self.commands.items():
            panel: str = getattr(command, "rich_help_panel", None) or "Commands"
            panels.setdefault(panel, []).append((name, command.get_short_help_str(limit=10_000)))
        for panel, rows in panels.items():
            with formatter.section(panel):
                formatter.write_dl(rows)


class Group(typer.Typer):
    """Commands that belong together: plain help from docstrings, with exit codes and examples."""

    def __init__(self, text: str = "", *examples: str, panel: str | None = None, completion: bool = False) -> None:
        super().__init__(
            cls=_Panels,
            help=_help(text, examples),
            add_completion=completion,
            rich_markup_mode=None,
            pretty_exceptions_enable=False,
            context_settings={"help_option_names": ["-h", "--help"]},
        )
        self._panel = panel

    def group(self, name: str, text: str, *examples: str) -> "Group":
        """Adds a group of commands below a name."""
        made = Group(text, *examples)
        self.add_typer(made, name=name, rich_help_panel=self._panel)
        return made

    def command(self, name: str | None = None, *examples: str, **settings: Any) -> Callable[[Command], Command]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Adds a function as a command: its docstring is the help, the `examples` go below it."""
        add = super().command

        def added(function: Command) -> Command:
            text = _help(inspect.getdoc(function) or "", examples)
            add(name, help=text, rich_help_panel=self._panel, **settings)(_with_shared_options(function))
            return function

        return added


def _help(text: str, examples: tuple[str, ...]) -> str:
    """Help with exit codes, and examples, which \\b keeps from being wrapped."""
    lines = "\n".join(f"  {PROGRAM} {example}" for example in examples)
    return f"{text}\n\n{EXIT_CODES}\n\n\b\nExample:\n{lines}"


def _with_shared_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """The command of a function: it also takes --project, --json where it is `Answered`, and where it is `Connected`
    the options of a connection."""
    signature = inspect.signature(function)
    parameters, answered = list(signature.parameters.values()), signature.return_annotation is Answered
    connected = bool(parameters) and parameters[0].annotation is Connected

    def run(**given: Any) -> Any:
        if not connected:
            return function(**given)
        from ops.backends.target import Target

        connection = Connection(**{name: given.pop(name) for name in _CONNECTION})
        with Target(connection) as platform:
            return function(platform, **given)

    @functools.wraps(function)
    def command(**given: Any) -> Any:
        given.pop("project")  # `_use_project` has seen it
        if not answered:
            return run(**given)
        from ops.report.output import show_answer

        as_json = given.pop("json")
        return show_answer(run(**given), as_json=as_json)

    def option(name: str, kind: object, default: object) -> inspect.Parameter:
        return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)

    # The stack first in the help, then what the command itself takes, then how to reach the stack.
    shared = [option(name, kind, default) for name, (kind, default) in _CONNECTION.items()] if connected else []
    own = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in parameters[connected:]]
    own += [option("json", Json, False)] if answered else []
    shown = [*shared[:1], *own, *shared[1:], option("project", Project, None)]
    command.__signature__ = inspect.Signature(shown)  # type: ignore[attr-defined]
    command.__annotations__ = {one.name: one.annotation for one in shown}
    return command
