"""The real charts where their repositories can be reached, else stand-ins with the same names and value keys."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ops.backends.tools import cache_directory
from sandbox.bootstrap.catalog import TOOLS
from sandbox.bootstrap.install import downloads_are_off, without_building
from sandbox.bootstrap.paths import PROJECT_ROOT
from sandbox.module_charts import with_karpenter
from telemetry.charts.lock import LOCKED, Chart, ChartMirrorError

STAND_INS = PROJECT_ROOT / "sandbox" / "charts"
PULL_SECONDS = 20
# A failed try is remembered, so that only the first start after it pays for the waiting.
RETRY_AFTER_SECONDS = 6 * 3600


def is_stand_in(mirror: str) -> bool:
    """Whether the platform's charts in a mirror are our own."""
    return (Path(mirror) / "loki").resolve() == STAND_INS / "loki"


def stand_in_mirror(helm: Path | None) -> str:
    """A directory for LGTM_CHART_MIRROR: pulled charts at the locked versions, or the stand-ins.

    A plan needs no helm but for the pull: where `helm` is None it is downloaded for that, never built."""
    if chosen := os.environ.get("LGTM_CHART_MIRROR"):
        return chosen
    pulled = cache_directory() / "charts"
    if all((pulled / chart.archive).exists() for chart in LOCKED.values()):
        return str(pulled)
    failed = pulled / "unreachable"
    if downloads_are_off() or _recent(failed):
        return str(with_karpenter(STAND_INS))
    pulled.mkdir(parents=True, exist_ok=True)
    helm = helm or without_building(next(tool for tool in TOOLS if tool.name == "helm"))
    if helm is None:
        failed.write_text("no helm", encoding="utf-8")
        print("sandbox: there is no helm to pull charts with; using stand-in charts", file=sys.stderr)
        return str(with_karpenter(STAND_INS))
    for chart in LOCKED.values():
        if problem := pull(helm, chart, pulled):
            failed.write_text(problem, encoding="utf-8")
            print(f"sandbox: chart {chart.name} can't be pulled ({problem}); using stand-in charts", file=sys.stderr)
            return str(with_karpenter(STAND_INS))
    return str(pulled)


def _recent(marker: Path) -> bool:
    try:
        age = marker.stat().st_mtime
    except OSError:
        return False
    return time.time() - age < RETRY_AFTER_SECONDS


def pull(helm: Path, chart: Chart, target: Path) -> str | None:
    """None when the released chart is there, else why not, in one line."""
    with tempfile.TemporaryDirectory(dir=target) as folder:
        reference = chart.pull_arguments()
        try:
            result = subprocess.run(
                [helm, "pull", *reference, "--version", chart.version, "--destination", folder],
                capture_output=True, text=True, timeout=PULL_SECONDS, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return f"no answer within {PULL_SECONDS} s"
        if result.returncode:
            return (result.stderr.strip().splitlines() or ["helm pull failed"])[-1][:160]
        archive = Path(folder) / chart.archive
        try:
            chart.check_archive(archive)
        except ChartMirrorError as error:
            return str(error)
        archive.rename(target / archive.name)
    return None
