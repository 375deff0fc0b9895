"""`python -m benchmarks.redaction_texts`: what lines with something to find cost beside plain lines of their length.

The gateway is prod's; each row is one text of some 530 bytes, sent many times. Figures are CPU of the collector for a
line, without what passing on costs.
"""

from __future__ import annotations

from collections.abc import Iterator

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs

from benchmarks.collector import STACK, Case, measure, passing_on
from ops.stacks import settings_of
from telemetry.collector.gateway import gateway_config
from tests.artefacts.otlp_source import value

LINES, A_REQUEST, LINE_BYTES = 20_000, 1000, 530
EXPECTED = 5.0
PLAIN = "order stored"
# What stands once in each line; the rest is plain.
TEXTS = {
    "plain": PLAIN,
    "token expired": "token expired, secret rotated, password reset requested, api_key ok",
    "trace id": "trace_id=5f1137d8f8f58fea844c6f02ff4ca750 span_id=36d0e173e9e08d8f",
    "e-mail": "asked by jane.doe@example.com",
    "password": "password=hunter2hunter2",
    "bearer token": "Authorization: Bearer abcdefghijklmnopqrstuvwx0123",
    "vendor's token": "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
    "card": "card 4111111111111111 charged",
    "address in a URL": "postgres://shop:hunter2@db.shop.svc:5432/orders",
    "all": "password=hunter2x asked by jane.doe@example.com Bearer abcdefghijklmnopqrstuvwx0123 "
           "ghp_abcdefghijklmnopqrstuvwxyz0123456789 card 4111111111111111 postgres://shop:hunter2@db/orders",
}  # fmt: skip


def main() -> int:
    """Prints the table; 1 when a text costs more than five times plain text."""
    whole = gateway_config(settings_of(STACK)).document()
    floor = measure(Case("logs", "passing on", passing_on(whole, "logs"), _requests(PLAIN), LINES, 0))
    costs: dict[str, float] = {}
    for name, text in TEXTS.items():
        reading = measure(Case("logs", name, whole, _requests(text), LINES, 0))
        costs[name] = reading.cpu_seconds_per_million - floor.cpu_seconds_per_million
        print(f"{name:20}{costs[name]:>10.1f} µs a line{costs[name] / costs['plain']:>8.1f} times plain")
    return 0 if max(costs.values()) <= EXPECTED * costs["plain"] else 1


def _requests(text: str) -> list[bytes]:
    return list(_made(text))


def _made(text: str) -> Iterator[bytes]:
    line = f"{text} {f'{PLAIN} in the course of a request ' * 20}"[:LINE_BYTES]
    records = [LogRecord(time_unix_nano=1, body=value(line)) for _ in range(A_REQUEST)]
    request = ExportLogsServiceRequest(resource_logs=[ResourceLogs(scope_logs=[ScopeLogs(log_records=records)])])
    yield from [request.SerializeToString()] * (LINES // A_REQUEST)


if __name__ == "__main__":
    raise SystemExit(main())
