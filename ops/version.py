"""The version of this command line: of the installed package, or of the checkout that it runs from."""

import tomllib
from importlib import metadata
from pathlib import Path

PACKAGE = "lgtm-platform"
CHECKOUT = Path(__file__).resolve().parents[1] / "pyproject.toml"


def version() -> str:
    """Such as `lgtm 0.2.0`. A checkout's own file wins: what was installed from it may be older."""
    try:
        number = tomllib.loads(CHECKOUT.read_text(encoding="utf-8"))["project"]["version"]
    except OSError:
        number = metadata.version(PACKAGE)
    return f"lgtm {number}"
