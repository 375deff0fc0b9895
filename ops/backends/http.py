"""An HTTP client for the platform's services: timeouts, retries as the server asks, one clear message for any failure.

It connects where it is told (the local end of a port-forward) while it verifies the certificate of the real host name,
which `urllib` can't do.
"""

import http.client
import json
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import SplitResult, urlencode, urlsplit

from ops.backends.connection import TIMEOUT_SECONDS
from ops.backends.errors import LiveError, Problem
from ops.errors import CommandError

ATTEMPTS = 3
# RFC 9110, 15.6.4 and RFC 6585, 4: both may carry Retry-After. Longer waits are the operator's to decide about.
RETRIED_STATUSES = (429, 503)
LONGEST_WAIT_SECONDS = 15.0
FIRST_WAIT_SECONDS = 0.5
MOST_BYTES = 64 * 1024 * 1024
SHOWN_CHARACTERS = 120


class Answer(NamedTuple):
    """What a service said."""

    status: int
    body: bytes
    seconds: float
    """From the request to the last byte, without retries."""


class Address(NamedTuple):
    """Where a service is."""

    name: str
    """Short name for messages, such as loki."""
    url: str
    """Base URL; its host name is the one that a certificate must carry."""
    connect_to: tuple[str, int] | None = None
    """Host and port to connect to instead: the local end of a port-forward."""
    ca_file: Path | None = None
    """Certificate authority for https; None: the system's."""
    authorization: str | None = None
    """Value of the Authorization header; never printed."""


class _Plain(http.client.HTTPConnection):
    """HTTP to where it is told."""

    def __init__(self, host: str, port: int | None, timeout_seconds: float, target: tuple[str, int] | None) -> None:
        super().__init__(host, port, timeout=timeout_seconds)
        self._target = target or (self.host, self.port)
        self._seconds = timeout_seconds

    def connect(self) -> None:
        """Connects; the Host header still names the service."""
        self.sock = socket.create_connection(self._target, self._seconds)


class _Tls(http.client.HTTPSConnection):
    """HTTPS to where it is told, with the certificate of the service's own name."""

    def __init__(
        self, host: str, port: int | None, timeout_seconds: float, target: tuple[str, int] | None, tls: ssl.SSLContext
    ) -> None:
        super().__init__(host, port, timeout=timeout_seconds, context=tls)
        self._target = target or (self.host, self.port)
        self._seconds, self._tls = timeout_seconds, tls

    def connect(self) -> None:
        """Connects and verifies the certificate."""
        plain = socket.create_connection(self._target, self._seconds)
        try:
            self.sock = self._tls.wrap_socket(plain, server_hostname=self.host)
        except BaseException:
            plain.close()
            raise


class HttpService:
    """One service over HTTP. Every failure is a `LiveError` that names the service."""

    def __init__(self, address: Address, *, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self.address = address
        self._timeout = timeout_seconds
        self._parts = _split(address)

    @property
    def name(self) -> str:
        """Short name for messages."""
        return self.address.name

    def json(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        """A GET's JSON."""
        return self._parsed(self.get(path, query).body, path)

    def post_json(self, path: str, document: Any) -> Any:
        """A POST's JSON."""
        body = json.dumps(document).encode()
        return self._parsed(self.request("POST", path, body, {"Content-Type": "application/json"}).body, path)

    def get(self, path: str, query: Mapping[str, str] | None = None, attempts: int = ATTEMPTS) -> Answer:
        """A GET that was answered with 2xx."""
        return self.request("GET", f"{path}?{urlencode(query)}" if query else path, attempts=attempts)

    def request(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        attempts: int = ATTEMPTS,
    ) -> Answer:
        """A request that was answered with 2xx, after retries where the service asks for them."""
        wait, attempt = FIRST_WAIT_SECONDS, 1
        while True:
            answer, retry_after = self._once(method, path, body, headers or {})
            if answer.status not in RETRIED_STATUSES:
                return self._successful(answer, path)
            wait = max(0.0, retry_after) if retry_after is not None else wait * 2
            if attempt >= attempts or wait > LONGEST_WAIT_SECONDS:
                asked = f" and asks to wait {wait:.0f} s" if retry_after is not None else ""
                detail = f"HTTP {answer.status} to {path}{asked}{_said(answer.body)}"
                raise self._error(Problem.BUSY, detail, answer.status)
            pause(wait)
            attempt += 1

    def _once(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
    ) -> tuple[Answer, float | None]:
        sent = {"Accept": "application/json", "User-Agent": "lgtm-ops", **headers}
        if self.address.authorization:
            sent["Authorization"] = self.address.authorization
        connection = self._connection()
        started = time.monotonic()
        try:
            connection.request(method, f"{self._parts.path.rstrip('/')}{path}", body, sent)
            response = connection.getresponse()
            content = response.read(MOST_BYTES + 1)
        except TimeoutError:
            raise self._error(Problem.TIMEOUT, f"{self.address.url}{path} within {self._timeout:g} s") from None
        except ssl.SSLError as error:
            raise self._error(Problem.TLS, f"{self.address.url}: {tls_reason(error)}") from None
        except OSError as error:
            raise self._error(Problem.UNREACHABLE, f"{self.address.url}: {reason(error)}") from None
        except http.client.HTTPException as error:
            raise self._error(
                Problem.GARBAGE, f"{self.address.url}{path} is no HTTP ({type(error).__name__})"
            ) from None
        finally:
            connection.close()
        if len(content) > MOST_BYTES:
            raise self._error(Problem.GARBAGE, f"more than {MOST_BYTES >> 20} MiB from {path}")
        answer = Answer(response.status, content, time.monotonic() - started)
        return answer, retry_after_seconds(response.getheader("Retry-After"))

    def _connection(self) -> http.client.HTTPConnection:
        host, port, target = self._parts.hostname or "", self._parts.port, self.address.connect_to
        if self._parts.scheme == "http":
            return _Plain(host, port, self._timeout, target)
        return _Tls(host, port, self._timeout, target, tls_context(self.address.ca_file))

    def _successful(self, answer: Answer, path: str) -> Answer:
        if 200 <= answer.status < 300:
            return answer
        if answer.status in (401, 403):
            raise self._error(
                Problem.REFUSED, f"HTTP {answer.status} to {path}{_said(answer.body)}; give a token", answer.status
            )
        raise self._error(Problem.FAILED, f"HTTP {answer.status} to {path}{_said(answer.body)}", answer.status)

    def _parsed(self, body: bytes, path: str) -> Any:
        try:
            return json.loads(body)
        except (ValueError, RecursionError):
            raise self._error(Problem.GARBAGE, f"{path} is not JSON{_said(body)}") from None

    def _error(self, problem: Problem, detail: str, status: int | None = None) -> LiveError:
        return LiveError(self.name, problem, detail, status)


def pause(seconds: float) -> None:
    """Waits before a retry; by itself, so that tests need not wait."""
    time.sleep(seconds)


def retry_after_seconds(header: str | None, now: Callable[[], float] = time.time) -> float | None:
    """Seconds that a Retry-After header asks for, which is a number or a date (RFC 9110, 10.2.3)."""
    if header is None:
        return None
    if header.strip().isdecimal():
        return float(header)
    try:
        return parsedate_to_datetime(header).timestamp() - now()
    except ValueError:
        return None


def tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """Verifying TLS, 1.2 or later. Raises `CommandError` for a file without certificates."""
    try:
        context = ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))
    except (OSError, ssl.SSLError) as error:
        why = getattr(error, "strerror", None) or "it holds no PEM certificates"
        raise CommandError(f"--ca-file {ca_file}: {why}; accepted: a file with PEM certificates") from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def reason(error: OSError) -> str:
    """Why a connection failed, in words."""
    if isinstance(error, socket.gaierror):
        return "its name can't be resolved"
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    return error.strerror or str(error) or type(error).__name__


def tls_reason(error: ssl.SSLError) -> str:
    """Why a handshake failed, in words."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate isn't trusted ({error.verify_message}); name the authority with --ca-file"
    return error.reason or "the handshake failed"


def _split(address: Address) -> SplitResult:
    parts = urlsplit(address.url)
    try:
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        valid = False
    if not valid or parts.query or parts.username:
        raise CommandError(
            f"endpoint {address.name}: got {address.url!r}; accepted: http:// or https:// with a host name and perhaps "
            "a port and path, without credentials"
        )
    return parts


def _said(body: bytes) -> str:
    text = " ".join(body[: SHOWN_CHARACTERS * 4].decode("utf-8", "replace").split())
    shown = "".join(character if character.isprintable() else "?" for character in text)[:SHOWN_CHARACTERS]
    return f"; it says {shown!r}" if shown else ""
