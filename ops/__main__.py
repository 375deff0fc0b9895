"""`python -m ops`: costs, storage plans, capacity and prices, from the command line."""

import argparse
import sys
from pathlib import Path

# Absolute imports of the project's packages need its root first, also when started from elsewhere.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from ops import cost, plans, prices
from ops.errors import CommandError
from planning.prices import PriceTableError
from planning.registered_sources import UnreadableResourcesError
from settings.messages import SettingsError

WRONG_INPUT = 2


def main(argv: list[str] | None = None) -> int:
    """Runs one command; 2 for input that can't be used, with one message on standard error."""
    parser = argparse.ArgumentParser(prog="python -m ops", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for module in (cost, plans, prices):
        module.add_commands(commands)
    arguments = parser.parse_args(argv)
    try:
        code: int = arguments.run(arguments)
    except (CommandError, PriceTableError, SettingsError, UnreadableResourcesError) as error:
        print(f"error: {error}", file=sys.stderr)
        return WRONG_INPUT
    except BrokenPipeError:
        # The reader, such as head, had enough.
        sys.stderr.close()
        return 0
    return code


if __name__ == "__main__":
    sys.exit(main())
