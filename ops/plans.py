"""`python -m ops tiers` and `python -m ops capacity`: the plans behind a stack's buckets and sizes, explained."""

import argparse
from typing import TYPE_CHECKING

from ops.errors import CommandError
from ops.stacks import StackFileError, settings_of
from planning.capacity.estimate import estimate
from planning.capacity.report import render
from planning.tiers.report import tier_report
from settings.ceiling import ceiling_of
from settings.environment import Environment
from settings.models import PlatformSettings

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # pyright: ignore[reportPrivateUsage]


def add_commands(commands: "Commands") -> None:
    """The `tiers` and `capacity` commands."""
    tiers = commands.add_parser(
        "tiers",
        help="every storage plan of a stack's buckets with its price, and why one was chosen",
        description="Prices each legal chain of S3 storage classes over an object's life and shows the chosen one "
        "beside the literal hot/warm/cold table. Example: python -m ops tiers --stack prod",
    )
    tiers.add_argument("--stack", required=True, help="stack whose retention and workload are planned")
    tiers.set_defaults(run=_tiers)
    capacity = commands.add_parser(
        "capacity",
        help="what a stack's workload needs, and how far each stack's sizes reach",
        description="From requests a second to bytes, series, CPU and memory, with the source of each coefficient. "
        "Example: python -m ops capacity --stack prod",
    )
    capacity.add_argument("--stack", required=True, help="stack whose workload is estimated")
    capacity.add_argument("--sources", action="store_true", help="also where each coefficient comes from")
    capacity.set_defaults(run=_capacity)


def _tiers(arguments: argparse.Namespace) -> int:
    settings = _settings(arguments.stack)
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
    return 0


def _capacity(arguments: argparse.Namespace) -> int:
    settings = _settings(arguments.stack)
    # The three stacks side by side where their files are there; a company may have others, or fewer.
    ceilings = [ceiling_of(one) for one in _known_stacks()] or [ceiling_of(settings)]
    print(render(estimate(settings.capacity_inputs, settings.s3_prices), ceilings, sources=arguments.sources))
    return 0


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
