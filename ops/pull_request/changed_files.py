"""What a pull request changes, asked of git; the only place that runs it."""

import subprocess
from pathlib import Path

from ops.errors import CommandError
from ops.pull_request.affected import Affected, ChangedFile, StackFacts, affected_stacks, stack_of_file
from ops.stacks import settings_of
from planning.errors import UserError
from settings.models.cluster import SharedCluster
from settings.project import project_root, stack_names


def affected_by(base: str, project: Path | None = None) -> Affected:
    """The stacks that the commits since `base` touch. Raises `CommandError` for a base that git doesn't know."""
    project = project or project_root()
    return affected_stacks(changes_since(base, project), stacks_in(project))


def changes_since(base: str, project: Path | None = None) -> list[ChangedFile]:
    """The files that differ between HEAD and where its branch left `base`. Raises `CommandError`."""
    project = project or project_root()
    commit = _commit(base, project)
    fork_point = _git(project, "merge-base", commit, "HEAD").strip()
    # Without renames a moved file is two paths: where it was counts as much as where it is.
    paths = _git(project, "diff", "--name-only", "--relative", "-z", "--no-renames", fork_point, "HEAD").split("\0")
    return [_change(path, fork_point, project) for path in paths if path]


def stacks_in(project: Path | None = None) -> list[StackFacts]:
    """The project's stacks, owners of clusters before their tenant stacks."""
    project = project or project_root()
    facts = [_facts(name, project) for name in stack_names(project)]
    return sorted(facts, key=lambda stack: stack.owner is not None)


def _facts(name: str, project: Path) -> StackFacts:
    try:
        settings = settings_of(name, project)
    except UserError:
        # The preview will say what is wrong with it.
        return StackFacts(name=name, region=None)
    owner = settings.cluster.owner_stack if isinstance(settings.cluster, SharedCluster) else None
    return StackFacts(name=name, region=settings.region, owner=owner)


def _change(path: str, fork_point: str, project: Path) -> ChangedFile:
    if stack_of_file(path) is None:
        return ChangedFile(path=path)
    return ChangedFile(
        path=path, before=_text(f"{fork_point}:./{path}", project), after=_text(f"HEAD:./{path}", project)
    )


def _text(blob: str, project: Path) -> str | None:
    answer = _run(project, "show", blob)
    return answer.stdout if answer.returncode == 0 else None


def _commit(base: str, project: Path) -> str:
    answer = _run(project, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{base}^{{commit}}")
    if answer.returncode:
        raise CommandError(f"--base {base!r} is no commit that git knows here; accepted: a branch, tag or commit id")
    return answer.stdout.strip()


def _git(project: Path, *arguments: str) -> str:
    answer = _run(project, *arguments)
    if answer.returncode:
        raise CommandError(
            f"git {arguments[0]} failed: {' '.join(answer.stderr.split()) or 'no common commit; is the clone shallow?'}"
        )
    return answer.stdout


def _run(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            ["git", "-C", str(project), *arguments],
            check=False, capture_output=True, text=True, errors="replace",
        )  # fmt: skip
    except OSError as error:
        raise CommandError(f"git can't be run: {error.strerror}") from None
