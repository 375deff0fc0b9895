"""What `python -m ops pr` does."""

import re
from collections.abc import Sequence
from pathlib import Path

from ops.errors import CommandError
from ops.pull_request.comment import comment, drift_issue
from ops.pull_request.model import Source, StackSummary
from ops.pull_request.summary import read_summaries, summarise

# Both come from the workflow's own context; checked all the same, because they are the only text not escaped.
_RUN_URL = re.compile(r"https://[A-Za-z0-9.-]+(:\d+)?/[A-Za-z0-9_./-]+")
_COMMIT = re.compile(r"[0-9a-f]{7,64}")


def show_summary(
    stack: str,
    before: Path | None,
    after: Path,
    policy: Path | None,
    before_project: Path | None,
    *,
    simulated: bool,
) -> None:
    """Prints one stack's summary as JSON. Raises `CommandError`, `UnreadableResourcesError`."""
    source = Source.SIMULATED if simulated else Source.CLOUD
    told = summarise(stack, before=before, after=after, policy=policy, before_project=before_project, source=source)
    print(told.model_dump_json(indent=2))


def summaries_from(
    folder: Path | None,
    stack: str | None,
    before: Path | None,
    after: Path | None,
    policy: Path | None,
    before_project: Path | None,
    *,
    simulated: bool,
) -> list[StackSummary]:
    """The summaries in a folder, or one made of a stack's files. Raises `CommandError` for neither or both."""
    if folder is not None and stack is None and after is None:
        return read_summaries(folder)
    if folder is not None or stack is None or after is None:
        raise CommandError("needed: either --summaries FOLDER, or --stack STACK and --after FILE")
    source = Source.SIMULATED if simulated else Source.CLOUD
    return [summarise(stack, before=before, after=after, policy=policy, before_project=before_project, source=source)]


def show_comment(summaries: Sequence[StackSummary], commit: str, run_url: str, *, fork: bool = False) -> None:
    """Prints the comment. Raises `CommandError` for a commit or an address that is none."""
    if commit and not _COMMIT.fullmatch(commit):
        raise CommandError(f"--commit {commit!r} is no commit id; accepted: 7 to 64 of the digits 0-9 and a-f")
    print(comment(summaries, commit=commit, run_url=_checked(run_url), fork=fork), end="")


def show_drift(folder: Path, run_url: str) -> None:
    """Prints the issue about drift, or nothing. Raises `CommandError`."""
    print(drift_issue(read_summaries(folder), run_url=_checked(run_url)), end="")


def _checked(run_url: str) -> str:
    if run_url and not _RUN_URL.fullmatch(run_url):
        raise CommandError(f"--run-url {run_url!r} is no address of a run; accepted: https://host/path")
    return run_url
