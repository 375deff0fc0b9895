"""A running stack as an operator's machine sees it: where each service is, and a way in where there is none."""

import base64
import os
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from enum import StrEnum
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from ops.backends.alertmanager import Alertmanager
from ops.backends.connection import Connection
from ops.backends.errors import LiveError, Problem
from ops.backends.grafana import Grafana
from ops.backends.http import Address, HttpService
from ops.backends.kubernetes import Kubernetes
from ops.backends.loki import Loki
from ops.backends.port_forward import LOOPBACK, Forwarded, PortForward
from ops.backends.prometheus import Mimir
from ops.backends.pulumi import StackOutputs
from ops.backends.tempo import Tempo
from ops.errors import CommandError
from ops.stacks import settings_of
from planning.backends import BACKENDS, Backend, backends_of
from settings.models.platform import PlatformSettings
from settings.project import project_root
from telemetry.kubernetes.endpoints import GRAFANA_PORT, GRAFANA_RELEASE, Endpoints

KUBECONFIG_VARIABLE = "LGTM_KUBECONFIG"
CA_VARIABLE = "LGTM_CA_FILE"
CLIENT_CERTIFICATE_VARIABLE = "LGTM_CLIENT_CERTIFICATE"
GRAFANA_ADMIN = "admin"


class Role(StrEnum):
    """Services that commands talk to."""

    LOKI = "loki"
    TEMPO = "tempo"
    MIMIR = "mimir"
    PYROSCOPE = "pyroscope"
    GRAFANA = "grafana"
    OTLP = "otlp"
    """The agents' OTLP/HTTP port."""

    @property
    def url_variable(self) -> str:
        """Environment variable that replaces the address of the stack's outputs."""
        return f"LGTM_{self.value.upper()}_URL"

    @property
    def token_variable(self) -> str:
        """Environment variable with a bearer token."""
        return f"LGTM_{self.value.upper()}_TOKEN"


# Where a stack's outputs name each service.
_OUTPUTS: Mapping[Role, tuple[str, str]] = {
    **{Role(backend.name): (backend.signal.value, "query") for backend in BACKENDS},
    Role.OTLP: ("otlp", "http"),
}


class Target:
    """A running stack; a context manager, because port-forwards must end."""

    def __init__(
        self,
        options: Connection,
        *,
        project: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._environment = os.environ if environment is None else environment
        self.options = options
        project = project or project_root()
        self.settings: PlatformSettings = settings_of(options.stack, project)
        self._given = _given(options.endpoints, self._environment)
        self._outputs = StackOutputs(options.stack, project)
        self._open = ExitStack()
        self._addresses: dict[Role, Address | LiveError] = {}
        self._kubeconfig: Path | None = None
        self._folder: Path | None = None

    def __enter__(self) -> Self:
        """Raises `LiveError` for a stack that isn't up, unless addresses were given: one message, not one a service."""
        if not self._given:
            self._outputs.plain()
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    @property
    def stack(self) -> str:
        """Pulumi stack."""
        return self.options.stack

    @property
    def roles(self) -> tuple[Role, ...]:
        """The services that this stack has."""
        kept = {backend.name for backend in backends_of(self.settings.retention)}
        absent = {backend.name for backend in BACKENDS} - kept
        return tuple(role for role in Role if role.value not in absent)

    @property
    def outputs(self) -> StackOutputs:
        """The stack's outputs."""
        return self._outputs

    def mimir(self) -> Mimir:
        """Metrics. Raises `LiveError` when there is no way to it; so do the others."""
        return Mimir(self.service(Role.MIMIR))

    def alertmanager(self) -> Alertmanager:
        """Alerts."""
        return Alertmanager(self.service(Role.MIMIR))

    def loki(self) -> Loki:
        """Logs."""
        return Loki(self.service(Role.LOKI))

    def tempo(self) -> Tempo:
        """Traces."""
        return Tempo(self.service(Role.TEMPO))

    def grafana(self) -> Grafana:
        """Dashboards."""
        return Grafana(self.service(Role.GRAFANA))

    def kubernetes(self) -> Kubernetes:
        """The cluster."""
        return Kubernetes(self.kubeconfig())

    def service(self, role: Role) -> HttpService:
        """One service over HTTP."""
        return HttpService(self.address(role), timeout_seconds=self.options.timeout_seconds)

    def address(self, role: Role) -> Address:
        """Where a service is; starts a port-forward where only the cluster can reach it."""
        if role not in self._addresses:
            try:
                self._addresses[role] = self._find(role)
            except LiveError as error:
                self._addresses[role] = error
        found = self._addresses[role]
        if isinstance(found, LiveError):
            raise found
        return found

    def kubeconfig(self) -> Path:
        """The given kubeconfig, or the stack's in a file of its own that ends with the target."""
        if self._kubeconfig is None:
            given = self.options.kubeconfig or self._environment.get(KUBECONFIG_VARIABLE)
            if given is not None and not Path(given).is_file():
                raise CommandError(f"--kubeconfig: there is no file {given}")
            self._kubeconfig = Path(given) if given else self._exported_kubeconfig()
        return self._kubeconfig

    def _exported_kubeconfig(self) -> Path:
        path = self._private_folder() / "kubeconfig"
        path.touch(mode=0o600)
        path.write_text(self._outputs.kubeconfig(), encoding="utf-8")
        return path

    def _private_folder(self) -> Path:
        if self._folder is None:
            self._folder = Path(self._open.enter_context(tempfile.TemporaryDirectory(prefix="lgtm-ops-")))
        return self._folder

    def _find(self, role: Role) -> Address:
        if role in self._given:
            return self._addressed(role, self._given[role])
        url = self._exported_url(role)
        host = (urlsplit(url).hostname or "").split(".")
        if len(host) < 3 or host[2] != "svc":
            return self._addressed(role, url)
        return self._forwarded(role, url, Forwarded(host[1], f"svc/{host[0]}", urlsplit(url).port or 80))[0]

    def pod(self, backend: Backend, pod: str) -> tuple[HttpService, PortForward]:
        """One pod of a back end, past the service that chooses among them; the way to it may be ended earlier."""
        role, endpoints = Role(backend.name), Endpoints.of(self.settings)
        forwarded = Forwarded(endpoints.namespace, f"pod/{pod}", backend.port)
        address, forward = self._forwarded(role, endpoints.url(backend), forwarded)
        return HttpService(address._replace(name=pod), timeout_seconds=self.options.timeout_seconds), forward

    def _forwarded(self, role: Role, url: str, what: Forwarded) -> tuple[Address, PortForward]:
        forward = PortForward(what, self.kubeconfig(), self._private_folder())
        self._open.callback(forward.close)
        found = self._addressed(role, url, (LOOPBACK, forward.port))
        if found.ca_file is None and url.startswith("https://"):
            found = found._replace(ca_file=self._cluster_ca())
        return found, forward

    def _cluster_ca(self) -> Path | None:
        """The authority of the services inside the cluster, from the Secret that the stack's outputs name."""
        where = self._outputs.plain().ca_certificate_secret
        if where is None:
            return None
        path = self._private_folder() / "ca.pem"
        if not path.exists():
            path.write_text(self.kubernetes().secret(where.namespace, where.name, where.key), encoding="utf-8")
        return path

    def _exported_url(self, role: Role) -> str:
        outputs = self._outputs.plain()
        if role is not Role.GRAFANA:
            if url := outputs.url(*_OUTPUTS[role]):
                return base_url(url)
        elif outputs.grafana_url.startswith("https://"):
            return outputs.grafana_url
        elif secret := outputs.grafana_admin_password_secret:
            # Without an ingress the output is the local end of a port-forward that isn't there yet.
            return f"http://{GRAFANA_RELEASE}.{secret.namespace}.svc:{GRAFANA_PORT}"
        raise LiveError(
            f"stack {self.stack}",
            Problem.ABSENT,
            f"its outputs name no address of {role}; give one: --endpoint {role}=http://...",
        )

    def _addressed(self, role: Role, url: str, connect_to: tuple[str, int] | None = None) -> Address:
        ca = self.options.ca_file or self._environment.get(CA_VARIABLE)
        certificate = self.options.client_certificate or self._environment.get(CLIENT_CERTIFICATE_VARIABLE)
        return Address(
            name=role.value,
            url=url,
            connect_to=connect_to,
            ca_file=Path(ca) if ca else None,
            client_certificate=Path(certificate) if certificate else None,
            authorization=self._authorization(role),
        )

    def _authorization(self, role: Role) -> str | None:
        token = self._environment.get(role.token_variable)
        if token:
            return f"Bearer {token}"
        if role is not Role.GRAFANA or role in self._given:
            return None
        if where := self._outputs.plain().grafana_admin_password_secret:
            password = self.kubernetes().secret(where.namespace, where.name, where.key)
            return "Basic " + base64.b64encode(f"{GRAFANA_ADMIN}:{password}".encode()).decode()
        return None


def base_url(url: str) -> str:
    """Scheme, host and port of a URL."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _given(endpoints: Sequence[str] | None, environment: Mapping[str, str]) -> dict[Role, str]:
    """Addresses from the environment, and from the command line, which wins."""
    found = {role: environment[role.url_variable] for role in Role if environment.get(role.url_variable)}
    for one in endpoints or ():
        name, equals, url = one.partition("=")
        if not equals or not url or name not in set(Role):
            raise CommandError(
                f"--endpoint: got {one!r}; accepted: NAME=URL with a name out of {', '.join(Role)}, "
                "such as loki=http://localhost:3100"
            )
        found[Role(name)] = url
    return found
