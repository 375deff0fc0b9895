"""`connectivity`: the way to each service, hop by hop (name, TCP, TLS, HTTP), and the ways inside the cluster."""

import socket
import ssl
from collections.abc import Generator, Iterator
from urllib.parse import urlsplit

from ops.backends.errors import LiveError, Problem
from ops.backends.http import Address, HttpService, reason, tls_context, tls_reason
from ops.backends.target import Role, Target
from ops.checks.enforcement import enforcement
from ops.checks.health import failed, failed_sends
from ops.checks.unselected import unselected
from ops.report.checks import Check, Report, State
from planning.backends import BACKENDS, backends_of
from settings.models.cluster import EksCluster

# A path of each service that answers without data; OTLP has none for GET, so any HTTP answer will do there.
PROBED_PATHS = {
    **{Role(backend.name): backend.probe_path for backend in BACKENDS},
    Role.GRAFANA: "/api/health",
    Role.OTLP: "/",
}
HTTP_IS_ENOUGH = (Role.OTLP,)


def connectivity(target: Target) -> Report:
    """Every hop from here to every service, and what Grafana and the collectors reach inside the cluster; and
    whether the cluster keeps what mustn't meet apart."""
    checks: list[Check] = []
    for role in target.roles:
        checks += _way_to(target, role)
    checks += _from_grafana(target)
    checks.append(_from_collectors(target))
    checks.append(enforcement(target))
    if isinstance(target.settings.cluster, EksCluster):
        checks.append(unselected(target))
    return Report(title=f"Connections of {target.stack}", checks=tuple(checks))


def _way_to(target: Target, role: Role) -> Iterator[Check]:
    try:
        address = target.address(role)
    except LiveError as error:
        yield failed(f"{role}: way", error)
        return
    if address.connect_to is not None:
        yield _ok(f"{role}: port-forward", f"{address.url} by kubectl port-forward")
    failure = yield from _hops(address, target.options.timeout_seconds)
    if not failure:
        yield _http(target.service(role), role)


def _hops(address: Address, timeout_seconds: float) -> Generator[Check, None, bool]:
    """Name, TCP and TLS; returns whether one of them failed."""
    parts = urlsplit(address.url)
    host, port = address.connect_to or (parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))
    name = address.name
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        yield _blocked(f"{name}: DNS", f"{host}: {reason(error)}", "the name is only known elsewhere, or misspelt")
        return True
    addresses = ", ".join(sorted({str(one[4][0]) for one in found}))
    yield _ok(f"{name}: DNS", f"{host} is {addresses}")
    try:
        connection = socket.create_connection((host, port), timeout_seconds)
    except OSError as error:
        slow = isinstance(error, TimeoutError)
        said = f"no answer within {timeout_seconds:g} s" if slow else reason(error)
        advice = "a firewall or network policy drops it" if slow else "nothing listens there"
        yield _blocked(f"{name}: TCP", f"{host}:{port}: {said}", advice)
        return True
    with connection:
        yield _ok(f"{name}: TCP", f"{host}:{port} accepts")
        if parts.scheme != "https":
            return False
        try:
            with tls_context(address).wrap_socket(connection, server_hostname=parts.hostname) as secured:
                yield _ok(f"{name}: TLS", f"{secured.version()}, certificate of {parts.hostname} is trusted")
        except ssl.SSLError as error:
            yield _blocked(f"{name}: TLS", tls_reason(error), "name the right authority with --ca-file")
            return True
        except OSError as error:
            yield _blocked(f"{name}: TLS", reason(error), "the port doesn't speak TLS")
            return True
    return False


def _http(service: HttpService, role: Role) -> Check:
    try:
        answer = service.get(PROBED_PATHS[role], attempts=1)
    except LiveError as error:
        if role in HTTP_IS_ENOUGH and error.problem is Problem.FAILED:
            return _ok(f"{role}: HTTP", f"HTTP {error.status}, as expected of a port that only takes POST")
        return failed(f"{role}: HTTP", error)
    return _ok(f"{role}: HTTP", f"HTTP {answer.status} in {answer.seconds * 1000:.0f} ms")


def _from_grafana(target: Target) -> Iterator[Check]:
    """Grafana asks its data sources from inside the cluster, through the network policies."""
    for backend in backends_of(target.settings.retention):
        name = f"grafana -> {backend.name}"
        try:
            yield _ok(name, target.grafana().datasource_health(backend.name))
        except LiveError as error:
            yield failed(name, error)


def _from_collectors(target: Target) -> Check:
    name = "collectors -> back ends"
    try:
        rates = failed_sends(target.mimir())
    except LiveError as error:
        return Check(name=name, state=State.UNKNOWN, detail=str(error))
    failing = {exporter: rate for exporter, rate in rates.items() if rate > 0}
    if failing:
        said = ", ".join(f"{exporter} fails {rate:.1f}/s" for exporter, rate in failing.items())
        return Check(name=name, state=State.FINDING, detail=said, advice="see the gateway's log and network policies")
    if not rates:
        return Check(name=name, state=State.UNKNOWN, detail="no exporter has sent anything yet")
    return _ok(name, f"{len(rates)} exporters send without failures")


def _ok(name: str, detail: str) -> Check:
    return Check(name=name, state=State.OK, detail=detail)


def _blocked(name: str, detail: str, advice: str) -> Check:
    return Check(name=name, state=State.UNREACHABLE, detail=detail, advice=advice)
