"""`python -m ops tiers` and `python -m ops capacity`: the plans behind a stack's buckets and sizes, explained."""

from ops.report.capacity import capacity_document
from ops.report.output import Answer
from ops.report.tiers import tiers_document
from ops.stacks import settings_of
from planning.capacity.estimate import estimate
from planning.capacity.objects import object_flows
from planning.capacity.reference import REFERENCE_WORKLOAD
from planning.tiers.inputs import LifecycleLimits
from planning.tiers.ranking import audit_plans, bucket_plans, tier_plan_rows
from settings.document.stack_files import StackFileError
from settings.models.environment import Environment
from settings.models.platform import PlatformSettings
from settings.rules.capacity import capacity_of


def tiers(stack: str) -> Answer:
    """Every storage plan of a stack's buckets. Raises `CommandError`, `SettingsError`."""
    settings = settings_of(stack)
    flows = object_flows(settings.workload, settings.sampling, settings.replication)
    prices, limits = settings.s3_prices, LifecycleLimits.of_region(settings.region)
    plans = bucket_plans(settings.retention, flows, prices, limits)
    archive = settings.audit, audit_plans(settings.audit, prices, limits)
    return Answer(tier_plan_rows(plans), lambda: tiers_document(plans, prices, archive))


def capacity(stack: str, *, sources: bool, reference: bool) -> Answer:
    """What a stack's workload, or the reference workload, needs. Raises `CommandError`, `SettingsError`."""
    settings = settings_of(stack)
    inputs = settings.capacity_inputs
    if reference:
        inputs = inputs.model_copy(update={"workload": REFERENCE_WORKLOAD})
    answer = estimate(inputs, settings.s3_prices, LifecycleLimits.of_region(settings.region))
    # The three stacks side by side where their files are there; a company may have others, or fewer.
    ceilings = [capacity_of(one) for one in _known_stacks()] or [capacity_of(settings)]
    return Answer(answer, lambda: capacity_document(answer, ceilings, sources=sources))


def _known_stacks() -> list[PlatformSettings]:
    known: list[PlatformSettings] = []
    for environment in Environment:
        try:
            known.append(settings_of(environment))
        except StackFileError:
            continue
    return known
