"""How the agent reads the logs of pods: lines joined to entries, then trace ids and severity taken out of the text.

Bodies stay as they were written, JSON or not: Loki's `| json` and `| logfmt` read them later, and nothing is stored
twice.
Ids and severity are found by their names in both forms, so that one path serves every service.

Sources: file_log receiver and its operators in OpenTelemetry Collector contrib 0.149.
"""

from typing import Any

from telemetry.collector.queues import FILE_STORAGE

POD_LOGS = "/var/log/pods"
# A line that goes on with the entry before it: indented, a part of a Python or Java stack trace, or of a Go panic.
CONTINUATION = (
    r"^(\s|$|Traceback \(most recent call last\)|"
    r"([A-Za-z_]\w*\.)*[A-Z]\w*(Error|Exception|Interrupt|Exit|Warning)(:|$)|"
    r"Caused by: |During handling of the above|The above exception was|\.\.\. \d+ more|goroutine \d+ \[|created by |"
    r"\[signal |[\w./*()-]+\(0x[0-9a-f]+)"
)
# Longest entry; Loki refuses lines above 256 KiB by default.
MAX_ENTRY_KIB = 240
FLUSH_PERIOD = "1s"
TRACE_ID = r"""(?i)(?:otel_?)?trace_?id\\?["']?\s*[=:]\s*\\?["']?(?P<trace_id>[0-9a-f]{32})\b"""
SPAN_ID = r"""(?i)(?:otel_?)?span_?id\\?["']?\s*[=:]\s*\\?["']?(?P<span_id>[0-9a-f]{16})\b"""
SEVERITY = (
    r"""(?i)\b(?:level|levelname|severity|lvl)\\?["']?\s*[=:]\s*\\?["']?"""
    r"""(?P<severity>trace|debug|info|warning|warn|error|critical|fatal)\b"""
)


def pod_logs(agent_namespace: str) -> dict[str, Any]:
    """The receiver."""
    return {
        "include": [f"{POD_LOGS}/*/*/*.log"],
        # The agents' own logs would feed themselves.
        "exclude": [f"{POD_LOGS}/{agent_namespace}_*/*/*.log"],
        # A pod that was on a new node before the agent must not lose its first lines; offsets survive restarts.
        "start_at": "beginning",
        "storage": FILE_STORAGE,
        "include_file_path": True,
        "include_file_name": False,
        # Its default gives up after five minutes.
        "retry_on_failure": {"enabled": True, "max_elapsed_time": "0s"},
        "operators": [
            {"type": "container", "id": "container-parser"},
            _joined_entries(),
            _found("trace-id", TRACE_ID),
            _found("span-id", SPAN_ID),
            _found("severity", SEVERITY),
            *_as_fields(),
        ],
    }


def _joined_entries() -> dict[str, Any]:
    return {
        "type": "recombine",
        "id": "stack-traces",
        "combine_field": "body",
        "combine_with": "\n",
        "is_first_entry": f"not (body matches {_quoted(CONTINUATION)})",
        "source_identifier": 'attributes["log.file.path"]',
        "overwrite_with": "oldest",
        "force_flush_period": FLUSH_PERIOD,
        "max_log_size": f"{MAX_ENTRY_KIB}kib",
    }


def _found(name: str, pattern: str) -> dict[str, Any]:
    return {
        "type": "regex_parser",
        "id": f"find-{name}",
        "if": f"body matches {_quoted(pattern)}",
        "regex": pattern,
        "parse_from": "body",
        "parse_to": "attributes",
        "on_error": "send_quiet",
    }


def _as_fields() -> list[dict[str, Any]]:
    """Ids and severity move from attributes to the fields of the log record that are made for them."""
    return [
        {
            "type": "trace_parser",
            "id": "trace-context",
            "if": 'attributes["trace_id"] != nil or attributes["span_id"] != nil',
            "trace_id": {"parse_from": "attributes.trace_id"},
            "span_id": {"parse_from": "attributes.span_id"},
            "on_error": "send_quiet",
        },
        {
            "type": "severity_parser",
            "id": "severity",
            "if": 'attributes["severity"] != nil',
            "parse_from": "attributes.severity",
            "mapping": {"fatal": ["critical", "fatal"], "warn": ["warn", "warning"]},
            "on_error": "send_quiet",
        },
        *(
            {
                "type": "remove",
                "id": f"forget-{field.replace('_', '-')}",
                "if": f'attributes["{field}"] != nil',
                "field": f"attributes.{field}",
                "on_error": "send_quiet",
            }
            for field in ("trace_id", "span_id", "severity")
        ),
    ]


def _quoted(pattern: str) -> str:
    """A string of the expression language."""
    return '"' + pattern.replace("\\", "\\\\").replace('"', '\\"') + '"'
