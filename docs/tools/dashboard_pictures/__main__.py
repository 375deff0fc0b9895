"""`python -m docs.tools.dashboard_pictures`: draws each dashboard's layout with sample data."""

import argparse
import sys
from pathlib import Path

from docs.tools.dashboard_pictures.render import render
from planning.errors import exit_code_of


def main() -> int:
    """Writes the pictures; 2 for input that can't be used."""
    parser = argparse.ArgumentParser(prog="python -m docs.tools.dashboard_pictures", description=__doc__)
    parser.add_argument("--stack", default="prod", help="stack whose dashboards are drawn (default prod)")
    parser.add_argument("--output", type=Path, default=Path("build/dashboards"), help="directory to write to")
    parser.add_argument("--html", action="store_true", help="HTML pages instead of pictures; needs no browser")
    parser.add_argument("--opened", action="store_true", help="with every row opened")
    given = parser.parse_args()
    for path in render(given.stack, given.output, pictures=not given.html, opened=given.opened):
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(exit_code_of(main))
