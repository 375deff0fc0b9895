"""`python -m ops tiers` and `python -m ops capacity`: the plans behind a stack's buckets and sizes, explained."""

from ops.errors import CommandError
from ops.stacks import StackFileError, settings_of
from planning.capacity.estimate import estimate
from planning.capacity.report import render
from planning.tiers.report import tier_report
from settings.ceiling import ceiling_of
from settings.environment import Environment
from settings.models import PlatformSettings


def show_tiers(stack: str) -> None:
    """Prints every storage plan of a stack's buckets. Raises `CommandError`, `SettingsError`."""
    settings = _settings(stack)
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


def show_capacity(stack: str, *, sources: bool) -> None:
    """Prints what a stack's workload needs. Raises `CommandError`, `SettingsError`."""
    settings = _settings(stack)
    # The three stacks side by side where their files are there; a company may have others, or fewer.
    ceilings = [ceiling_of(one) for one in _known_stacks()] or [ceiling_of(settings)]
    print(render(estimate(settings.capacity_inputs, settings.s3_prices), ceilings, sources=sources))


def _known_stacks() -> list[PlatformSettings]:
    known: list[PlatformSettings] = []
    for environment in Environment:
        try:
            known.append(settings_of(environment))
        except StackFileError:
            continue
    return known


def _settings(stack: str) -> PlatformSettings:
    try:
        return settings_of(stack)
    except StackFileError as error:
        raise CommandError(str(error)) from None
