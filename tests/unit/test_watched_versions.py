"""What Dependabot is shown of charts and images is what the platform uses, and everything of it."""

from pathlib import Path
from typing import Any

import yaml

from telemetry.charts.lock import LOCKED
from telemetry.local.addresses import IMAGES

GITHUB = Path(__file__).resolve().parents[2] / ".github"


def read(name: str) -> Any:
    return yaml.safe_load((GITHUB / name).read_text(encoding="utf-8"))


def test_the_watched_charts_are_those_of_the_lock_table() -> None:
    """An update of .github/watched/Chart.yaml belongs into telemetry/charts/lock.py, with its digest."""
    watched = {one["name"]: (one["repository"], one["version"]) for one in read("watched/Chart.yaml")["dependencies"]}
    assert watched == {chart.name: (chart.repository, chart.version) for chart in LOCKED.values()}


def test_the_watched_images_are_those_of_the_local_platform() -> None:
    """An update of .github/watched/compose.yaml belongs into telemetry/local/addresses.py."""
    watched = {name: one["image"] for name, one in read("watched/compose.yaml")["services"].items()}
    assert watched == dict(IMAGES)


def test_dependabot_looks_at_every_kind_of_dependency() -> None:
    ecosystems = {update["package-ecosystem"] for update in read("dependabot.yml")["updates"]}
    assert ecosystems == {"github-actions", "pip", "gomod", "helm", "docker-compose"}
    (modules,) = [one for one in read("dependabot.yml")["updates"] if one["package-ecosystem"] == "gomod"]
    tools = GITHUB.parent / "sandbox" / "tools"
    assert modules["directories"] == ["/sandbox/tools/*"]
    watched = [folder / "go.mod" for folder in tools.iterdir() if folder.is_dir() and folder.name != "checkov"]
    assert watched
    assert all(path.is_file() for path in watched)
