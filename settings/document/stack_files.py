"""A project's stack files, read without Pulumi."""

from pathlib import Path
from typing import Any

import yaml

from settings.document.loader import FULL_KEY, parse_settings
from settings.document.messages import SettingsError
from settings.models.cluster import SharedCluster
from settings.models.platform import PlatformSettings


def stack_settings(stack_file: Path) -> PlatformSettings:
    """The settings of a stack file. Raises `SettingsError`."""
    stack = stack_file.stem.removeprefix("Pulumi.")
    try:
        document: Any = yaml.safe_load(stack_file.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise SettingsError(stack, [f"{stack_file.name} is not YAML: {error}"]) from None
    config: Any = document.get("config") if isinstance(document, dict) else None  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    return parse_settings(config.get(FULL_KEY) if isinstance(config, dict) else None, stack=stack)  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType]


def owner_settings(settings: PlatformSettings, project: Path) -> PlatformSettings | None:
    """For a guest, the settings of the stack that owns its cluster; None for any other stack.

    None also where the owner's file isn't in the project or can't be used: a guest can live without it.
    """
    if not isinstance(settings.cluster, SharedCluster):
        return None
    try:
        return stack_settings(project / f"Pulumi.{settings.cluster.owner_stack}.yaml")
    except (OSError, UnicodeDecodeError, SettingsError):
        return None
