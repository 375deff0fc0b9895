"""The project: the folder with the stack files, found from where a command is started and not beside this code."""

import os
from pathlib import Path

from planning.errors import UserError

VARIABLE = "LGTM_PROJECT"
FILES = "Pulumi.yaml", "Pulumi.*.yaml"
ACCEPTED = f"accepted: a folder with Pulumi.yaml or Pulumi.<stack>.yaml, by --project DIR or {VARIABLE}=DIR"


class ProjectError(UserError):
    """No project where one is needed; `str()` is the message for people."""


def project_root() -> Path:
    """The folder that `LGTM_PROJECT` names, or else the nearest project from the working directory upward.

    Raises `ProjectError`, which says where it looked.
    """
    given = os.environ.get(VARIABLE)
    if given:
        return project_at(Path(given))
    start = Path.cwd()
    for folder in (start, *start.parents):
        if _is_project(folder):
            return folder
    raise ProjectError(f"there is no project in {start}, nor in a folder above it; {ACCEPTED}, or start inside one")


def project_at(folder: Path) -> Path:
    """A folder that was named. Raises `ProjectError` when it is no project."""
    if not folder.is_dir():
        raise ProjectError(f"project {folder}: there is no such folder; {ACCEPTED}")
    if not _is_project(folder):
        raise ProjectError(f"project {folder}: it holds neither Pulumi.yaml nor Pulumi.<stack>.yaml; {ACCEPTED}")
    return folder.resolve()


def stack_names(project: Path) -> list[str]:
    """The stacks that have a file in a project, by name."""
    return sorted(file.stem.removeprefix("Pulumi.") for file in project.glob("Pulumi.*.yaml"))


def _is_project(folder: Path) -> bool:
    return any(path.is_file() for pattern in FILES for path in folder.glob(pattern))
