"""Wrong input: the one base of every error that is told to people in a sentence and not as a traceback."""

import sys
from collections.abc import Callable

WRONG_INPUT, OUT_OF_REACH = 2, 3


class UserError(Exception):
    """Input that can't be used, or something outside that gives no answer; `str()` is the whole message for people.

    What is none stays an exception: a defect of the program, which its traceback helps to find.
    """

    exit_code = WRONG_INPUT
    """What a command that ends with it returns."""


def exit_code_of(run: Callable[[], int]) -> int:
    """The exit code of a command; a `UserError` becomes one message on standard error and its own code."""
    try:
        return run()
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
