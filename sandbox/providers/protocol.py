"""Pulumi's gRPC stubs without the SDK around them.

The stubs live in the package `pulumi`, whose import takes most of a second. A plugin is started anew for every command,
so its entry point calls `skip_sdk` before anything else: the stubs then load from the same files with empty parents.
"""

from __future__ import annotations

import importlib.util
import sys
import types
from pathlib import Path


def skip_sdk() -> None:
    """Make `pulumi.runtime.proto` importable without running `pulumi/__init__.py`. For plugin processes only."""
    if "pulumi" in sys.modules:
        return
    spec = importlib.util.find_spec("pulumi")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("The pulumi package is not installed in this Python environment.")
    root = Path(spec.submodule_search_locations[0])
    for name, folder in (
        ("pulumi", root),
        ("pulumi.runtime", root / "runtime"),
        ("pulumi.runtime.proto", root / "runtime" / "proto"),
    ):
        module = types.ModuleType(name)
        module.__path__ = [str(folder)]
        sys.modules[name] = module
