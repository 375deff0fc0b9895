"""A stack's settings, read from its file without the Pulumi CLI."""

from pathlib import Path

import yaml

from ops.errors import CommandError
from planning.cost.inputs import CostInputs
from settings.document.defaults import Json
from settings.document.loader import FULL_KEY, parse_settings
from settings.document.stack_files import owner_settings
from settings.models.platform import PlatformSettings
from settings.rules.cost_inputs import cost_inputs

PROJECT_FILE = "Pulumi.yaml"


class StackFileError(CommandError):
    """A stack file that is missing or can't be read; `str()` is the message for people."""


def project_directory() -> Path:
    """The project that a command is about: the working directory or the nearest above it, as `pulumi` finds it.

    Raises `StackFileError` where no `Pulumi.yaml` is.
    """
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / PROJECT_FILE).is_file():
            return folder
    raise StackFileError(f"there is no {PROJECT_FILE} in {here} or above it: run this in a project's folder")


def settings_of(stack: str, project: Path | None = None) -> PlatformSettings:
    """The settings of a stack. Raises `StackFileError`, and `SettingsError` where the document is wrong."""
    project = project or project_directory()
    path = project / f"Pulumi.{stack}.yaml"
    if not path.is_file():
        known = ", ".join(sorted(file.stem.removeprefix("Pulumi.") for file in project.glob("Pulumi.*.yaml")))
        raise StackFileError(f"there is no stack {stack!r}: {path.name} is missing; accepted: {known or 'none'}")
    try:
        document: Json = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise StackFileError(f"{path.name} can't be read: {' '.join(str(error).split())}") from None
    config = document.get("config") if isinstance(document, dict) else None
    return parse_settings(config.get(FULL_KEY) if isinstance(config, dict) else None, stack=stack)


def owner_of(settings: PlatformSettings) -> PlatformSettings | None:
    """For a guest, the settings of the stack that owns its cluster, where its file is here."""
    return owner_settings(settings, project_directory())


def cost_inputs_of(settings: PlatformSettings) -> CostInputs:
    """What the stack's cost is computed from beside resources and prices."""
    return cost_inputs(settings, owner_of(settings))
