"""The HTTP client against real servers: every way of failing is one message that names the service."""

import socket
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import pytest

from ops.backends import http
from ops.backends.errors import LiveError, Problem
from ops.backends.http import Address, HttpService, retry_after_seconds
from ops.errors import CommandError
from tests.live_servers import (
    DOWN,
    GARBAGE,
    LOOPBACK,
    SILENT,
    UNAUTHORIZED,
    Failure,
    Server,
    busy,
    closed_port,
    serving,
)

pytestmark = pytest.mark.usefixtures("alone")

Document = dict[str, Any]


def _service(server: Server, timeout_seconds: float = 5) -> HttpService:
    server.answers["/ok"] = lambda _: {"fine": True}
    return HttpService(Address("loki", server.url), timeout_seconds=timeout_seconds)


def _error(ask: Callable[[], object]) -> LiveError:
    with pytest.raises(LiveError) as caught:
        ask()
    return caught.value


def test_an_answer_is_parsed_and_a_token_is_sent() -> None:
    with serving() as server:
        server.answers["/ok"] = lambda parameters: parameters
        service = HttpService(Address("loki", f"{server.url}/", authorization="Bearer s3cret"))
        assert service.read(Document, "/ok", {"query": 'a{b="c d"}'}) == {"query": 'a{b="c d"}'}
        assert server.authorizations == ["Bearer s3cret"]


@pytest.mark.parametrize(
    ("failure", "problem", "words"),
    [
        (UNAUTHORIZED, Problem.REFUSED, 'HTTP 401 to /ok; it says \'{"message":"Unauthorized"}\'; give a token'),
        (
            Failure(status=404, body=b"404 page not found"),
            Problem.FAILED,
            "HTTP 404 to /ok; it says '404 page not found'",
        ),
        (GARBAGE, Problem.GARBAGE, "/ok is not JSON; it says '<html><body>Welcome to nginx!</body></html>'"),
        (Failure(body=b"\x00\xff\x1b[31m"), Problem.GARBAGE, "/ok is not JSON"),
        (SILENT, Problem.TIMEOUT, "/ok within 0.2 s"),
    ],
)
def test_a_bad_answer_is_one_message(failure: Failure, problem: Problem, words: str) -> None:
    with serving() as server:
        service = _service(server, 0.2)
        server.failure = failure
        error = _error(lambda: service.read(Document, "/ok"))
    assert error.problem is problem
    assert str(error).startswith(f"loki {problem.value}: ")
    assert words in str(error)
    assert str(error).isprintable()


def test_nothing_listens() -> None:
    error = _error(lambda: HttpService(Address("tempo", f"http://{LOOPBACK}:{closed_port()}")).get("/"))
    assert error.problem is Problem.UNREACHABLE
    assert "connection refused" in str(error)


def test_a_name_that_is_unknown() -> None:
    error = _error(lambda: HttpService(Address("tempo", "http://tempo.invalid:1")).get("/"))
    assert "its name can't be resolved" in str(error)


def test_a_busy_server_is_asked_again_after_what_it_asks_for(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr(http, "pause", waits.append)
    with serving() as server:
        service = _service(server)
        server.failure = busy("7", times=2)
        assert service.read(Document, "/ok") == {"fine": True}
        assert len(server.requests) == 3
    assert waits == [7.0, 7.0]


def test_a_post_is_sent_again_only_after_it_was_refused() -> None:
    with serving() as server:
        taken: list[str] = []
        server.posted["/delete"] = lambda parameters: taken.append(parameters["query"]) or 204
        server.failure = busy("0", times=1)
        assert _service(server).post("/delete", {"query": '{a="b"} |= "c"'}).status == 204
        assert taken == ['{a="b"} |= "c"']
        assert len(server.requests) == 2


def test_a_server_that_stays_busy_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr(http, "pause", waits.append)
    with serving() as server:
        service = _service(server)
        server.failure = DOWN
        error = _error(lambda: service.read(Document, "/ok"))
        assert len(server.requests) == http.ATTEMPTS
    assert error.problem is Problem.BUSY
    assert error.status == 503
    assert waits == [1.0, 2.0]


def test_a_long_wait_is_left_to_the_operator(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "pause", lambda seconds: pytest.fail("waited"))  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    with serving() as server:
        service = _service(server)
        server.failure = busy("300")
        error = _error(lambda: service.read(Document, "/ok"))
    assert "asks to wait 300 s" in str(error)


def test_retry_after_is_a_number_a_date_or_nothing() -> None:
    date = format_datetime(datetime.fromtimestamp(1_790_000_030, UTC), usegmt=True)
    assert retry_after_seconds("12") == 12
    assert retry_after_seconds(date, now=lambda: 1_790_000_000) == 30
    assert retry_after_seconds("soon") is None
    assert retry_after_seconds(None) is None


@pytest.mark.parametrize("url", ["loki:3100", "ftp://x", "http://", "http://a:b@c", "http://x:99999999", "http://x?y"])
def test_a_url_that_is_none_is_wrong_input(url: str) -> None:
    with pytest.raises(CommandError, match=r"endpoint loki: got .*; accepted: http:// or https://"):
        HttpService(Address("loki", url))


@pytest.mark.parametrize(
    "sent",
    [
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
    ],
)
def test_a_server_that_speaks_no_http(sent: bytes) -> None:
    listener = socket.create_server((LOOPBACK, 0))

    def answer() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(1000)
            connection.sendall(sent)

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        port = listener.getsockname()[1]
        error = _error(lambda: HttpService(Address("otlp", f"http://{LOOPBACK}:{port}")).get("/"))
    finally:
        thread.join()
        listener.close()
    assert error.problem is Problem.GARBAGE
    assert "is no HTTP" in str(error)


def test_an_answer_that_is_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "MOST_BYTES", 1 << 20)
    with serving() as server:
        server.answers["/ok"] = lambda _: b"x" * ((1 << 20) + 1)
        error = _error(lambda: HttpService(Address("loki", server.url)).get("/ok"))
    assert (error.problem, error.detail) == (Problem.GARBAGE, "more than 1 MiB from /ok")


def test_a_proxy_of_the_environment_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://{LOOPBACK}:{closed_port()}")
    with serving() as server:
        assert _service(server).read(Document, "/ok") == {"fine": True}


def test_a_token_is_in_no_message() -> None:
    with serving() as server:
        service = HttpService(Address("loki", server.url, authorization="Bearer s3cret\r\nX: y"))
        assert "s3cret" not in str(_error(lambda: service.get("/ok")))
