"""`lgtm init`: a company's own stacks, with their first cost, before anything is written or paid."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path

from ops.errors import CommandError
from ops.files import write
from ops.report.model import Document, Listing, Section, Text, Tone, document, table
from ops.report.output import Answer
from ops.setup.company.answers import PLACEHOLDER_CIDR, PROJECT_FILE, Answers, stack_documents, stack_text
from ops.setup.company.questions import Given, answers, budget
from planning.base import Frozen
from planning.budget import Budget
from planning.cost.budget import budget_verdict
from planning.cost.model import CostReport
from settings.document.loader import parse_settings
from settings.document.policy_config import config_files
from settings.document.stack_files import stack_path
from settings.models.cluster import SharedCluster
from settings.models.environment import Environment
from settings.models.platform import PlatformSettings
from settings.project import stack_names
from telemetry.cost.planned import priced_plan
from telemetry.preflight import CHECKS, Situation

PROJECT = "Pulumi.yaml"
AUTO = "the load is above what the environment's default sizes carry, so the planner chooses them"


class FirstCost(Frozen):
    """What one stack costs by its settings alone."""

    stack: str
    """Stack, and its environment."""
    usd_per_month: float
    """Steady state, in list prices."""
    budget_usd_per_month: float
    """What it may cost."""
    within: bool
    """Whether it does."""
    notes: tuple[str, ...]
    """What the prices rest on."""


class Made(Frozen):
    """What was written."""

    folder: Path
    """The project."""
    files: tuple[str, ...]
    """Relative to it."""
    left: tuple[str, ...]
    """Stack files that were there and aren't these."""
    costs: tuple[FirstCost, ...]
    """By stack."""


def init(given: Given, folder: Path, *, replace: bool, today: date | None = None) -> Answer:
    """Asks, writes and prices. Nothing is written when an answer can't be used or a file is there already.

    Raises `CommandError`, `SettingsError`, `LiveError`.
    """
    day = today or datetime.now(UTC).date()
    found = answers(given, folder)
    stacks = [environment.value for environment in found.environments]
    if not replace:
        _refuse(folder, [stack_path(stack, Path()).name for stack in stacks])
    first = _settings(found)
    heavy = tuple(environment for environment, one in first.items() if not _carries(one, environment))
    if heavy:
        found = found.model_copy(update={"automatic": heavy})
        first = _settings(found)
    reports = {environment: _cost(first, environment, day) for environment in first}
    budgets = {
        environment: budget(environment, given, reports[environment].usd_per_month, one.budget.usd_per_month)
        for environment, one in first.items()
    }
    own = {key: usd for key, usd in budgets.items() if usd != first[key].budget.usd_per_month}
    found = found.model_copy(update={"budgets": own})
    settings = _settings(found)
    made = Made(
        folder=folder,
        files=tuple(_write(found, folder)),
        left=tuple(stack_path(one, Path()).name for one in stack_names(folder) if one not in stacks),
        costs=tuple(
            _first_cost(environment, reports[environment], one.budget) for environment, one in settings.items()
        ),
    )
    return Answer(made, lambda: _document(made, found))


def _refuse(folder: Path, names: list[str]) -> None:
    there = [name for name in names if (folder / name).exists()]
    if there:
        raise CommandError(
            f"{', '.join(there)} {'is' if len(there) == 1 else 'are'} in {folder} already and nothing was written: "
            "--replace writes over them, --output DIR writes elsewhere"
        )


def _carries(settings: PlatformSettings, environment: Environment) -> bool:
    return not any(CHECKS["load"](Situation(settings, environment.value, None)))


def _settings(found: Answers) -> dict[Environment, PlatformSettings]:
    return {
        environment: parse_settings(one, stack=environment.value) for environment, one in stack_documents(found).items()
    }


def _cost(settings: Mapping[Environment, PlatformSettings], environment: Environment, day: date) -> CostReport:
    one = settings[environment]
    cluster = one.cluster
    owner = settings.get(Environment(cluster.owner_stack)) if isinstance(cluster, SharedCluster) else None
    return priced_plan(one, environment.value, owner, today=day)


def _first_cost(environment: Environment, report: CostReport, agreed: Budget) -> FirstCost:
    verdict = budget_verdict(report, agreed)
    return FirstCost(
        stack=environment.value,
        usd_per_month=round(report.usd_per_month, 2),
        budget_usd_per_month=verdict.budget,
        within=verdict.within,
        notes=report.warnings,
    )


def _write(found: Answers, folder: Path) -> list[str]:
    """Writes the project, its stacks and what policies hold them to. Returns the names of the files."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CommandError(f"--output {folder}: can't be made: {error.strerror}") from None
    texts = {stack_path(one.value, folder): stack_text(text) for one, text in stack_documents(found).items()}
    if not (folder / PROJECT).exists():
        texts[folder / PROJECT] = PROJECT_FILE.format(company=found.company)
    for path, text in texts.items():
        write(path, text)
    limits = {path: text for path, text in config_files(folder).items() if path.stem in found.environments}
    for path, text in limits.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, text)
    return [str(path.relative_to(folder)) for path in (*texts, *limits)]


def _document(made: Made, found: Answers) -> Document:
    rows = [
        (one.stack, f"{one.usd_per_month:.2f}", f"{one.budget_usd_per_month:.2f}", "yes" if one.within else "no")
        for one in made.costs
    ]
    notes = dict.fromkeys(note for one in made.costs for note in one.notes)
    over = [one.stack for one in made.costs if not one.within]
    return document(
        f"{found.company}: {len(made.costs)} stacks in {found.region}",
        Text(words=f"written in {made.folder}: {', '.join(made.files)}"),
        *([Text(words=f"also there, and not written: {', '.join(made.left)}", tone=Tone.WARNING)] if made.left else []),
        table(("stack", "USD a month", "budget", "within"), rows, numbers=(1, 2)),
        *([Text(words=f"sizes: auto in {', '.join(found.automatic)}: {AUTO}")] if found.automatic else []),
        *([Text(words=f"over budget: {', '.join(over)}", tone=Tone.BAD)] if over else []),
        *(Text(words=f"note: {note}", tone=Tone.WARNING) for note in notes),
        *([_placeholder()] if PLACEHOLDER_CIDR in found.access_cidrs else []),
        Section(heading="Next", blocks=(Listing(text="\n".join(_next(made, found))),)),
    )


def _placeholder() -> Text:
    words = (
        f"{PLACEHOLDER_CIDR} are documentation addresses: before `pulumi up`, put the blocks of your offices, VPN and "
        "CI into cluster.public_access_cidrs"
    )
    return Text(words=words, tone=Tone.WARNING)


def _next(made: Made, found: Answers) -> list[str]:
    stack, service = made.costs[-1].stack, found.services[0]["name"]
    steps = [
        (f"python -m ops validate --stack {stack}", "the stack file, before anything is planned"),
        (f"make preview STACK={stack}", "the whole plan with its cost, without an AWS account"),
        (f"python -m ops integrate {service} --stack {stack}", "how a service connects"),
        ("docs/deploy.md", "into your account"),
    ]
    if not (made.folder / "__main__.py").is_file():
        steps.insert(0, ("git clone ...", "the program: these files belong into a checkout of it"))
    width = max(len(step) for step, _ in steps)
    return [f"{step:{width}}   # {what}" for step, what in steps]
