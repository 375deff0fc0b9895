"""What a command is at: a line on standard error, so that standard output stays what was asked for."""

import sys


def say(command: str, text: str) -> None:
    """One line."""
    print(f"{command}: {text}", file=sys.stderr, flush=True)


def at_work(command: str, text: str) -> None:
    """A line of what may take a while."""
    say(command, f"{text} …")
