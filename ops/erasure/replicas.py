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


class Replicas:
    """Loki's pods by name. A way that fails is made anew by the next question: pods restart while a request waits."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._open: dict[str, tuple[LokiDeletion, PortForward]] = {}

    def names(self) -> tuple[str, ...]:
        """The pods that the stack file asks for, and any more that there are. Raises `LiveError` for one that lacks."""
        namespace, (name, count) = self._target.settings.namespace, self._keepers()
        wanted = {f"{name}-{number}" for number in range(count)}
        ordinal = re.compile(rf"{name}-\d+")
        pods = {one.name: one for one in self._target.kubernetes().pods(namespace) if ordinal.fullmatch(one.name)}
        for name in sorted(wanted | set(pods)):
            if name not in pods or not pods[name].well:
                why = pods[name].reason if name in pods else "there is no such pod"
                raise LiveError(
                    f"{name} in {namespace}",
                    Problem.ABSENT,
                    f"{why}; each replica keeps a list of deletion requests of its own, so all must run",
                )
        return tuple(sorted(pods))

    def _keepers(self) -> tuple[str, int]:
        """The StatefulSet whose pods keep requests, and how many it has: in mode Distributed the compactor alone."""
        monolithic = self._target.settings.sizes.loki.monolithic
        return (LOKI.name, monolithic.replicas) if monolithic else (f"{LOKI.name}-compactor", 1)

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
