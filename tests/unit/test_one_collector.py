"""The collector that is deployed is the one that the tests build and run."""

import re

import pytest
import yaml

from sandbox.bootstrap.catalog import TOOLS
from sandbox.bootstrap.paths import PROJECT_ROOT
from telemetry.charts.images import IMAGES
from telemetry.charts.lock import COLLECTOR_VERSION
from telemetry.local.addresses import IMAGES as LOCAL_IMAGES

BUILD = PROJECT_ROOT / "sandbox" / "tools" / "collector"
# No fileexporter was released with 0.149.0; the tests' collector writes what it would send with it.
TESTS_OWN = {"exporter/fileexporter": "0.148.0"}


def test_deployed_local_and_tests_have_one_version() -> None:
    (image,) = [one for one in IMAGES if one.key == "collector"]
    (tool,) = [one for one in TOOLS if one.name == "otelcol"]
    local = LOCAL_IMAGES["collector"].rpartition(":")[2]
    assert {image.tag, tool.version, local} == {COLLECTOR_VERSION}


def test_what_is_found_on_path_has_that_version_too() -> None:
    (tool,) = [one for one in TOOLS if one.name == "otelcol"]
    major, minor, _ = map(int, COLLECTOR_VERSION.split("."))
    assert tool.on_path is not None
    assert tool.on_path.fit.holds(f"otelcol-contrib version {COLLECTOR_VERSION}")
    assert not tool.on_path.fit.holds(f"otelcol-contrib version {major}.{minor + 1}.0")


def test_every_component_that_is_built_is_of_that_version() -> None:
    manifest = yaml.safe_load((BUILD / "manifest.yaml").read_text(encoding="utf-8"))
    assert manifest["dist"]["version"] == COLLECTOR_VERSION
    modules = (BUILD / "go.mod").read_text(encoding="utf-8")
    direct = modules[: modules.index(")")]
    built = dict(re.findall(r"/opentelemetry-collector-contrib/(\S+) v(\S+)", direct))
    assert len(built) > 15
    assert {name: version for name, version in built.items() if version != COLLECTOR_VERSION} == TESTS_OWN


@pytest.mark.parametrize("component", ["receiver/k8sclusterreceiver", "extension/k8sleaderelector"])
def test_the_components_that_hold_it_back_are_in_use(component: str) -> None:
    """Once these are served newer, so can the collector be."""
    assert f"/{component} v{COLLECTOR_VERSION}" in (BUILD / "go.mod").read_text(encoding="utf-8")
