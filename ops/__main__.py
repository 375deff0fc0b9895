"""`lgtm`, or `python -m ops`: costs, capacity, prices, and the running platform, from the command line."""

import sys

from typer.exceptions import TyperException

from ops.cli.app import app
from ops.cli.options import PROGRAM
from planning.errors import WRONG_INPUT, exit_code_of


def main(argv: list[str] | None = None) -> int:
    """Runs one command. One message on standard error and 2 for input that can't be used, 3 for no usable answer."""
    arguments = sys.argv[1:] if argv is None else argv
    try:
        code = exit_code_of(lambda: app(args=arguments or ["--help"], prog_name=PROGRAM, standalone_mode=False) or 0)
    except TyperException as error:
        print(f"error: {error.format_message()} See `{PROGRAM} --help`.", file=sys.stderr)
        return WRONG_INPUT
    except BrokenPipeError:
        # The reader, such as head, had enough.
        sys.stderr.close()
        return 0
    return code if arguments else WRONG_INPUT


if __name__ == "__main__":
    sys.exit(main())
