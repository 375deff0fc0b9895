"""A generator of OTLP/HTTP traces: requests at a fixed rate whatever the receiver does, and how it answered.

Requests start on schedule and are timed from the moment that they were due, so a receiver that stalls can't hide it.
Plain sockets and prepared text: a request takes 0.06 ms of a core at 5000 a second. One of httpx takes 2.1 ms, so that
a core ends at 360 a second (measured 2026-11), below the rate that a load test has by default.
"""

import asyncio
import ssl
import time
from collections.abc import Iterator
from itertools import count
from secrets import token_hex
from typing import NamedTuple
from urllib.parse import urlsplit

from ops.backends.errors import LiveError, Problem
from ops.backends.http import Address, reason, tls_context, tls_reason

TRACES_PATH = "/v1/traces"
SERVICE = "lgtm-load-test"
RUN_ATTRIBUTE = "lgtm.load_test.run"
# Errors are kept by every sampling mode, so these traces must be found afterwards.
ERROR_EVERY = 100
REFUSED_STATUSES = (429, 503)
# For a server to say what it has against a connection on which nothing was sent.
OBJECTION_SECONDS = 5
SERVER, INTERNAL = 2, 1
UNSET, ERROR = 0, 2
SPAN_NANOSECONDS = 2_000_000


class LoadPlan(NamedTuple):
    """What to send."""

    requests_per_second: float
    seconds: float
    spans: int
    """Spans of one request, which is one trace."""
    connections: int
    timeout_seconds: float

    @property
    def requests(self) -> int:
        """All requests of the run."""
        return max(1, round(self.requests_per_second * self.seconds))


class Outcome(NamedTuple):
    """What came of it."""

    run: str
    """Value of the run attribute of every span."""
    latencies_seconds: list[float]
    """Of accepted requests, from when they were due."""
    refused: int
    """Answered with 429 or 503."""
    failed: int
    """Any other answer, a timeout, or no connection."""
    seconds: float
    """From the first request to the last answer."""
    bytes_sent: int
    error_traces: list[str]
    """Ids of accepted traces with an error."""
    first_failure: str


class _State:
    def __init__(self, plan: LoadPlan, run: str) -> None:
        self.plan, self.run = plan, run
        self.tickets: Iterator[int] = count()
        self.latencies: list[float] = []
        self.refused = self.failed = self.bytes_sent = 0
        self.error_traces: list[str] = []
        self.first_failure = ""

    def fail(self, why: str) -> None:
        self.failed += 1
        self.first_failure = self.first_failure or why


def send_load(address: Address, plan: LoadPlan) -> Outcome:
    """Runs the plan. Raises `LiveError` when the receiver can't be reached at all."""
    state = _State(plan, token_hex(4))
    seconds = asyncio.run(_run(address, state))
    if not state.latencies and not state.refused:
        raise LiveError(address.name, Problem.UNREACHABLE, f"{address.url}: {state.first_failure}")
    return Outcome(
        run=state.run,
        latencies_seconds=state.latencies,
        refused=state.refused,
        failed=state.failed,
        seconds=seconds,
        bytes_sent=state.bytes_sent,
        error_traces=state.error_traces,
        first_failure=state.first_failure,
    )


async def _run(address: Address, state: _State) -> float:
    started = time.monotonic()
    sender = _Sender(address, state, started)
    await asyncio.gather(*(sender.work() for _ in range(state.plan.connections)))
    return time.monotonic() - started


class _Sender:
    """Connections that share one schedule."""

    def __init__(self, address: Address, state: _State, started: float) -> None:
        parts = urlsplit(address.url)
        self._tls = tls_context(address) if parts.scheme == "https" else None
        self._name = parts.hostname or ""
        self._host, self._port = address.connect_to or (self._name, parts.port or (443 if self._tls else 80))
        authorization = f"Authorization: {address.authorization}\r\n" if address.authorization else ""
        self._head = (
            f"POST {parts.path.rstrip('/')}{TRACES_PATH} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
            f"Content-Type: application/json\r\n{authorization}Content-Length: "
        )
        self._state, self._started = state, started
        self._asked: asyncio.Task[str | None] | None = None

    async def work(self) -> None:
        """One connection: takes the next request that is due until none is left."""
        state, plan = self._state, self._state.plan
        connection: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        try:
            while (number := next(state.tickets)) < plan.requests:
                due = self._started + number / plan.requests_per_second
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                connection = await self._one(connection, number, due)
        finally:
            if connection:
                connection[1].close()

    async def _one(
        self, connection: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None, number: int, due: float
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        """Sends one request; returns the connection if it can be used again."""
        state = self._state
        trace_id, is_error = token_hex(16), number % ERROR_EVERY == 0
        body = trace_body(trace_id, state.run, state.plan.spans, is_error=is_error).encode()
        try:
            async with asyncio.timeout(state.plan.timeout_seconds):
                reader, writer = connection or await asyncio.open_connection(
                    self._host, self._port, ssl=self._tls, server_hostname=self._name if self._tls else None
                )
                writer.write(f"{self._head}{len(body)}\r\n\r\n".encode() + body)
                status, keep = await _answer(reader)
        except TimeoutError:
            state.fail(f"no answer within {state.plan.timeout_seconds:g} s")
            return None
        except ssl.SSLError as error:
            state.fail(tls_reason(error))
            return None
        except (OSError, EOFError) as error:
            closed = reason(error) if isinstance(error, OSError) else "it closed the connection"
            if self._tls is not None and not state.latencies:
                self._asked = self._asked or asyncio.create_task(self._objection())
                closed = await self._asked or closed
            state.fail(closed)
            return None
        except ValueError:
            state.fail("it doesn't answer with HTTP")
            return None
        state.bytes_sent += len(body)
        if 200 <= status < 300:
            state.latencies.append(time.monotonic() - due)
            if is_error:
                state.error_traces.append(trace_id)
        elif status in REFUSED_STATUSES:
            state.refused += 1
        else:
            state.fail(f"HTTP {status}")
        if keep:
            return reader, writer
        writer.close()
        return None

    async def _objection(self) -> str | None:
        """What a server that hangs up has against the TLS connection: its alert is lost where a request crosses it."""
        writer = None
        try:
            async with asyncio.timeout(OBJECTION_SECONDS):
                reader, writer = await asyncio.open_connection(
                    self._host, self._port, ssl=self._tls, server_hostname=self._name
                )
                await reader.read(1)
        except ssl.SSLError as error:
            return tls_reason(error)
        except OSError:
            return None
        finally:
            if writer:
                writer.close()
        return None


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bool]:
    """Status of an HTTP/1.1 answer, its body read away, and whether the connection may be used again."""
    status = int((await reader.readuntil(b"\r\n")).split()[1])
    length, keep, chunked = 0, True, False
    while (line := await reader.readuntil(b"\r\n")) != b"\r\n":
        name, _, value = line.decode("latin-1").partition(":")
        match name.lower(), value.strip().lower():
            case "content-length", size:
                length = int(size)
            case "connection", "close":
                keep = False
            case "transfer-encoding", "chunked":
                chunked = True
            case _:
                pass
    if chunked:
        while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
            await reader.readexactly(size + 2)
        await reader.readuntil(b"\r\n")
    elif length:
        await reader.readexactly(length)
    return status, keep


def trace_body(trace_id: str, run: str, spans: int, *, is_error: bool) -> str:
    """One trace as OTLP/JSON (OpenTelemetry Protocol 1.x): a server span and spans below it."""
    now = time.time_ns()
    root = token_hex(8)
    written = [_span(trace_id, root, "", SERVER, now, run, ERROR if is_error else UNSET)]
    written += [_span(trace_id, token_hex(8), root, INTERNAL, now, run, UNSET) for _ in range(spans - 1)]
    return (
        '{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"'
        f'{SERVICE}"}}}}]}},"scopeSpans":[{{"scope":{{"name":"{SERVICE}"}},"spans":[{",".join(written)}]}}]}}]}}'
    )


def _span(trace_id: str, span_id: str, parent: str, kind: int, now: int, run: str, code: int) -> str:
    # Written by hand: json.dumps would take most of the time that a request may take.
    return (
        f'{{"traceId":"{trace_id}","spanId":"{span_id}","parentSpanId":"{parent}","name":"load-test","kind":{kind},'
        f'"startTimeUnixNano":"{now - SPAN_NANOSECONDS}","endTimeUnixNano":"{now}",'
        f'"attributes":[{{"key":"{RUN_ATTRIBUTE}","value":{{"stringValue":"{run}"}}}}],"status":{{"code":{code}}}}}'
    )
