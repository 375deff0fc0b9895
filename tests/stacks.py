"""The tests' own stacks: what a company writes into the repository's stack files turns no test red.

`PROJECT` is a project folder as a company would have it. Commands find it by the working directory, in which every test
starts; tests that read settings themselves ask the functions here.
"""

import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from ops import stacks
from settings.document.loader import FULL_KEY, parse_settings
from settings.document.policy_config import config_files
from settings.models.platform import PlatformSettings

REPOSITORY = Path(__file__).resolve().parents[1]
PROJECT = Path(__file__).resolve().parent / "data" / "stacks"
NAMES = ("dev", "staging", "prod")
# What the engine reads of a project beside its stack files and its policies.
LINKED = (".venv", "__main__.py", "components", "planning", "sandbox", "settings", "telemetry")


def settings_of(stack: str) -> PlatformSettings:
    """The settings of one of the tests' stacks."""
    return stacks.settings_of(stack, PROJECT)


def stack_file(stack: str) -> Any:
    """The whole file of one of the tests' stacks, as YAML reads it."""
    return yaml.safe_load((PROJECT / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8"))


def stack_settings(stack: str, **changes: Any) -> PlatformSettings:
    """The settings of one of the tests' stacks with keys of its document replaced."""
    return parse_settings({**stack_file(stack)["config"][FULL_KEY], **changes}, stack=stack)


def with_profiles(settings: PlatformSettings) -> PlatformSettings:
    """The same stack with profiles on, at their defaults."""
    document = settings.model_dump(mode="json", exclude_none=True)
    return parse_settings({**document, "profiles": {"enabled": True}}, stack=settings.environment.value)


@cache
def policy_configs() -> Path:
    """A folder with the policy pack's configuration of the tests' stacks, made once a process."""
    folder = Path(tempfile.mkdtemp(prefix="lgtm-policies-"))
    for path, text in config_files(PROJECT).items():
        (folder / path.name).write_text(text, encoding="utf-8")
    return folder


def make_project(folder: Path) -> Path:
    """A project with the repository's program and the tests' stacks, to be changed at will."""
    folder.mkdir()
    for name in LINKED:
        (folder / name).symlink_to(REPOSITORY / name)
    copy_pack(folder)
    for path in PROJECT.glob("Pulumi*.yaml"):
        shutil.copyfile(path, folder / path.name)
    return folder


def copy_pack(folder: Path) -> None:
    """The policy pack, which finds its configuration beside its code, with that of the tests' stacks."""
    pack = folder / "policies"
    shutil.copytree(REPOSITORY / "policies", pack, ignore=shutil.ignore_patterns("config", "__pycache__"))
    shutil.copytree(policy_configs(), pack / "config")
