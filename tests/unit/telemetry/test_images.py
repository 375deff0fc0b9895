"""Images: the list, what the real charts start, and digests in the values that the charts get."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from planning.registered import Resource
from policies.rules.pinning import IMAGES_PINNED
from settings.models.charts import ChartSettings
from settings.models.images import ImageDigests
from settings.models.platform import PlatformSettings
from telemetry.charts.images import IMAGES, Image, images_of, with_digests
from telemetry.charts.lock import ChartName
from tests.chart_facts.recorded import ChartFacts, chart_facts
from tests.policies.cases import resource

Make = Callable[..., PlatformSettings]
# Mimir's values.yaml names image.tag in a comment only.
DIGEST = "sha256:" + "0123456789abcdef" * 4


def started(facts: ChartFacts) -> Iterator[tuple[str, str]]:
    """Stack and image of every container that a real chart made of our values."""
    for rendering in facts.renderings:
        for made in rendering.objects.values():
            for kind in ("containers", "initContainers"):
                for container in made.get(kind, {}).values():
                    yield rendering.stack, container["image"]


@pytest.mark.parametrize("chart", list(ChartName))
def test_the_list_is_what_the_real_charts_start(chart: ChartName) -> None:
    listed = {f"{image.repository}:{image.tag}" for image in IMAGES if image.chart is chart}
    assert {image for _, image in started(chart_facts(chart))} == listed


@pytest.mark.parametrize("stack", ["dev", "staging", "prod"])
def test_a_stack_lists_what_it_starts(make_settings: Make, stack: str) -> None:
    listed = {f"{image.repository}:{image.tag}" for image in images_of(make_settings(stack))}
    charts = [chart for chart in ChartName if chart is not ChartName.PYROSCOPE]
    assert listed == {image for chart in charts for where, image in started(chart_facts(chart)) if where == stack}


def judged(image: str) -> list[Any]:
    spec = {"template": {"spec": {"containers": [{"name": "app", "image": image}]}}}
    deployment: Resource = resource("kubernetes:apps/v1:Deployment", {"spec": spec})
    return list(IMAGES_PINNED.check(deployment, IMAGES_PINNED.limits()))


@pytest.mark.parametrize("chart", list(ChartName))
def test_no_rendered_container_has_a_tag_that_moves(chart: ChartName) -> None:
    assert [found for _, image in started(chart_facts(chart)) for found in judged(image)] == []
    assert len(judged("grafana/loki:latest")) == len(judged("grafana/loki")) == 1


@pytest.mark.parametrize("image", IMAGES, ids=lambda image: image.key)
def test_a_digest_goes_where_the_chart_takes_one(image: Image) -> None:
    charts = ChartSettings(timeout_seconds=600, image_digests=ImageDigests.model_validate({image.key: DIGEST}))
    values = with_digests(image.chart, {"image": {"repository": "r"}, "other": 1}, charts)
    assert values["other"] == 1
    assert values["image"]["repository"] == "r"
    found: Any = values
    for key in image.path:
        found = found[key]
    assert DIGEST.removeprefix("sha256:") in found
    assert found.startswith(("0", "sha256:", f"{image.tag}@sha256:"))
    known = chart_facts(image.chart).keys
    assert ".".join(image.path) in known or (image.key == "mimir" and "image.repository" in known)
    others = [one.key for one in IMAGES if one.chart is not image.chart]
    assert all(with_digests(one.chart, {}, charts) == {} for one in IMAGES if one.key in others)


def test_every_key_has_an_image() -> None:
    assert {image.key for image in IMAGES} == set(ImageDigests.model_fields)
