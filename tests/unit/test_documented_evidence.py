"""What the security and compliance pages call as evidence exists: policy rules, files, tests, settings."""

import re
from pathlib import Path

import pytest

from settings.document.defaults import TABLE

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("security.md", "compliance.md", "backup-recovery.md")
RULES = set(re.findall(r"^### ([a-z-]+)$", (ROOT / "docs/policies.md").read_text(encoding="utf-8"), re.MULTILINE))


def words(page: str) -> list[str]:
    """Everything in backticks of a page, outside of command blocks."""
    text = re.sub(r"```.*?```", "", (ROOT / "docs" / page).read_text(encoding="utf-8"), flags=re.DOTALL)
    return re.findall(r"`([^`]+)`", text)


@pytest.mark.parametrize("page", PAGES)
def test_every_named_file_exists(page: str) -> None:
    files = [
        word for word in words(page) if re.fullmatch(r"(tests|telemetry|settings|policies|planning)/\S+\.py", word)
    ]
    assert files
    assert [file for file in files if not (ROOT / file).is_file()] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_named_rule_is_in_the_pack(page: str) -> None:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    named = {
        rule
        for group in re.findall(r"rules? ((?:`[a-z-]+`(?:, )?)+)", text)
        for rule in re.findall(r"`([a-z-]+)`", group)
    }
    assert named
    assert named - RULES == set()


def test_every_named_setting_is_one() -> None:
    named = {word for page in PAGES for word in words(page) if re.fullmatch(r"[a-z]+\.[a-z_]+(\.[a-z_]+)?", word)}
    schema = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")
    known = {row.key for row in TABLE}
    assert named
    assert [one for one in sorted(named) if one not in known and f"`{one}`" not in schema] == []
