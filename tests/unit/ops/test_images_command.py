"""`images` on the command line."""

import json
from pathlib import Path

import pytest

from ops.setup.images import images
from tests.unit.ops.running import run

pytestmark = pytest.mark.usefixtures("alone")


def test_images_by_tag_and_by_digest(checkout: Path) -> None:
    ran = run("images", "--stack", "prod", "--json")
    rows = {row["key"]: row for row in json.loads(ran.out)["images"]}
    assert rows["loki"]["image"] == "docker.io/grafana/loki:3.7.6"
    assert rows["loki"]["digest"] is None
    assert "8 of 8 are named by a version only" in run("images", "--stack", "prod").out
    path = checkout / "Pulumi.prod.yaml"
    digest = "sha256:" + "ab" * 32
    text = path.read_text(encoding="utf-8")
    path.write_text(text.rstrip() + f"\n    charts: {{ image_digests: {{ loki: '{digest}' }} }}\n", encoding="utf-8")
    found = images("prod", checkout).report()
    assert f"docker.io/grafana/loki:3.7.6@{digest}" in str(found)
    assert "7 of 8 are named by a version only" in str(found)
