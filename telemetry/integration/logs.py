"""What the agent expects of log lines, in words and with examples that pass through its real pipeline in a test."""

import json

from settings.models.services import Service
from telemetry.collector.pod_logs import MAX_ENTRY_KIB

# The ids of the examples in the W3C's "Trace Context".
EXAMPLE_TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
EXAMPLE_SPAN_ID = "00f067aa0ba902b7"


def example_lines(service: Service) -> tuple[str, ...]:
    """Lines that are understood: JSON, and key=value."""
    structured = {
        "time": "2026-11-25T09:30:00.000Z",
        "level": "ERROR",
        "trace_id": EXAMPLE_TRACE_ID,
        "span_id": EXAMPLE_SPAN_ID,
        "service": service.name,
        "message": "payment refused",
    }
    return (
        json.dumps(structured),
        f'level=error trace_id={EXAMPLE_TRACE_ID} span_id={EXAMPLE_SPAN_ID} msg="payment refused"',
    )


def log_format(service: Service) -> str:
    """The format, as Markdown."""
    examples = "\n".join(example_lines(service))
    return _TEXT.format(name=service.name, examples=examples, trace_id=EXAMPLE_TRACE_ID, most=MAX_ENTRY_KIB)


_TEXT = """\
# Log lines of {name}

Write to standard output or standard error; the collector's agent on the node reads what the container runtime keeps.
Don't send logs over OTLP as well: each line would be stored and paid for twice.

One entry a line, as JSON or as key=value:

```
{examples}
```

- `level` (also `levelname`, `severity`, `lvl`): trace, debug, info, warn or warning, error, critical or fatal, in any
  case. It becomes the entry's severity.
- `trace_id` (32 hexadecimal digits) and `span_id` (16), also `traceId`, `otelTraceID` and the like. They lead from the
  line to its trace in Grafana, and from the trace to its lines.
- The first `level`, `trace_id` and `span_id` in a line count: put them before free text.
- Stack traces may take many lines, as Python, Java and Go print them: what begins with a space or goes on with a stack
  trace belongs to the entry before it. Entries end at {most} KiB.
- The text is stored as it is. E-mail addresses, tokens, card and phone numbers are masked before that; write none.

To find the lines of a trace in Grafana: `{{service_name="{name}"}} | trace_id="{trace_id}"`.
"""
