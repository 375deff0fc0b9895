"""Wrong input to a command: one message, no traceback."""


class CommandError(Exception):
    """Why a command can't do what it was asked; `str()` is the message for people."""
