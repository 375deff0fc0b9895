"""Which stacks a diff touches, as a pure function over changed files: what is unknown counts as touched."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath

from ops.report.model import Bullets, Document, Text, document
from planning.base import Frozen
from planning.json_value import Json
from settings.document.loader import FULL_KEY
from settings.document.stack_files import StackFileError, config_in

# What the program reads when it runs. policies/ is no part of it, but judges what it plans.
PROGRAM = ("__main__.py", "Pulumi.yaml", "components", "planning", "policies", "settings", "telemetry")
PACKAGES = ("requirements.txt", "requirements.lock")
# What no plan can depend on. Anything in neither list counts as part of the program.
BESIDE_THE_PROGRAM = (
    ".ci", ".editorconfig", ".gitattributes", ".github", ".gitignore", ".gitlab-ci.yml", ".pre-commit-config.yaml",
    "AGENTS.md", "CHANGELOG.md", "LICENSE", "Makefile", "README.md", "SECURITY.md", "benchmarks", "docs", "mkdocs.yml",
    "ops", "pyproject.toml", "requirements-dev.txt", "sandbox", "template", "tests", "typings",
)  # fmt: skip
# Written from the settings' models for editors; a change of the models shows in their own files.
GENERATED = "settings/stack.schema.json"
PRICE_TABLES = "planning/prices"
POLICY_LIMITS = "policies/config"
# What a tenant stack on a shared cluster takes from its owner's document: the cluster, its network, its names.
SHARED_SETTINGS = ("cluster", "environment", "network", "project", "region")


class StackFacts(Frozen):
    """What decides whether a change reaches a stack."""

    name: str
    """The stack's name, as in Pulumi.<name>.yaml."""
    region: str | None
    """AWS region; None where the document can't be read, which every price table then touches."""
    owner: str | None = None
    """The stack whose cluster it lives on."""


class ChangedFile(Frozen):
    """One path of a diff, relative to the project with forward slashes."""

    path: str
    """The path."""
    before: str | None = None
    """The text before, of a stack file only; None where it was not there."""
    after: str | None = None
    """The text after, likewise."""


class AffectedStack(Frozen):
    """A stack to preview."""

    name: str
    """The stack."""
    reasons: tuple[str, ...]
    """One line for each file that reaches it."""


class Affected(Frozen):
    """What a diff touches."""

    stacks: tuple[AffectedStack, ...]
    """The stacks to preview, in the order of the facts given: an owner before its tenant stacks."""
    removed: tuple[str, ...] = ()
    """Stacks whose file the diff deletes; what they run must be destroyed by hand first."""

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the stacks to preview."""
        return tuple(stack.name for stack in self.stacks)

    def document(self) -> Document:
        """Each stack with its reasons."""
        deleted = "its file is deleted; destroy the stack before, or its resources stay unmanaged"
        touched = (
            *(Bullets(title=stack.name, items=stack.reasons) for stack in self.stacks),
            *(Text(words=f"{name}: {deleted}") for name in self.removed),
        )
        return document("", *(touched or [Text(words="no stack is touched")]))


def affected_stacks(changes: Iterable[ChangedFile], stacks: Sequence[StackFacts]) -> Affected:
    """Which of the stacks the changed files reach, and why."""
    reasons: dict[str, list[str]] = {stack.name: [] for stack in stacks}
    removed: list[str] = []
    for change in changes:
        own = stack_of_file(change.path)
        if own is not None and own not in reasons:
            removed.append(own)
            continue
        for name, why in _reached(change, own, stacks):
            reasons[name].append(f"{change.path}: {why}")
    return Affected(
        stacks=tuple(AffectedStack(name=name, reasons=tuple(lines)) for name, lines in reasons.items() if lines),
        removed=tuple(sorted(removed)),
    )


def stack_of_file(path: str) -> str | None:
    """The stack that a stack file belongs to; None for other paths."""
    parts = path.split(".")
    return parts[1] if len(parts) == 3 and (parts[0], parts[2]) == ("Pulumi", "yaml") and "/" not in path else None


def _reached(change: ChangedFile, own: str | None, stacks: Sequence[StackFacts]) -> list[tuple[str, str]]:
    if own is not None:
        tenant_stacks = [stack.name for stack in stacks if stack.owner == own and shared_settings_differ(change)]
        return [(own, "the stack's own settings"), *((name, f"shares {own}'s cluster") for name in tenant_stacks)]
    path = PurePosixPath(change.path)
    everyone = [stack.name for stack in stacks]
    if change.path == GENERATED or change.path.startswith(f"{POLICY_LIMITS}/"):
        limited = [name for name in everyone if change.path == f"{POLICY_LIMITS}/{name}.json"]
        return [(name, "the stack's policy limits") for name in limited]
    if str(path.parent) == PRICE_TABLES and path.suffix == ".yaml":
        region = path.stem
        return [(stack.name, f"prices of {region}") for stack in stacks if stack.region in (None, region)]
    top = path.parts[0] if path.parts else ""
    if top == "policies":
        return [(name, "the policy pack") for name in everyone]
    if top in PROGRAM:
        return [(name, "the program") for name in everyone]
    if change.path in PACKAGES:
        return [(name, "the program's packages") for name in everyone]
    if top in BESIDE_THE_PROGRAM:
        return []
    return [(name, "not known to be beside the program") for name in everyone]


def shared_settings_differ(change: ChangedFile) -> bool:
    """Whether a changed stack file differs in what its tenant stacks rest on; true where it can't be read."""
    before, after = (_shared_settings(text) for text in (change.before, change.after))
    return before is None or after is None or before != after


def _shared_settings(text: str | None) -> Mapping[str, Json] | None:
    if text is None:
        return None
    try:
        config = config_in(text, "changed")
    except StackFileError:
        return None
    settings = config.get(FULL_KEY)
    if not isinstance(settings, dict):
        return None
    shared = {key: settings.get(key) for key in SHARED_SETTINGS}
    return shared | {key: value for key, value in config.items() if key != FULL_KEY}
