"""An HTTP client for the platform's services: timeouts, retries as the server asks, one clear message for any failure.

It connects where it is told (the local end of a port-forward) while it verifies the certificate of the real host name.
"""

import socket
import ssl
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from email.utils import parsedate_to_datetime
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, TypeVar

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_exponential

from ops.backends.connection import TIMEOUT_SECONDS
from ops.backends.errors import LiveError, Problem
from ops.backends.foreign import ANOTHER_SHAPE, parsed
from ops.errors import CommandError

T = TypeVar("T")
ATTEMPTS = 3
# RFC 9110, 15.6.4 and RFC 6585, 4: both may carry Retry-After. Longer waits are the operator's to decide about.
RETRIED_STATUSES = (429, 503)
LONGEST_WAIT_SECONDS = 15.0
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
    client_certificate: Path | None = None
    """Certificate and key that this side shows, where a server asks for one."""
    authorization: str | None = None
    """Value of the Authorization header; never printed."""


class HttpService:
    """One service over HTTP. Every failure is a `LiveError` that names the service."""

    def __init__(self, address: Address, *, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self.address = address
        self._timeout = timeout_seconds
        self._url = _base(address)

    @property
    def name(self) -> str:
        """Short name for messages."""
        return self.address.name

    def read(self, kind: type[T], path: str, query: Mapping[str, str] | None = None, wrong: str = ANOTHER_SHAPE) -> T:
        """A GET's JSON as `kind`."""
        body = self.get(path, query).body
        return parsed(kind, body, self.name, path, wrong=wrong, said=_said(body))

    def ready(self) -> Answer:
        """Raises `LiveError` unless the service says that it is ready, at the path that Loki and Tempo have for it."""
        answer = self.get("/ready", attempts=1)
        if answer.body.strip().lower() != b"ready":
            raise self._error(Problem.GARBAGE, f"/ready says {_shown(answer.body)!r}")
        return answer

    def get(self, path: str, query: Mapping[str, str] | None = None, attempts: int = ATTEMPTS) -> Answer:
        """A GET that was answered with 2xx, after retries where the service asks for them."""
        return self._asked("GET", path, query, attempts)

    def post(
        self, path: str, query: Mapping[str, str] | None = None, attempts: int = ATTEMPTS, document: object = None
    ) -> Answer:
        """The same with POST, with `document` as its JSON or without a body. What is retried was refused, so that
        nothing is done twice."""
        return self._asked("POST", path, query, attempts, document)

    def delete(self, path: str) -> Answer:
        """The same with DELETE."""
        return self._asked("DELETE", path, None, ATTEMPTS)

    def _asked(
        self, method: str, path: str, query: Mapping[str, str] | None, attempts: int, document: object = None
    ) -> Answer:
        retrying = Retrying(
            retry=retry_if_exception(_is_worth_a_wait),
            wait=_wait_seconds,
            stop=stop_after_attempt(attempts),
            sleep=lambda seconds: pause(seconds),
            reraise=True,
        )
        return retrying(self._once, method, f"{path}?{httpx.QueryParams(query)}" if query else path, document)

    def _once(self, method: str, path: str, document: object) -> Answer:
        started = time.monotonic()
        try:
            with self._request(method, path, document) as response:
                body = b""
                for chunk in response.iter_bytes():
                    body += chunk
                    if len(body) > MOST_BYTES:
                        raise self._error(Problem.GARBAGE, f"more than {MOST_BYTES >> 20} MiB from {path}")
        except httpx.TimeoutException:
            raise self._error(Problem.TIMEOUT, f"{self.address.url}{path} within {self._timeout:g} s") from None
        except httpx.RequestError as error:
            raise self._failure(error, path) from None
        answer = Answer(response.status_code, body, time.monotonic() - started)
        if response.is_success:
            return answer
        raise self._refusal(answer, path, retry_after_seconds(response.headers.get("Retry-After")))

    @cached_property
    def _client(self) -> httpx.Client:
        """Kept, with its connection: a handshake through a port-forward takes longer than most answers.

        No proxies and no netrc of the environment: a port-forward is on this machine, a token is for one service.
        """
        tls = tls_context(self.address) if self._url.scheme == "https" else _NO_TLS
        headers = {"Accept": "application/json", "User-Agent": "lgtm-ops", "Host": self._url.netloc.decode()}
        if self.address.authorization:
            headers["Authorization"] = self.address.authorization
        return httpx.Client(verify=tls, timeout=self._timeout, trust_env=False, headers=headers)

    def _request(self, method: str, path: str, document: object) -> AbstractContextManager[httpx.Response]:
        url = httpx.URL(f"{str(self._url).rstrip('/')}{path}")
        if self.address.connect_to is not None:
            host, port = self.address.connect_to
            url = url.copy_with(host=host, port=port)
        return self._client.stream(method, url, json=document, extensions={"sni_hostname": self._url.host})

    def _failure(self, error: httpx.RequestError, path: str) -> LiveError:
        """A request that got no answer: httpx's error stands for that of the socket or of the protocol below it."""
        url, cause = self.address.url, error.__cause__ and error.__cause__.__context__
        if isinstance(cause, ssl.SSLError):
            return self._error(Problem.TLS, f"{url}: {tls_reason(cause)}")
        if isinstance(cause, OSError):
            return self._error(Problem.UNREACHABLE, f"{url}: {reason(cause)}")
        return self._error(Problem.GARBAGE, f"{url}{path} closed the connection or is no HTTP ({type(error).__name__})")

    def _refusal(self, answer: Answer, path: str, wait_seconds: float | None) -> LiveError:
        problem, asked, advice = Problem.FAILED, "", ""
        if answer.status in (401, 403):
            problem, advice = Problem.REFUSED, "; give a token"
        if answer.status in RETRIED_STATUSES:
            problem = Problem.BUSY
            asked = "" if wait_seconds is None else f" and asks to wait {wait_seconds:.0f} s"
        error = self._error(problem, f"HTTP {answer.status} to {path}{asked}{_said(answer.body)}{advice}")
        error.status, error.wait_seconds = answer.status, wait_seconds
        return error

    def _error(self, problem: Problem, detail: str) -> LiveError:
        return LiveError(self.name, problem, detail)


# Alerts of TLS 1.3 (RFC 8446, 6.2) and 1.2, as OpenSSL spells them.
_ASKS_FOR_A_CERTIFICATE = ("TLSV13_ALERT_CERTIFICATE_REQUIRED", "SSLV3_ALERT_HANDSHAKE_FAILURE")
# For plain http: loads no certificates, which takes as long as a request, and would trust nobody.
_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
_doubling = wait_exponential()


def _is_worth_a_wait(error: BaseException) -> bool:
    if not isinstance(error, LiveError) or error.problem is not Problem.BUSY:
        return False
    return (error.wait_seconds or 0) <= LONGEST_WAIT_SECONDS


def _wait_seconds(state: RetryCallState) -> float:
    error = state.outcome and state.outcome.exception()
    asked = error.wait_seconds if isinstance(error, LiveError) else None
    return _doubling(state) if asked is None else max(0.0, asked)


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


def tls_context(address: Address) -> ssl.SSLContext:
    """Verifying TLS, 1.2 or later, with the address's own certificate. Raises `CommandError` for an unusable file."""
    ca_file, certificate = address.ca_file, address.client_certificate
    try:
        context = ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))
    except OSError as error:
        why = _why_unusable(error, "it holds no PEM certificates")
        raise CommandError(f"--ca-file {ca_file}: {why}; accepted: a file with PEM certificates") from None
    if certificate is not None:
        try:
            # An encrypted key would be asked for on the terminal.
            context.load_cert_chain(certificate, password="")
        except OSError as error:
            why = _why_unusable(error, "it doesn't hold a certificate and its key")
            raise CommandError(
                f"--client-certificate {certificate}: {why}; accepted: a PEM file with a certificate and its key, "
                "which has no password"
            ) from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _why_unusable(error: OSError, unless_said: str) -> str:
    """Of a file of certificates; `ssl.SSLError` is an `OSError` too, without words for people."""
    return unless_said if isinstance(error, ssl.SSLError) else error.strerror or unless_said


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
    if error.reason in _ASKS_FOR_A_CERTIFICATE:
        return "it asks for a client's certificate; give one with --client-certificate"
    return error.reason or "the handshake failed"


def _base(address: Address) -> httpx.URL:
    try:
        url = httpx.URL(address.url)
        valid = url.scheme in ("http", "https") and bool(url.host) and (url.port is None or 0 < url.port < 65536)
        if valid and not url.query and not url.userinfo:
            return url
    except httpx.InvalidURL:
        pass
    raise CommandError(
        f"endpoint {address.name}: got {address.url!r}; accepted: http:// or https:// with a host name and perhaps "
        "a port and path, without credentials"
    )


def _said(body: bytes) -> str:
    return f"; it says {shown!r}" if (shown := _shown(body)) else ""


def _shown(body: bytes) -> str:
    text = " ".join(body[: SHOWN_CHARACTERS * 4].decode("utf-8", "replace").split())
    return "".join(character if character.isprintable() else "?" for character in text)[:SHOWN_CHARACTERS]
