"""Karpenter's own charts, out of its Go module, where the registry that releases them is out of reach.

Its release process writes the version into both charts, and the image's digest, after the commit that is tagged; here
the version is written and the digest is left out.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from ops.backends.tools import cache_directory
from telemetry.charts.lock import KARPENTER_VERSION, ClusterChart

MODULE = "github.com/aws/karpenter-provider-aws"
# Of the module at KARPENTER_VERSION, as go.sum would hold it; sum.golang.org, read 2026-11-28.
MODULE_SUM = "h1:brfauuAII/2+xjWO+JLYTEPmAP5Z3WgPcCaMqHXEE74="
DOWNLOAD_SECONDS = 120
# Documents, and what only a registry of charts reads.
_LEFT_OUT = shutil.ignore_patterns("README*", "artifacthub-repo.yaml", "Chart.lock", ".helmignore")


def with_karpenter(stand_ins: Path) -> Path:
    """A folder with every stand-in and Karpenter's charts; the stand-ins alone, with a line why, where Go can't bring
    them: only a stack that wants Karpenter misses them."""
    kept = cache_directory() / "charts" / f"karpenter-{KARPENTER_VERSION}"
    if not kept.is_dir() and (problem := _bring(kept)) is not None:
        print(
            f"sandbox: Karpenter's charts can't be had ({problem}); a stack with Karpenter needs them", file=sys.stderr
        )
        return stand_ins
    # By the place of the stand-ins: two checkouts share the cache.
    place = hashlib.sha256(str(stand_ins).encode()).hexdigest()[:12]
    folder = cache_directory() / "charts" / f"stand-ins-{place}"
    folder.mkdir(exist_ok=True)
    for chart in (*stand_ins.iterdir(), *kept.iterdir()):
        link = folder / chart.name
        if not chart.is_dir() or (link.is_symlink() and link.resolve() == chart.resolve()):
            continue
        # In one step: another sandbox may start at the same moment.
        fresh = folder / f".{chart.name}.{os.getpid()}"
        fresh.symlink_to(chart)
        fresh.replace(link)
    return folder


def _bring(kept: Path) -> str | None:
    """None when the charts are there, else why not, in one line."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept.parent) as name:
        aside = Path(name)
        found = _download(aside)
        if isinstance(found, str):
            return found
        for chart in ClusterChart:
            shutil.copytree(
                found / "charts" / chart, aside / "charts" / chart, ignore=_LEFT_OUT, copy_function=shutil.copyfile
            )
            _change(aside / "charts" / chart / "Chart.yaml", _released)
        _change(aside / "charts" / ClusterChart.KARPENTER / "values.yaml", _image)
        # The module's folders can't be written to, and a copy takes that over.
        for folder in (path for path in (aside / "charts").rglob("*") if path.is_dir()):
            folder.chmod(0o755)
        try:
            (aside / "charts").rename(kept)
        except OSError:
            if not kept.is_dir():  # else another sandbox was faster
                raise
    return None


def _download(directory: Path) -> Path | str:
    """The module's folder, or why it isn't to be had."""
    if (go := shutil.which("go")) is None:
        return "Go is not installed"
    command = [go, "mod", "download", "-json", f"{MODULE}@v{KARPENTER_VERSION}"]
    try:
        done = subprocess.run(
            command, cwd=directory, env={**os.environ, "GO111MODULE": "on", "GOFLAGS": "-mod=mod"},
            capture_output=True, text=True, timeout=DOWNLOAD_SECONDS, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return f"no answer within {DOWNLOAD_SECONDS} s"
    try:
        answer: Any = json.loads(done.stdout)
    except ValueError:
        return (done.stderr.strip().splitlines() or ["go mod download failed"])[-1][:160]
    if error := answer.get("Error"):
        return str(error).splitlines()[0][:160]
    if answer.get("Sum") != MODULE_SUM:
        return f"the sum of {MODULE} {KARPENTER_VERSION} is {answer.get('Sum')}, and {MODULE_SUM} is locked"
    return Path(answer["Dir"])


def _change(path: Path, change: Callable[[Any], None]) -> None:
    document: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    change(document)
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")


def _released(chart: Any) -> None:
    chart["version"] = chart["appVersion"] = KARPENTER_VERSION


def _image(values: Any) -> None:
    values["controller"]["image"] |= {"tag": KARPENTER_VERSION, "digest": ""}
