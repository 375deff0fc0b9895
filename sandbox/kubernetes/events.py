"""Warning events on Kubernetes objects, so that `kubectl describe` and Pulumi's error messages say what is wrong."""

from __future__ import annotations

import datetime

from sandbox.kubernetes.api import ApiClient, ApiError, JsonObject


def now() -> str:
    """The time in Kubernetes's form (UTC, whole seconds)."""
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class EventRecorder:
    """Records each (object, reason, message) once."""

    def __init__(self, client: ApiClient, component: str) -> None:
        self._client = client
        self._component = component
        self._recorded: set[tuple[str, str, str]] = set()

    def warn(self, subject: JsonObject, kind: str, reason: str, message: str) -> None:
        """Record a warning about a namespaced core/v1 object of this kind."""
        metadata = subject["metadata"]
        key = (metadata["uid"], reason, message)
        if key in self._recorded:
            return
        namespace = metadata["namespace"]
        event: JsonObject = {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"generateName": f"{metadata['name']}.", "namespace": namespace},
            "involvedObject": {
                "apiVersion": "v1",
                "kind": kind,
                "name": metadata["name"],
                "namespace": namespace,
                "uid": metadata["uid"],
            },
            "type": "Warning",
            "reason": reason,
            "message": message,
            "count": 1,
            "firstTimestamp": now(),
            "lastTimestamp": now(),
            "source": {"component": self._component},
        }
        try:
            self._client.create(f"/api/v1/namespaces/{namespace}/events", event)
        except ApiError as error:
            # A namespace that is being deleted takes no events; nobody is left to read them.
            if error.status not in (403, 404):
                raise
        self._recorded.add(key)
