"""A question before something is changed."""

import sys


def confirmed(question: str) -> bool:
    """Whether a person at a terminal says yes; nobody there means no."""
    if not sys.stdin.isatty():
        return False
    # On standard error, so that standard output stays what was asked for.
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")
