"""The gateway's redaction: processors that every pipeline to a back end ends with, before its batches.

It stands in the gateway, the one gate that all telemetry leaves by: behind tail sampling, so that the 85 % of traces
that are dropped cost nothing, and before every exporter and its queue on disk. Names of spans and attributes of their
resources are masked earlier, before the span metrics are counted: names become labels, and a resource is there once
for all its spans, while behind tail sampling each trace has a copy of its own. Between a node's agent, whose queue is
on the node's disk, and the gateway data is still unmasked.

Processors, in this order:
1. `redaction/hash` replaces ids that must stay joinable by their hash, before anything could mask them;
2. `transform/redaction` masks secrets inside text (names, status messages, events, bodies, attributes), keeping the
   words around them, and attributes by name; structured log bodies become JSON text first, as Loki would store them;
3. `redaction` masks values that aren't text: numbers that are cards, lists and tables with a secret in them (whole);
4. `transform/bodies`, for logs: takes away the mark that kept the third one from reading JSON bodies, whose secrets are
   masked already: its pattern searches all that begins with a bracket, and took most of a log line's time.
An error in a statement refuses the data instead of letting it pass unmasked.

Not reached, because the collector has no statement for them: attributes of span links, of exemplars that services send,
and names of attributes and metrics.

Sources: README files of the redaction and transform processors in OpenTelemetry Collector contrib 0.149.
"""

import re
from collections.abc import Iterator
from typing import Any

from settings.models.redaction import RedactionSettings
from telemetry.collector.masking import literal, masked, quoted
from telemetry.collector.patterns import SUSPICIOUS, WHOLE_VALUE_PATTERN

SPAN_NAMES = "transform/span_names"
HASHES, TEXTS, VALUES, BODIES = "redaction/hash", "transform/redaction", "redaction", "transform/bodies"
# Set in the gateway's pods from the Secret that `redaction.hash_key_secret` names.
HASH_KEY_VARIABLE = "LGTM_REDACTION_HMAC_KEY"
HASH_KEY_ENTRY = "hmac-key"
# Before a body that looks like JSON, while it passes the processor that would search it again; no text begins with it.
_MARK = "\x02"

Component = dict[str, Any]


def redactors(settings: RedactionSettings) -> tuple[str, ...]:
    """The processors' names in order, for traces and metrics."""
    return (HASHES, TEXTS, VALUES) if settings.hashed_attributes else (TEXTS, VALUES)


def log_redactors(settings: RedactionSettings) -> tuple[str, ...]:
    """The processors' names in order, for logs."""
    return (*redactors(settings), BODIES)


def redaction_processors(settings: RedactionSettings) -> dict[str, Component]:
    """The processors, with the one for span names and resources that stands before span metrics."""
    processors = {
        SPAN_NAMES: _span_names(settings),
        TEXTS: _texts(settings),
        VALUES: _values(settings),
        BODIES: _bodies(),
    }
    return processors | ({HASHES: _hashes(settings)} if settings.hashed_attributes else {})


def _span_names(settings: RedactionSettings) -> Component:
    names = _group(*masked("span", settings, text="span.name", attributes=False))
    suspicious = [f"IsMatch(span.name, {quoted(SUSPICIOUS)})"]
    return {
        "error_mode": "propagate",
        "trace_statements": [*_shared(settings), {**names, "conditions": suspicious}],
    }


def _hashes(settings: RedactionSettings) -> Component:
    keyed = settings.hash_key_secret is not None
    return _redaction(
        blocked_key_patterns=[_exactly(settings.hashed_attributes)],
        **(
            {"hash_function": "hmac-sha256", "hmac_key": f"${{env:{HASH_KEY_VARIABLE}}}"}
            if keyed
            else {"hash_function": "sha3"}
        ),
    )


def _values(settings: RedactionSettings) -> Component:
    return _redaction(
        ignored_keys=[*settings.ignored_attributes, *settings.hashed_attributes],
        blocked_values=[literal(WHOLE_VALUE_PATTERN)],
    )


def _bodies() -> Component:
    unmarked = f"set(log.body, Substring(log.body, 1, Len(log.body) - 1)) where {_marked()}"
    return {"error_mode": "propagate", "log_statements": [_group(unmarked)]}


def _marked() -> str:
    return f'IsString(log.body) and HasPrefix(log.body, "{_MARK}")'


def _redaction(**parts: Any) -> Component:
    """Silent: notes about what was masked would be one more attribute on every span."""
    return {"allow_all_keys": True, "redact_all_types": True, "summary": "silent", **parts}


def _texts(settings: RedactionSettings) -> Component:
    return {
        "error_mode": "propagate",
        "trace_statements": [
            _group(*_records("span", "span.status.message", settings)),
            _group(*_records("spanevent", "spanevent.name", settings)),
        ],
        "log_statements": [
            *_shared(settings),
            _group(
                "set(log.body, String(log.body)) "
                "where IsMap(log.body) or IsList(log.body) or IsInt(log.body) or IsDouble(log.body)",
                *_records("log", "log.body", settings),
                f'set(log.body, Concat(["{_MARK}", log.body], "")) '
                'where IsString(log.body) and (HasPrefix(log.body, "{") or HasPrefix(log.body, "["))',
            ),
        ],
        # An allow list would merge series that differ only in what it takes away.
        "metric_statements": [*_shared(settings), _with_attributes("datapoint", settings)],
    }


def _shared(settings: RedactionSettings) -> tuple[Component, ...]:
    return tuple(_with_attributes(context, settings) for context in ("resource", "scope"))


def _with_attributes(context: str, settings: RedactionSettings) -> Component:
    """A context that has attributes and no text of its own, and often no attributes either."""
    return {
        **_group(*masked(context, settings, hashed=context == "datapoint")),
        "conditions": [f"Len({context}.attributes) > 0"],
    }


def _group(*statements: str) -> Component:
    """Statements of one context. In one group with others they would run once for each part of the smallest context."""
    return {"statements": list(statements)}


def _records(context: str, text: str, settings: RedactionSettings) -> Iterator[str]:
    """A span, event or log record: its one text of its own, and its attributes."""
    if settings.allowed_attributes:
        names = ", ".join(quoted(name) for name in settings.allowed_attributes)
        yield f"keep_keys({context}.attributes, [{names}])"
    yield from masked(context, settings, text=text)


def _exactly(names: tuple[str, ...]) -> str:
    """One pattern for all names, anchored: each pattern costs a search of each attribute's name."""
    return literal(f"^(?:{'|'.join(re.escape(name) for name in names)})$")
