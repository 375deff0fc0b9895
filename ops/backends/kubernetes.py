"""Reading the Kubernetes API through kubectl, which knows how to log in to the cluster."""

import base64
import binascii
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ops.backends.errors import LiveError, Problem
from ops.backends.tools import run_tool
from ops.backends.untyped import rows, table
from planning.base import Frozen

REQUEST_TIMEOUT = "15s"
# What kubectl says when the API server answered, but not to this user.
REFUSALS = ("(Forbidden)", "(Unauthorized)", "must be logged in")
PHASES_DONE = ("Succeeded",)


class PodState(Frozen):
    """One pod that isn't as it should be."""

    namespace: str
    """Its namespace."""
    name: str
    """Its name."""
    reason: str
    """Why, as Kubernetes says it: CrashLoopBackOff, Pending, ..."""
    restarts: int
    """Restarts of its containers."""


class Kubernetes:
    """One cluster. Every failure is a `LiveError`."""

    def __init__(self, kubeconfig: Path) -> None:
        self._kubeconfig = kubeconfig

    def get(self, path: str) -> Any:
        """The JSON of one path of the API, with nothing but one GET: no discovery."""
        options = ["--kubeconfig", str(self._kubeconfig), f"--request-timeout={REQUEST_TIMEOUT}"]
        try:
            text = run_tool("kubectl", [*options, "get", "--raw", path])
        except LiveError as error:
            if error.problem is Problem.TOOL:
                raise
            refused = any(words in error.detail for words in REFUSALS)
            problem = Problem.REFUSED if refused else Problem.UNREACHABLE
            raise LiveError("the Kubernetes API", problem, f"{path}: {error.detail}") from None
        try:
            return json.loads(text)
        except ValueError:
            raise LiveError("the Kubernetes API", Problem.GARBAGE, f"{path} is not JSON") from None

    def ready(self) -> None:
        """Raises `LiveError` unless the API answers."""
        self.get("/version")

    def pods(self, namespace: str) -> list[Any]:
        """Pods of a namespace, as the API gives them."""
        return self._items(f"/api/v1/namespaces/{quote(namespace)}/pods")

    def volume_claims(self, namespace: str) -> list[Any]:
        """Persistent volume claims of a namespace."""
        return self._items(f"/api/v1/namespaces/{quote(namespace)}/persistentvolumeclaims")

    def server_version(self) -> str:
        """Version of the API server, such as 1.35."""
        version = self.get("/version")
        try:
            return f"{version['major']}.{''.join(c for c in version['minor'] if c.isdigit())}"
        except (KeyError, TypeError):
            raise LiveError("the Kubernetes API", Problem.GARBAGE, "/version names no version") from None

    def secret(self, namespace: str, name: str, key: str) -> str:
        """One value of a Secret."""
        document = self.get(f"/api/v1/namespaces/{quote(namespace)}/secrets/{quote(name)}")
        try:
            return base64.b64decode(document["data"][key], validate=True).decode()
        except (KeyError, TypeError, binascii.Error, UnicodeDecodeError):
            raise LiveError("the Kubernetes API", Problem.GARBAGE, f"Secret {name} has no readable key {key}") from None

    def _items(self, path: str) -> list[Any]:
        items = table(self.get(path)).get("items")
        if items is None:
            raise LiveError("the Kubernetes API", Problem.GARBAGE, f"{path} is not a list")
        return rows(items)


def not_ready(pods: list[Any]) -> Iterator[PodState]:
    """Pods that aren't ready and didn't end well. Raises `LiveError` for documents that are no pods."""
    try:
        for pod in pods:
            status = pod.get("status", {})
            containers: list[Any] = [*status.get("initContainerStatuses", []), *status.get("containerStatuses", [])]
            ready = any(one["type"] == "Ready" and one["status"] == "True" for one in status.get("conditions", []))
            if ready or status.get("phase") in PHASES_DONE:
                continue
            meta = pod["metadata"]
            restarts = sum(one.get("restartCount", 0) for one in containers)
            yield PodState(
                namespace=meta["namespace"], name=meta["name"], reason=_reason(status, containers), restarts=restarts
            )
    except (AttributeError, KeyError, TypeError):
        raise LiveError("the Kubernetes API", Problem.GARBAGE, "a pod without the usual fields") from None


def _reason(status: Any, containers: list[Any]) -> str:
    for container in containers:
        for kind in ("waiting", "terminated"):
            reason = table(table(container.get("state")).get(kind)).get("reason")
            if reason and reason != "Completed":
                return str(reason)
    for condition in rows(status.get("conditions")):
        if condition.get("status") == "False" and condition.get("reason"):
            return str(condition["reason"])
    return str(status.get("phase", "Unknown"))
