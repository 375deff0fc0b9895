"""What `init` asks: each question has a default, which `--yes` takes; what is refused is asked for again."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import typer
from pydantic import TypeAdapter, ValidationError
from typer.exceptions import Abort

from ops.errors import CommandError
from ops.setup.company.answers import PLACEHOLDER_CIDR, Answers, default_requests_per_second
from ops.setup.company.discover import Found, compose_file, of_compose, of_context, service_of, written
from planning.aws.regions import wrong_region
from planning.base import Frozen
from settings.models.environment import Environment
from settings.models.fields import ACCEPTED, ProjectName, TagValue

T = TypeVar("T")
EXAMPLE_SERVICE = "web"
LONGEST_COMPANY = 20


class Given(Frozen):
    """What the command line says already; what is None is asked for."""

    company: str | None = None
    owner: str | None = None
    cost_centre: str | None = None
    region: str | None = None
    environments: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    compose: Path | None = None
    context: str | None = None
    kubeconfig: Path | None = None
    requests_per_second: float | None = None
    budgets: tuple[str, ...] = ()
    """`ENVIRONMENT=USD`, or one `USD` for each environment."""
    access_cidrs: tuple[str, ...] = ()
    yes: bool = False
    """Take defaults for what isn't given, ask nothing."""


class Questions:
    """Asks on the terminal, or takes the defaults."""

    def __init__(self, *, yes: bool) -> None:
        self._yes = yes

    def ask(self, flag: str, question: str, given: str | None, default: str, read: Callable[[str], T]) -> T:
        """The answer as `read` reads it. Raises `CommandError` for a flag that it refuses, and at the input's end."""
        if given is not None or self._yes:
            try:
                return read(default if given is None else given)
            except ValueError as error:
                raise CommandError(f"{flag}: {error}") from None
        while True:
            try:
                return read(str(typer.prompt(question, default=default, err=True)))
            except ValueError as error:
                typer.echo(f"  {error}", err=True)
            except Abort:
                raise CommandError(f"no answer to {question!r}: give {flag}, or --yes to take defaults") from None


def answers(given: Given, folder: Path) -> Answers:
    """All but the budgets, which need a first cost. Raises `CommandError`, `LiveError`."""
    asked = Questions(yes=given.yes)
    environments = asked.ask(
        "--environment", "Environments", _joined(given.environments), "dev, staging, prod", _environments
    )
    return Answers(
        company=asked.ask("--company", "Company or product", given.company, _company(folder), _of(ProjectName)),
        owner=asked.ask("--owner", "Owner: a team or a mailbox", given.owner, "platform-team", _of(TagValue)),
        cost_centre=asked.ask("--cost-centre", "Cost centre", given.cost_centre, "observability", _of(TagValue)),
        region=asked.ask("--region", "AWS region", given.region, "us-west-2", _region),
        environments=environments,
        services=_services(given, folder, asked),
        requests_per_second=asked.ask(
            "--requests-per-second",
            f"Requests a second in {environments[-1]}, a daily mean over all services",
            None if given.requests_per_second is None else str(given.requests_per_second),
            f"{default_requests_per_second(environments):g}",
            _positive,
        ),
        access_cidrs=asked.ask(
            "--access-cidr",
            "Address blocks that may reach the Kubernetes API (offices, VPN, CI)",
            _joined(given.access_cidrs),
            PLACEHOLDER_CIDR,
            _list,
        ),
    )


def budget(environment: Environment, given: Given, first_cost: float, default: float) -> float:
    """US dollars a month: what is given, else asked for; the default leaves a tenth of room. Raises `CommandError`."""
    named = [one.partition("=") for one in given.budgets if "=" in one]
    table = {name: usd for name, _, usd in named}
    unknown = table.keys() - set(Environment)
    if unknown:
        raise CommandError(f"--budget: there is no environment {unknown.pop()}; accepted: {', '.join(Environment)}")
    plain = next((one for one in given.budgets if "=" not in one), None)
    proposed = default if first_cost <= default else -(-first_cost * 1.1 // 5) * 5
    question = f"Budget of {environment} in USD a month (a first plan costs {first_cost:.0f})"
    return Questions(yes=given.yes).ask(
        "--budget", question, table.get(environment.value, plain), f"{proposed:g}", _positive
    )


def _services(given: Given, folder: Path, asked: Questions) -> tuple[Found, ...]:
    if given.context is not None:
        return of_context(given.context, given.kubeconfig)
    if given.compose is not None:
        return of_compose(given.compose)
    found = compose_file(folder)
    known = {written(one): one for one in of_compose(found)} if found and not given.services else {}
    question = "Services, as name:language:tier:team" + (f" (found in {found.name})" if found and known else "")

    def read(text: str) -> tuple[Found, ...]:
        return tuple(known.get(one) or service_of(one) for one in _list(text))

    return asked.ask("--service", question, _joined(given.services), ", ".join(known) or EXAMPLE_SERVICE, read)


def _joined(values: Sequence[str]) -> str | None:
    return ", ".join(values) or None


def _list(text: str) -> tuple[str, ...]:
    found = tuple(part for part in re.split(r"[,\s]+", text) if part)
    if not found:
        raise ValueError("at least one is needed")
    return found


def _environments(text: str) -> tuple[Environment, ...]:
    wanted = _list(text)
    wrong = [one for one in wanted if one not in set(Environment)]
    if wrong:
        raise ValueError(f"got {wrong[0]!r}; accepted: {', '.join(Environment)}")
    return tuple(environment for environment in Environment if environment in wanted)


def _region(text: str) -> str:
    if wrong := wrong_region(text):
        raise ValueError(f"got {text!r}; {wrong}")
    return text


def _positive(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0
    if not 0 < number <= 1_000_000:
        raise ValueError(
            f"got {text!r}; accepted: a number above 0, at most 1000000, such as 250 (no currency, no comma)"
        )
    return int(number) if number == int(number) else number


def _of(kind: Any) -> Callable[[str], str]:
    """Reads text as a kind that settings have, with that kind's own words."""
    accepted = TypeAdapter(kind).json_schema()[ACCEPTED]

    def read(text: str) -> str:
        try:
            return TypeAdapter(kind).validate_python(text)
        except ValidationError:
            raise ValueError(f"got {text!r}; accepted: {accepted}") from None

    return read


def _company(folder: Path) -> str:
    """The folder's name, as far as it can be one."""
    plain = re.sub(r"[^a-z0-9]+", "-", folder.resolve().name.lower()).strip("-")[:LONGEST_COMPANY].rstrip("-")
    return plain if plain[:1].isalpha() else "acme"
