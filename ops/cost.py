"""`python -m ops cost`: what a plan or a running stack costs, against its budget."""

import argparse
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ops.errors import CommandError
from ops.stacks import StackFileError, settings_of
from planning.cost import (
    Assumptions,
    BudgetLimits,
    ClusterSharing,
    CostReport,
    ExpectedLoad,
    budget_verdict,
    compare,
    price_resources,
    render_assumptions,
    render_comparison,
    render_report,
)
from planning.prices import load_prices
from planning.registered_sources import resources_in
from settings.cluster import SharedCluster
from settings.messages import SettingsError
from settings.models import PlatformSettings

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # pyright: ignore[reportPrivateUsage]

OVER_BUDGET = 1
STDIN = "-"
SOURCES = {
    "--preview": "output of `pulumi preview --json --show-sames`",
    "--event-log": "event log of a preview (`pulumi preview --event-log FILE`, with PULUMI_DEBUG_COMMANDS=true)",
    "--state": "output of `pulumi stack export`",
}


def add_commands(commands: "Commands") -> None:
    """The `cost` group."""
    group = commands.add_parser("cost", help="what a plan or a state costs", description=__doc__)
    sub = group.add_subparsers(dest="subcommand", required=True, metavar="COMMAND")
    plan = sub.add_parser("plan", help="the cost of a preview or a state, against the stack's budget")
    plan.add_argument("--stack", required=True, help="stack whose settings hold region, budget and expected load")
    source = plan.add_mutually_exclusive_group(required=True)
    for option, text in SOURCES.items():
        source.add_argument(option, dest="file", metavar="FILE", help=f"{text}; - reads standard input")
    plan.add_argument("--json", action="store_true", help="the report as JSON")
    plan.add_argument("--all-lines", action="store_true", help="also amounts below half a dollar")
    plan.add_argument("--check", action="store_true", help=f"exit code {OVER_BUDGET} when over budget")
    plan.set_defaults(run=_plan)
    changes = sub.add_parser("compare", help="what a change costs: two previews or states, line by line")
    changes.add_argument("--stack", required=True, help="stack whose settings hold region and expected load")
    changes.add_argument("--before", required=True, metavar="FILE", help="a preview, event log or state")
    changes.add_argument("--after", required=True, metavar="FILE", help="likewise")
    changes.add_argument("--json", action="store_true", help="the comparison as JSON")
    changes.set_defaults(run=_compare)
    assumptions = sub.add_parser("assumptions", help="what a cost rests on beside resources and prices")
    assumptions.set_defaults(run=_assumptions)


def report_for(event_log: Path, stack: str, today: date | None = None) -> str:
    """The text report of a preview's event log. Raises what `priced` raises."""
    settings = _settings(stack)
    report = priced(event_log.read_text(encoding="utf-8"), event_log.name, settings, today)
    return render_report(report, stack, budget_of(settings))


def priced(text: str, where: str, settings: PlatformSettings, today: date | None = None) -> CostReport:
    """The cost of the resources in a preview, event log or state.

    Raises `UnreadableResourcesError` for text without resources, `PriceTableError` for a region without prices.
    """
    return price_resources(
        resources_in(text, where),
        load_prices(settings.region),
        today=today or datetime.now(UTC).date(),
        load=expected_load(settings),
        sharing=sharing_of(settings),
    )


def expected_load(settings: PlatformSettings) -> ExpectedLoad:
    """What the stack's settings expect of its services."""
    return ExpectedLoad(
        workload=settings.workload,
        sampling=settings.sampling,
        replication=settings.replication,
        retention=settings.retention,
    )


def sharing_of(settings: PlatformSettings) -> ClusterSharing:
    """For a guest, the nodes of the stack that owns the cluster, where its file is here."""
    if not isinstance(settings.cluster, SharedCluster):
        return ClusterSharing()
    try:
        return ClusterSharing(owner_nodes=settings_of(settings.cluster.owner_stack).node_count)
    except (StackFileError, SettingsError):
        return ClusterSharing()


def budget_of(settings: PlatformSettings) -> BudgetLimits:
    """The stack's budget with its parts."""
    budget = settings.budget
    return BudgetLimits(
        usd_per_month=budget.usd_per_month,
        compute=budget.compute_usd_per_month,
        storage=budget.storage_usd_per_month,
        operations=budget.operations_usd_per_month,
    )


def _settings(stack: str) -> PlatformSettings:
    try:
        return settings_of(stack)
    except StackFileError as error:
        raise CommandError(str(error)) from None


def _text(file: str) -> str:
    try:
        return sys.stdin.read() if file == STDIN else Path(file).read_text(encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{file} can't be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise CommandError(f"{file} is not text") from None


def _plan(arguments: argparse.Namespace) -> int:
    settings = _settings(arguments.stack)
    report, budget = priced(_text(arguments.file), arguments.file, settings), budget_of(settings)
    if arguments.json:
        print(report.model_dump_json(indent=2))
    else:
        print(render_report(report, arguments.stack, budget, every_line=arguments.all_lines))
    verdict = budget_verdict(report, budget)
    if arguments.check and not verdict.within:
        if arguments.json:
            print(verdict.message, file=sys.stderr)
        return OVER_BUDGET
    return 0


def _compare(arguments: argparse.Namespace) -> int:
    settings = _settings(arguments.stack)
    before, after = (priced(_text(file), file, settings) for file in (arguments.before, arguments.after))
    comparison = compare(before, after)
    print(comparison.model_dump_json(indent=2) if arguments.json else render_comparison(comparison))
    return 0


def _assumptions(_: argparse.Namespace) -> int:
    print(render_assumptions(Assumptions()))
    return 0
