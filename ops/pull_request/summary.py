"""One stack's summary: what its plan changes, what the policies say, what it costs."""

from datetime import date
from pathlib import Path

from pydantic import ValidationError

from ops.errors import CommandError
from ops.files import text_of
from ops.pull_request.cost_summary import cost_summary
from ops.pull_request.model import PolicyVerdict, Source, StackSummary
from ops.pull_request.plan_changes import PlanChanges, is_event_log, plan_changes
from ops.pull_request.policy_results import policy_verdict
from ops.stacks import settings_of
from planning.errors import UserError
from settings.document.messages import SettingsError
from settings.models.platform import PlatformSettings

# A stack's summary is some tens of kilobytes; what is larger was not made by this project.
LARGEST_SUMMARY_BYTES = 2_000_000
NOT_PRICED = "no cost: the preview failed before it was complete"


def summarise(
    stack: str,
    *,
    before: Path | None,
    after: Path,
    policy: Path | None,
    before_project: Path | None = None,
    source: Source = Source.CLOUD,
    today: date | None = None,
) -> StackSummary:
    """Reads the files and sums them up.

    `before` is a state, a preview or an event log, None or an empty file for a stack that isn't there yet; `after` a
    preview or an event log; `policy` an event log or what the CLI printed, by default `after` if that is an event log;
    `before_project` a checkout of the base branch, whose settings the cost before goes by.
    Raises `CommandError`, `UnreadableResourcesError`, `PriceTableError`.
    """
    told = text_of(after)
    plan = plan_changes(told, after.name)
    judged = text_of(policy) if policy is not None else told if is_event_log(told) else ""
    policies = policy_verdict(judged)
    errors, settings = plan.errors, None
    try:
        settings = settings_of(stack)
    except SettingsError as error:
        # The program said the same, unless it failed before it came to its settings.
        errors = errors or (str(error),)
    base = StackSummary(
        stack=stack,
        source=source,
        counts=dict(plan.counts),
        unchanged=plan.unchanged,
        resources=plan.resources,
        policies=policies,
        errors=errors,
        cost_note=NOT_PRICED,
    )
    if settings is None or _incomplete(plan, policies):
        return base
    earlier = text_of(before) if before is not None else ""
    cost, note = cost_summary(
        earlier.strip() or None,
        told,
        after.name,
        settings,
        old_settings=_settings_before(stack, before_project),
        today=today,
    )
    return base.model_copy(update={"cost": cost, "cost_note": note})


def _settings_before(stack: str, project: Path | None) -> PlatformSettings | None:
    """None where the base branch has no such stack, or a document that this branch's models refuse."""
    if project is None:
        return None
    try:
        return settings_of(stack, project)
    except UserError:
        return None


def read_summaries(folder: Path) -> list[StackSummary]:
    """Every summary.json below a folder, by stack. Raises `CommandError` for one that is none."""
    if not folder.is_dir():
        raise CommandError(f"--summaries {folder} is no folder; accepted: one that holds summary.json files")
    found = {summary.stack: summary for summary in map(_summary, sorted(folder.rglob("summary*.json")))}
    return [found[stack] for stack in sorted(found)]


def _summary(path: Path) -> StackSummary:
    if path.stat().st_size > LARGEST_SUMMARY_BYTES:
        raise CommandError(f"{path} is larger than {LARGEST_SUMMARY_BYTES} bytes; no summary is")
    try:
        return StackSummary.model_validate_json(text_of(path))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        key = ".".join(str(part) for part in first["loc"]) or "the document"
        raise CommandError(f"{path} is no summary: {key}: {first['msg']}") from None


def _incomplete(plan: PlanChanges, policies: PolicyVerdict) -> bool:
    """A failed preview is complete when policies alone made it fail: they judge, and the engine plans on."""
    return bool(plan.errors) or (plan.failed and not policies.mandatory)
