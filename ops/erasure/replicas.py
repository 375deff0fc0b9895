"""The replicas of Loki that keep deletion requests: all of a stack's, each by a way of its own."""

import re
from collections.abc import Callable
from typing import TypeVar

from ops.backends.errors import LiveError, Problem
from ops.backends.loki_deletion import LokiDeletion
from ops.backends.port_forward import PortForward
from ops.backends.target import Target
from planning.backends import LOKI

T = TypeVar("T")
_ORDINAL = re.compile(rf"{LOKI.name}-(\d+)")


class Replicas:
    """Loki's pods by name. A way that fails is made anew by the next question: pods restart while a request waits."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._open: dict[str, tuple[LokiDeletion, PortForward]] = {}

    def names(self) -> tuple[str, ...]:
        """The pods that the stack file asks for, and any more that there are. Raises `LiveError` for one that lacks."""
        wanted = {f"{LOKI.name}-{number}" for number in range(self._target.settings.sizes.loki.monolithic.replicas)}
        namespace = self._target.settings.namespace
        pods = {one.name: one for one in self._target.kubernetes().pods(namespace) if _ORDINAL.fullmatch(one.name)}
        for name in sorted(wanted | set(pods)):
            if name not in pods or not pods[name].well:
                why = pods[name].reason if name in pods else "there is no such pod"
                raise LiveError(
                    f"{name} in {namespace}",
                    Problem.ABSENT,
                    f"{why}; each replica keeps a list of deletion requests of its own, so all must run",
                )
        return tuple(sorted(pods))

    def ask(self, name: str, question: Callable[[LokiDeletion], T]) -> T:
        """One replica's answer. Raises `LiveError`."""
        if name not in self._open:
            service, forward = self._target.pod(LOKI, name)
            self._open[name] = LokiDeletion(service), forward
        try:
            return question(self._open[name][0])
        except LiveError:
            self._open.pop(name)[1].close()
            raise
