"""Wrong input to a command: one message, no traceback."""

from planning.errors import UserError


class CommandError(UserError):
    """Why a command can't do what it was asked; `str()` is the message for people."""
