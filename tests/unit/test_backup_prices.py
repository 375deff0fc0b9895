"""What versions and snapshots cost: nothing when off, more with every day, and what the documentation says."""

import re
from itertools import pairwise

import pytest

from ops.tuning.effects import priced_settings
from planning.cost.model import CostReport, LineKind
from settings.models.backup import MAX_SNAPSHOT_DAYS, MAX_VERSION_DAYS
from settings.models.platform import PlatformSettings
from tests.stacks import REPOSITORY, settings_of

STACKS = ("dev", "staging", "prod")
PAGE = REPOSITORY / "docs" / "backup-recovery.md"


def priced(stack: str, **backup: int | None) -> CostReport:
    """The stack with these backup settings, from its file."""
    plain = settings_of(stack)
    changed = plain.backup.model_copy(update=backup)
    return priced_settings(stack, plain.model_copy(update={"backup": changed}))


def kept(report: CostReport) -> set[str]:
    return {line.item for line in report.lines if "superseded" in line.item or line.kind is LineKind.SNAPSHOT}


@pytest.mark.parametrize("stack", STACKS)
def test_off_there_is_no_line(stack: str) -> None:
    assert kept(priced(stack)) == set()


@pytest.mark.parametrize("stack", STACKS)
def test_each_choice_has_lines_of_its_own(stack: str) -> None:
    report = priced(stack, object_version_days=7, volume_snapshot_days=7)
    items = kept(report)
    assert "volume snapshots" in items
    assert "superseded versions (STANDARD)" in items
    assert not [one for one in report.unpriced if "snapshot" in one.reason or "version" in one.reason]


@pytest.mark.parametrize(
    ("key", "longest"), [("object_version_days", MAX_VERSION_DAYS), ("volume_snapshot_days", MAX_SNAPSHOT_DAYS)]
)
def test_a_day_more_costs_more(key: str, longest: int) -> None:
    usd = [priced("dev", **{key: days}).usd_per_month for days in range(1, longest + 1)]
    for day, (less, more) in enumerate(pairwise(usd), 1):
        assert less < more, f"{key}: {day + 1} days should cost more than {day}"


def test_a_snapshot_counts_what_is_used_of_every_data_volume() -> None:
    settings: PlatformSettings = settings_of("prod")
    volumes = sum(size.replicas * size.volume_gib for _, size in settings.sizes.workloads() if size.volume_gib)
    (line,) = [one for one in priced("prod", volume_snapshot_days=1).lines if one.kind is LineKind.SNAPSHOT]
    assert line.quantity == pytest.approx(volumes * 0.3)
    assert line.unit_usd == 0.05


def test_the_page_says_these_prices() -> None:
    text = PAGE.read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(object_version_days|volume_snapshot_days): (\d+)` \| (.+) \|$", text, re.MULTILINE)
    assert len(rows) == 4
    for key, days, cells in rows:
        said = [float(cell.strip().lstrip("+")) for cell in cells.split("|")]
        computed = [
            round(priced(stack, **{key: int(days)}).usd_per_month - priced(stack).usd_per_month, 2) for stack in STACKS
        ]
        assert said == pytest.approx(computed, abs=0.011), (key, days)
