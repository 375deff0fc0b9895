"""The Kubernetes API through kubectl, which knows how to log in to the cluster."""

from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from pydantic import Base64Bytes

from ops.backends.errors import LiveError, Problem
from ops.backends.foreign import CamelCase, parsed
from ops.backends.tools import run_tool

T = TypeVar("T")
NAME = "the Kubernetes API"
REQUEST_TIMEOUT = "15s"
# A packet that a policy drops is never answered.
PROXY_TIMEOUT = "5s"
DELETION_TIMEOUT = "50s"
# What kubectl says when the API server answered, but not to this user.
REFUSALS = ("(Forbidden)", "(Unauthorized)", "must be logged in")


class _Named(CamelCase):
    name: str
    namespace: str


class _Condition(CamelCase):
    type: str = ""
    status: str = ""
    reason: str = ""


class _Why(CamelCase):
    reason: str = ""


class _ContainerState(CamelCase):
    waiting: _Why = _Why()
    terminated: _Why = _Why()


class _Container(CamelCase):
    restart_count: int = 0
    state: _ContainerState = _ContainerState()


class _PodStatus(CamelCase):
    phase: str = "Unknown"
    conditions: tuple[_Condition, ...] = ()
    init_container_statuses: tuple[_Container, ...] = ()
    container_statuses: tuple[_Container, ...] = ()

    @property
    def containers(self) -> tuple[_Container, ...]:
        return self.init_container_statuses + self.container_statuses


class Pod(CamelCase):
    """One pod."""

    metadata: _Named
    status: _PodStatus = _PodStatus()

    @property
    def name(self) -> str:
        """Its name."""
        return self.metadata.name

    @property
    def namespace(self) -> str:
        """Its namespace."""
        return self.metadata.namespace

    @property
    def well(self) -> bool:
        """Whether it is ready, or ended well."""
        ready = any(one.type == "Ready" and one.status == "True" for one in self.status.conditions)
        return ready or self.status.phase == "Succeeded"

    @property
    def restarts(self) -> int:
        """Restarts of its containers."""
        return sum(one.restart_count for one in self.status.containers)

    @property
    def reason(self) -> str:
        """Why it isn't well, as Kubernetes says it: CrashLoopBackOff, Pending, ..."""
        states = [why for one in self.status.containers for why in (one.state.waiting, one.state.terminated)]
        said = [one.reason for one in states if one.reason != "Completed"]
        said += [one.reason for one in self.status.conditions if one.status == "False"]
        return next(filter(None, said), self.status.phase)


class _PodList(CamelCase):
    items: tuple[Pod, ...]


class _Version(CamelCase):
    major: str
    minor: str


class _Secret(CamelCase):
    data: dict[str, Base64Bytes]


class Kubernetes:
    """One cluster. Every failure is a `LiveError`."""

    def __init__(self, kubeconfig: Path) -> None:
        self._kubeconfig = kubeconfig

    def pods(self, namespace: str) -> tuple[Pod, ...]:
        """Pods of a namespace."""
        path = f"/api/v1/namespaces/{quote(namespace)}/pods"
        return self.read(_PodList, path, "is no list, or has a pod without the usual fields").items

    def server_version(self) -> str:
        """Version of the API server, such as 1.35."""
        version = self.read(_Version, "/version", "names no version")
        return f"{version.major}.{''.join(filter(str.isdecimal, version.minor))}"

    def secret(self, namespace: str, name: str, key: str) -> str:
        """One value of a Secret."""
        path, wrong = f"/api/v1/namespaces/{quote(namespace)}/secrets/{quote(name)}", f"has no readable key {key}"
        data = self.read(_Secret, path, wrong).data
        try:
            return data[key].decode()
        except (KeyError, UnicodeDecodeError):
            raise LiveError(NAME, Problem.GARBAGE, f"{path} {wrong}") from None

    def get_from_pod(self, namespace: str, pod: str, port: int) -> str:
        """What a pod answers to the API server itself, over plain HTTP; no way that operators or the platform use."""
        path = f"/api/v1/namespaces/{quote(namespace)}/pods/{quote(pod)}:{port}/proxy/"
        return self._kubectl(path, "get", "--raw", path, timeout=PROXY_TIMEOUT)

    def read(self, kind: type[T], path: str, wrong: str) -> T:
        """The JSON of one path of the API, with nothing but one GET: no discovery."""
        return parsed(kind, self._kubectl(path, "get", "--raw", path), NAME, path, wrong=wrong)

    def patch(self, namespace: str, resource: str, merge: str) -> None:
        """Lays JSON over one object, such as pvc/storage-loki-0."""
        self._kubectl(resource, "--namespace", namespace, "patch", resource, "--type=merge", "--patch", merge)

    def delete(self, namespace: str, resource: str) -> None:
        """Deletes one object, such as secret/x; one that isn't there is fine."""
        self._kubectl(resource, "--namespace", namespace, "delete", resource, "--ignore-not-found")

    def replace_without_its_pods(self, namespace: str, manifest: str) -> None:
        """Deletes the object that a manifest names, leaves what it made, and makes it anew; also where it is gone."""
        options = ["replace", "--force", "--cascade=orphan", "--filename", "-"]
        self._kubectl("replace", "--namespace", namespace, *options, timeout="0", standard_input=manifest)

    def wait_until_gone(self, resource: str) -> None:
        """Returns when a cluster-wide object, such as namespace/monitoring, is deleted."""
        options = ["wait", "--for=delete", resource, f"--timeout={DELETION_TIMEOUT}"]
        self._kubectl(resource, *options, timeout="0")

    def _kubectl(
        self, what: str, *arguments: str, timeout: str = REQUEST_TIMEOUT, standard_input: str | None = None
    ) -> str:
        options = ["--kubeconfig", str(self._kubeconfig), f"--request-timeout={timeout}"]
        try:
            return run_tool("kubectl", [*options, *arguments], standard_input=standard_input)
        except LiveError as error:
            if error.problem is Problem.TOOL:
                raise
            refused = any(words in error.detail for words in REFUSALS)
            problem = Problem.REFUSED if refused else Problem.UNREACHABLE
            raise LiveError(NAME, problem, f"{what}: {error.detail}") from None
