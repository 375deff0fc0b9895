"""How a command reaches a stack: light, so that help is quick."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

TIMEOUT_SECONDS = 10.0


class Connection(NamedTuple):
    """How to reach a stack."""

    stack: str
    """Pulumi stack."""
    endpoints: Sequence[str] | None = ()
    """`name=URL` each: addresses to use instead of the stack's outputs."""
    kubeconfig: Path | None = None
    """kubeconfig to use instead of the stack's output."""
    ca_file: Path | None = None
    """Certificate authority of https addresses."""
    client_certificate: Path | None = None
    """Certificate and key to show to servers that ask for them."""
    timeout_seconds: float = TIMEOUT_SECONDS
    """For one request."""
