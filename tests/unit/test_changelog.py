"""A version that moves has its place in the changelog."""

import re
import tomllib

from tests.stacks import REPOSITORY


def test_the_version_is_the_newest_release_of_the_changelog() -> None:
    version = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    text = (REPOSITORY / "CHANGELOG.md").read_text(encoding="utf-8")
    released = re.findall(r"^## \[(\d+\.\d+\.\d+)\] - \d{4}-\d{2}-\d{2}$", text, re.MULTILINE)
    assert released[0] == version
    assert text.index("## [Unreleased]") < text.index(f"## [{version}]")
