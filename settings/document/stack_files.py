"""A stack's settings from its file, as the program would get them from Pulumi.

What is in no file isn't seen: `PULUMI_CONFIG`, Pulumi ESC environments, the values of secrets.
"""

from pathlib import Path

from planning.errors import UserError
from planning.json_value import Json
from settings.document.loader import NAMESPACE, parse_config
from settings.document.pulumi_yaml import UnreadableYamlError, read_yaml
from settings.models.cluster import SharedCluster
from settings.models.platform import PlatformSettings
from settings.project import stack_names


class StackFileError(UserError):
    """A stack file that is missing or can't be read; `str()` is the message for people."""


def stack_path(stack: str, project: Path) -> Path:
    """Where a stack's file is."""
    return project / f"Pulumi.{stack}.yaml"


def stack_settings(stack: str, project: Path) -> PlatformSettings:
    """The settings of a stack. Raises `StackFileError`, and `SettingsError` where the document is wrong."""
    path = stack_path(stack, project)
    if not path.is_file():
        known = ", ".join(stack_names(project)) or "none"
        raise StackFileError(f"there is no stack {stack!r}: {path.name} is missing; accepted: {known}")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise StackFileError(f"{path.name} can't be read: {error}") from None
    return settings_in(text, stack)


def owner_settings(settings: PlatformSettings, project: Path) -> PlatformSettings | None:
    """For a tenant stack, the settings of the stack that owns its cluster; None for any other stack.

    None also where the owner's file isn't in the project or can't be used: a tenant stack can live without it.
    """
    if not isinstance(settings.cluster, SharedCluster):
        return None
    try:
        return stack_settings(settings.cluster.owner_stack, project)
    except UserError:
        return None


def settings_in(text: str, stack: str) -> PlatformSettings:
    """The settings in the text of a stack's file. Raises `StackFileError`, `SettingsError`."""
    return parse_config(config_in(text, stack), stack=stack)


def config_in(text: str, stack: str) -> dict[str, Json]:
    """The configuration by key; a key without a namespace has the project's. Raises `StackFileError`."""
    name = stack_path(stack, Path()).name
    try:
        document = read_yaml(text)
    except UnreadableYamlError as error:
        raise StackFileError(f"{name} can't be read: {error}") from None
    config = document.get("config") if isinstance(document, dict) else document
    if not isinstance(config, dict | None):
        raise StackFileError(f"{name} can't be read: accepted is a table with the key config, and a table there")
    return {key if ":" in key else f"{NAMESPACE}:{key}": value for key, value in (config or {}).items()}
