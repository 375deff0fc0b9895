"""What a kubelet checks before it starts a pod's containers: that everything they refer to exists.

kwok makes scheduled pods Running and Ready whatever they mount. Its stages here wait for the pod condition
`PodReadyToStartContainers`, which this module sets once every ConfigMap, Secret, key and claim is there and no
container asks for root under `runAsNonRoot`. Otherwise the pod stays where a real one would, with the kubelet's reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sandbox.kubernetes.api import ApiClient, ApiError, JsonObject, child, entries
from sandbox.kubernetes.events import EventRecorder, now

READY_TO_START = "PodReadyToStartContainers"


class Problem(NamedTuple):
    """Why containers can't start: the waiting reason, the event's reason, the message."""

    waiting_reason: str
    event_reason: str
    message: str


class PodGate:
    """Call `reconcile` again and again; it lets pods start, or says why not."""

    def __init__(self, client: ApiClient) -> None:
        self._client = client
        self._events = EventRecorder(client, "kubelet")
        self._cache: dict[str, JsonObject | None] = {}

    def reconcile(self) -> None:
        """Look at every scheduled pod that has not started."""
        self._cache = {}
        for pod in self._client.list("/api/v1/pods", field_selector="status.phase=Pending,spec.nodeName!="):
            if "deletionTimestamp" not in pod["metadata"] and not _may_start(pod):
                self._judge(pod)

    def _judge(self, pod: JsonObject) -> None:
        problem = next(self._problems(pod), None)
        if problem is None:
            self._patch_status(pod, {"conditions": [{"type": READY_TO_START, "status": "True", **_since()}]})
            return
        self._events.warn(pod, "Pod", problem.event_reason, problem.message)
        waiting = {"reason": problem.waiting_reason, "message": problem.message}
        statuses = [
            {
                "name": container["name"],
                "image": container["image"],
                "imageID": "",
                "ready": False,
                "restartCount": 0,
                "state": {"waiting": waiting},
            }
            for container in pod["spec"]["containers"]
        ]
        current = [status.get("state") for status in entries(pod["status"], "containerStatuses")]
        if current != [status["state"] for status in statuses]:
            self._patch_status(pod, {"containerStatuses": statuses})

    def _patch_status(self, pod: JsonObject, status: JsonObject) -> None:
        metadata = pod["metadata"]
        path = f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}/status"
        try:
            self._client.patch(path, {"status": status}, "application/strategic-merge-patch+json")
        except ApiError as error:
            if error.status not in (404, 409):
                raise

    def _problems(self, pod: JsonObject) -> Iterator[Problem]:
        namespace = pod["metadata"]["namespace"]
        for volume in entries(pod["spec"], "volumes"):
            for message in self._volume_problems(namespace, volume):
                text = f'MountVolume.SetUp failed for volume "{volume["name"]}" : {message}'
                yield Problem("ContainerCreating", "FailedMount", text)
        for container in [*entries(pod["spec"], "initContainers"), *pod["spec"]["containers"]]:
            for message in [*self._environment_problems(namespace, container), *_user_problems(pod, container)]:
                yield Problem("CreateContainerConfigError", "Failed", f"Error: {message}")

    def _volume_problems(self, namespace: str, volume: JsonObject) -> Iterator[str]:
        for source in [volume, *entries(child(volume, "projected"), "sources")]:
            if config_map := source.get("configMap"):
                yield from self._missing("configmaps", namespace, config_map["name"], config_map)
            if secret := source.get("secret"):
                yield from self._missing("secrets", namespace, secret.get("secretName") or secret["name"], secret)
        if claim := volume.get("persistentVolumeClaim"):
            found = self._find("persistentvolumeclaims", namespace, claim["claimName"])
            if found is None or found["status"].get("phase") != "Bound":
                yield f'persistentvolumeclaim "{claim["claimName"]}" is not bound'

    def _environment_problems(self, namespace: str, container: JsonObject) -> Iterator[str]:
        for source in entries(container, "envFrom"):
            for resource, reference in (("configmaps", "configMapRef"), ("secrets", "secretRef")):
                if found := source.get(reference):
                    yield from self._missing(resource, namespace, found["name"], found)
        for variable in entries(container, "env"):
            source = child(variable, "valueFrom")
            for resource, reference in (("configmaps", "configMapKeyRef"), ("secrets", "secretKeyRef")):
                if found := source.get(reference):
                    item: JsonObject = {"optional": found.get("optional", False), "items": [{"key": found["key"]}]}
                    yield from self._missing(resource, namespace, found["name"], item)

    def _missing(self, resource: str, namespace: str, name: str, reference: JsonObject) -> Iterator[str]:
        if reference.get("optional"):
            return
        found = self._find(resource, namespace, name)
        singular = resource.removesuffix("s")
        if found is None:
            yield f'{singular} "{name}" not found'
            return
        keys = {*child(found, "data"), *child(found, "binaryData")}
        for item in entries(reference, "items"):
            if item["key"] not in keys:
                yield f"couldn't find key {item['key']} in {singular} {namespace}/{name}"

    def _find(self, resource: str, namespace: str, name: str) -> JsonObject | None:
        path = f"/api/v1/namespaces/{namespace}/{resource}/{name}"
        if path not in self._cache:
            self._cache[path] = self._client.get(path)
        return self._cache[path]


def _user_problems(pod: JsonObject, container: JsonObject) -> Iterator[str]:
    effective: JsonObject = {**child(pod["spec"], "securityContext"), **child(container, "securityContext")}
    if effective.get("runAsNonRoot") and effective.get("runAsUser") == 0:
        yield f'container "{container["name"]}" has runAsNonRoot and runAsUser 0'


def _may_start(pod: JsonObject) -> bool:
    conditions = entries(pod["status"], "conditions")
    return any(condition["type"] == READY_TO_START and condition["status"] == "True" for condition in conditions)


def _since() -> JsonObject:
    return {"lastTransitionTime": now()}
