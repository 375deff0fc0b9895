"""Loki in mode Distributed: the large stack's values, what the real chart makes of them (recorded), and the stand-in.

`python -m tests.artefacts.test_loki_distributed FOLDER` records it again from a folder with the real chart.
"""

import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from telemetry.charts.lock import CHARTS, ChartName
from tests.artefacts.helm_driver import STAND_INS
from tests.chart_facts.objects import differences, facts_of
from tests.chart_facts.recorded import FOLDER, Rendering, chart_facts
from tests.chart_facts.sources import rendered
from tests.large_stack import STACK, large_loki_values
from tests.tool_path import tools_on_path

FACTS = FOLDER / f"loki-{CHARTS[ChartName.LOKI].version}.distributed.yaml"
HEADER = "# What the real chart makes of the large stack's values: `python -m tests.artefacts.test_loki_distributed`.\n"


@pytest.fixture(scope="module")
def recorded() -> Rendering:
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return Rendering.model_validate(yaml.load(FACTS.read_text(encoding="utf-8"), Loader=loader))  # noqa: S506


def test_the_recorded_values_are_todays(recorded: Rendering) -> None:
    assert recorded.values == large_loki_values()


def test_every_key_of_a_part_is_one_of_the_real_charts(recorded: Rendering) -> None:
    known = chart_facts(ChartName.LOKI).keys
    parts = [name for name, value in recorded.values.items() if isinstance(value, dict) and "replicas" in value]
    assert {"ingester", "distributor", "queryFrontend", "gateway"} <= set(parts)
    unknown = [
        f"{part}.{key}"
        for part in parts
        for key in recorded.values[part]
        if not any(name == f"{part}.{key}" or name.startswith(f"{part}.{key}.") for name in known)
    ]
    assert not unknown


def test_the_stand_in_makes_what_the_real_chart_makes(recorded: Rendering) -> None:
    ours = facts_of(rendered(STAND_INS / ChartName.LOKI, recorded.release, recorded.values))
    assert differences(recorded.objects, ours) == []


def test_clients_find_loki_where_one_binary_was(recorded: Rendering) -> None:
    """The service `loki` leads to nginx on Loki's port, and nginx to every part over verified TLS."""
    service = recorded.objects["Service/loki"]
    assert service["ports"] == {"http-metrics": "3100/TCP to http"}
    gateway = recorded.objects["Deployment/loki-gateway"]
    assert service["selector"].items() <= gateway["podLabels"].items()
    assert gateway["containers"]["nginx"]["ports"] == {"http": "3100/TCP"}
    snippet = recorded.values["gateway"]["nginxConfig"]["httpSnippet"]
    assert "proxy_ssl_verify on;" in snippet


def test_only_parts_with_data_have_volumes(recorded: Rendering) -> None:
    claims = {name: facts["claims"] for name, facts in recorded.objects.items() if facts.get("claims")}
    assert set(claims) == {
        "StatefulSet/loki-ingester",
        "StatefulSet/loki-index-gateway",
        "StatefulSet/loki-compactor",
    }


def record(chart: Path) -> None:
    """Writes the facts from a folder with the real chart."""
    with tools_on_path():
        values = large_loki_values()
        found = Rendering(release="loki", stack=STACK, values=values, objects=facts_of(rendered(chart, "loki", values)))
    text = yaml.safe_dump(found.model_dump(mode="json"), sort_keys=False, width=160, default_flow_style=None)
    FACTS.write_text(HEADER + text, encoding="utf-8")


if __name__ == "__main__":
    record(Path(sys.argv[1]))
