"""Commands for workflows, which post what these print."""

from pathlib import Path
from typing import Annotated

import typer

from ops.cli.options import Answered, Group, Stack

After = Annotated[
    Path,
    typer.Option(metavar="FILE", help="The plan: `pulumi preview --json --show-sames`, or its event log."),
]
Before = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="What is there now: `pulumi stack export`, or the base branch's plan. Absent or empty: nothing yet.",
    ),
]
Policy = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="What the policy pack said: an event log, or what `pulumi preview` printed. Default: --after, if that is "
        "an event log.",
    ),
]
BeforeProject = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER", help="A checkout of the base branch: the cost before goes by its settings. Default: this one."
    ),
]
Simulated = Annotated[
    bool, typer.Option("--simulated", help="The plan was made against the simulated cloud; the comment says so.")
]
Summaries = Annotated[
    Path | None, typer.Option(metavar="FOLDER", help="Folder with the summary.json of every stack, at any depth.")
]
RunUrl = Annotated[str, typer.Option(metavar="URL", help="Address of the workflow's run, for the comment's last line.")]

commands = Group(panel="Pull requests")
pull_request = commands.group(
    "pr",
    "What a pull request touches and what it would do: for workflows, which post what these commands print.",
    "pr affected --base origin/main",
)


@pull_request.command("affected", "pr affected --base origin/main", "pr affected --base origin/main --json")
def affected(
    base: Annotated[str, typer.Option(metavar="COMMIT", help="The branch that the change would be merged into.")],
) -> Answered:
    """Which stacks the commits since a base touch, and why. Price tables count for their region, a stack's file for
    that stack (and for tenant stacks on its cluster), documentation and tests for none, what is unknown for all."""
    from ops.pull_request.changed_files import affected_by
    from ops.report.output import Answer

    found = affected_by(base)
    return Answer(found, found.document)


@pull_request.command("summary", "pr summary --stack prod --before state.json --after events.jsonl > summary.json")
def summary(
    stack: Stack,
    after: After,
    before: Before = None,
    policy: Policy = None,
    before_project: BeforeProject = None,
    simulated: Simulated = False,
) -> None:
    """One stack's plan summed up as JSON: resources, policies, cost. Holds no property values, so that it may be
    handed from job to job."""
    from ops.pull_request.commands import show_summary

    show_summary(stack, before, after, policy, before_project, simulated=simulated)


@pull_request.command(
    "comment",
    "pr comment --stack prod --before state.json --after plan.json --policy output.txt > comment.md",
    "pr comment --summaries previews --commit 4f2c0e1 > comment.md",
)
def comment(
    stack: Annotated[str | None, typer.Option(help="Stack that the plan is of; or give --summaries.")] = None,
    after: Annotated[Path | None, typer.Option(metavar="FILE", help="The plan, with --stack.")] = None,
    before: Before = None,
    policy: Policy = None,
    before_project: BeforeProject = None,
    simulated: Simulated = False,
    summaries: Summaries = None,
    commit: Annotated[str, typer.Option(metavar="ID", help="The commit that was previewed, for the last line.")] = "",
    run_url: RunUrl = "",
    fork: Annotated[
        bool, typer.Option("--fork", help="A fork's code made the summaries; the comment says so.")
    ] = False,
) -> None:
    """The pull request's comment as Markdown: of one stack's files, or of the summaries of several. Every text in it
    is escaped, and the whole fits GitHub's limit."""
    from ops.pull_request.commands import show_comment, summaries_from

    told = summaries_from(summaries, stack, before, after, policy, before_project, simulated=simulated)
    show_comment(told, commit, run_url, fork=fork)


@pull_request.command("drift", "pr drift --summaries previews > issue.md")
def drift(
    summaries: Annotated[Path, typer.Option(metavar="FOLDER", help="Folder with the summary.json of every stack.")],
    run_url: RunUrl = "",
) -> None:
    """The issue about stacks that differ from the program, as Markdown; prints nothing where none does."""
    from ops.pull_request.commands import show_drift

    show_drift(summaries, run_url)
