"""`python -m ops tiers` and `python -m ops capacity`: the plans behind a stack's buckets and sizes, explained."""

import json

from ops.stacks import StackFileError, settings_of
from planning.capacity.estimate import estimate
from planning.capacity.reference import REFERENCE_WORKLOAD
from planning.capacity.report import render
from planning.tiers.report import tier_plan_rows, tier_report
from settings.models.environment import Environment
from settings.models.platform import PlatformSettings
from settings.rules.capacity import capacity_of


def show_tiers(stack: str, *, as_json: bool = False) -> None:
    """Prints every storage plan of a stack's buckets. Raises `CommandError`, `SettingsError`."""
    settings = settings_of(stack)
    if as_json:
        rows = tier_plan_rows(
            settings.retention,
            settings.workload,
            settings.s3_prices,
            sampling=settings.sampling,
            replication=settings.replication,
        )
        print(json.dumps([row.model_dump(mode="json") for row in rows], indent=2))
        return
    print(
        tier_report(
            settings.retention,
            settings.workload,
            settings.s3_prices,
            sampling=settings.sampling,
            replication=settings.replication,
            audit=settings.audit,
        )
    )


def show_capacity(stack: str, *, sources: bool, reference: bool = False, as_json: bool = False) -> None:
    """Prints what a stack's workload, or the reference workload, needs. Raises `CommandError`, `SettingsError`."""
    settings = settings_of(stack)
    inputs = settings.capacity_inputs
    if reference:
        inputs = inputs.model_copy(update={"workload": REFERENCE_WORKLOAD})
    answer = estimate(inputs, settings.s3_prices)
    if as_json:
        print(answer.model_dump_json(indent=2))
        return
    # The three stacks side by side where their files are there; a company may have others, or fewer.
    ceilings = [capacity_of(one) for one in _known_stacks()] or [capacity_of(settings)]
    print(render(answer, ceilings, sources=sources))


def _known_stacks() -> list[PlatformSettings]:
    known: list[PlatformSettings] = []
    for environment in Environment:
        try:
            known.append(settings_of(environment))
        except StackFileError:
            continue
    return known
