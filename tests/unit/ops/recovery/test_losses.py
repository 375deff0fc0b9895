"""What each loss takes: follows the settings, and is what the documentation says."""

import pytest

from ops.recovery.rpo_rto import losses
from settings.models.platform import PlatformSettings
from tests.stacks import REPOSITORY, settings_of

pytestmark = pytest.mark.usefixtures("alone")

PAGE = REPOSITORY / "docs" / "backup-recovery.md"


def loss(settings: PlatformSettings, what: str) -> str:
    """One row as text."""
    return " | ".join(next(one for one in losses(settings) if one.what == what))


def with_backup(settings: PlatformSettings, **changes: object) -> PlatformSettings:
    return settings.model_copy(update={"backup": settings.backup.model_copy(update=changes)})


@pytest.mark.parametrize("stack", ["prod", "staging"])
def test_the_page_says_what_the_command_says(stack: str) -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert "\n".join(f"| {' | '.join(loss)} |" for loss in losses(settings_of(stack))) in page


def test_copies_spare_what_a_single_one_loses() -> None:
    prod, staging = settings_of("prod"), settings_of("staging")
    assert "logs" not in loss(prod, "a zone")
    assert "2 h 15 min of logs, 3 h of metrics" in loss(staging, "a zone")
    assert loss(prod, "a node").count("none for logs and metrics") == 1
    assert "none for" not in loss(staging, "a node")
    # Every copy is gone with the cluster.
    assert "3 h of metrics" in loss(prod, "the cluster")


def test_a_nat_gateway_in_one_zone_is_named_where_there_is_one() -> None:
    assert "NAT gateway" in loss(settings_of("prod"), "a zone")
    assert "NAT gateway" not in loss(settings_of("staging"), "a zone")
    assert "NAT gateway" not in loss(settings_of("dev"), "a zone")


def test_what_is_paid_for_is_not_lost() -> None:
    plain = settings_of("prod")
    kept = with_backup(plain, object_version_days=7, volume_snapshot_days=3)
    assert "nothing for 7 days" in loss(kept, "objects deleted or overwritten")
    assert "never" in loss(plain, "objects deleted or overwritten")
    assert "last daily snapshot" in loss(kept, "the cluster")
    assert "snapshot" not in loss(plain, "the cluster")


def test_what_guards_a_bucket_is_named() -> None:
    assert "refused by Pulumi" in loss(settings_of("prod"), "a bucket")
    assert "storage.force_destroy" in loss(settings_of("staging"), "a bucket")
