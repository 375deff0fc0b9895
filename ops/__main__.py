"""`lgtm`, or `python -m ops`: costs, capacity, prices, and the running platform, from the command line."""

import sys
from pathlib import Path

# Absolute imports of the project's packages need its root first, also when started from elsewhere.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from typer.exceptions import TyperException

from ops.backends.errors import LiveError
from ops.cli.app import app
from ops.cli.options import PROGRAM

WRONG_INPUT = 2
UNREACHABLE = 3


def main(argv: list[str] | None = None) -> int:
    """Runs one command. One message on standard error and 2 for input that can't be used, 3 for no usable answer."""
    arguments = sys.argv[1:] if argv is None else argv
    try:
        code: int | None = app(args=arguments or ["--help"], prog_name=PROGRAM, standalone_mode=False)
    except TyperException as error:
        return _refused(f"{error.format_message()} See `{PROGRAM} --help`.")
    except LiveError as error:
        return _refused(str(error), UNREACHABLE)
    except BrokenPipeError:
        # The reader, such as head, had enough.
        sys.stderr.close()
        return 0
    except Exception as error:
        if not _is_wrong_input(error):
            raise
        return _refused(str(error))
    if not arguments:
        return WRONG_INPUT
    return code or 0


def _refused(message: str, code: int = WRONG_INPUT) -> int:
    print(f"error: {message}", file=sys.stderr)
    return code


def _is_wrong_input(error: Exception) -> bool:
    # Imported late, so that --help is quick.
    from ops.errors import CommandError
    from planning.prices import PriceTableError
    from planning.registered_sources import UnreadableResourcesError
    from settings.document.messages import SettingsError

    return isinstance(error, CommandError | PriceTableError | SettingsError | UnreadableResourcesError)


if __name__ == "__main__":
    sys.exit(main())
