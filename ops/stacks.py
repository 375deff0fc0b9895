"""The project that a command is about, and its stacks."""

from pathlib import Path

from ops.files import text_of
from planning.cost.inputs import CostInputs
from settings.document.loader import FULL_KEY
from settings.document.service_load import assumed_workload
from settings.document.stack_files import config_in, owner_settings, stack_path, stack_settings
from settings.models.platform import PlatformSettings
from settings.project import project_root
from settings.rules.cost_inputs import cost_inputs


def settings_of(stack: str, project: Path | None = None) -> PlatformSettings:
    """The settings of a stack. Raises `StackFileError`, and `SettingsError` where the document is wrong."""
    return stack_settings(stack, project or project_root())


def owner_of(settings: PlatformSettings) -> PlatformSettings | None:
    """For a tenant stack, the settings of the stack that owns its cluster, where its file is here."""
    return owner_settings(settings, project_root())


def cost_inputs_of(settings: PlatformSettings) -> CostInputs:
    """What the stack's cost is computed from beside resources and prices."""
    return cost_inputs(settings, owner_of(settings))


def assumed_of(stack: str, project: Path | None = None) -> tuple[str, ...]:
    """Keys of `workload` that neither the stack's file nor its services say. Raises `CommandError`."""
    document = config_in(text_of(stack_path(stack, project or project_root())), stack)[FULL_KEY]
    return tuple(assumed_workload(document)) if isinstance(document, dict) else ()
