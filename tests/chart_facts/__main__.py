"""Records the facts: `python -m tests.chart_facts [CHART ...] [--source FOLDER|oci://…|https://…] [--check]`."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import yaml

from telemetry.charts.lock import CHARTS, ChartName
from tests.chart_facts.objects import differences, facts_of
from tests.chart_facts.recorded import ChartFacts, Rendering, chart_facts, path_of, text_of
from tests.chart_facts.sources import ChartError, chart_folder, rendered
from tests.chart_facts.values import RELEASES, STACKS, Values, keys_of, recorded_values
from tests.tool_path import tools_on_path


ValuesOf = Callable[[str, str], Values]
"""The values of a release by stack and release."""


def record(
    name: ChartName, source: str | None, said_source: str | None, values_of: ValuesOf = recorded_values
) -> ChartFacts:
    """What a locked chart makes of the three stacks' values. Raises `ChartError` with the reason where it can't."""
    chart = CHARTS[name]
    with tempfile.TemporaryDirectory() as work:
        folder = chart_folder(chart, source, Path(work))
        return ChartFacts(
            chart=name,
            version=chart.version,
            source=said_source or source or " ".join(chart.pull_arguments()),
            keys=keys_of(yaml.safe_load((folder / "values.yaml").read_text(encoding="utf-8"))),
            renderings=tuple(
                Rendering(
                    release=release, stack=stack, values=values, objects=facts_of(rendered(folder, release, values))
                )
                for release, of_chart in RELEASES.items()
                if of_chart is name
                for stack in STACKS
                for values in (values_of(stack, release),)
            ),
        )


def changes(recorded: ChartFacts, found: ChartFacts) -> list[str]:
    """One line for each fact that isn't as recorded."""
    lines = differences(recorded.keys, found.keys, "keys · ")
    for old, new in zip(recorded.renderings, found.renderings, strict=True):
        lines += differences(old.model_dump(), new.model_dump(), f"{old.release} of {old.stack} · ")
    return lines


def _values_then(name: ChartName) -> ValuesOf:
    """What was set when the facts were recorded: a check is of the chart, not of what we set since."""
    return lambda stack, release: chart_facts(name).rendering(release, stack).values


def main(arguments: list[str]) -> int:
    """Records, or with --check compares; 1 when a chart can't be had or isn't as recorded."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("charts", nargs="*", type=ChartName, help="default: every chart of the lock table")
    parser.add_argument(
        "--source", help="a chart's folder, a folder of charts, or a repository; default: the locked one"
    )
    parser.add_argument("--said-source", help="what the file says of where the chart came from; default: the source")
    parser.add_argument("--check", action="store_true", help="write nothing; say what isn't as recorded")
    given = parser.parse_args(arguments)
    failed = False
    for name in given.charts or list(ChartName):
        try:
            facts = record(
                name, given.source, given.said_source, _values_then(name) if given.check else recorded_values
            )
        except ChartError as reason:
            lines = [str(reason)]
        else:
            lines = changes(chart_facts(name), facts) if given.check else []
            if not given.check:
                path_of(name).write_text(text_of(facts), encoding="utf-8")
        failed |= bool(lines)
        for line in lines or ["as recorded" if given.check else "recorded"]:
            print(f"chart-facts: {name}: {line}", file=sys.stderr)
    return int(failed)


if __name__ == "__main__":
    with tools_on_path():
        sys.exit(main(sys.argv[1:]))
