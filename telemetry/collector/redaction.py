"""The gateway's redaction: processors that every pipeline to a back end ends with, before its batches.

It stands in the gateway, the one gate that all telemetry leaves by: behind tail sampling, so that the 85 % of traces
that are dropped cost nothing, and before every exporter and its queue on disk. Names of spans are masked earlier,
before the span metrics are counted, because they become labels. Between a node's agent, whose queue is on the node's
disk, and the gateway data is still unmasked.

Three processors, in this order:
1. `redaction/hash` replaces ids that must stay joinable by their hash, before anything could mask them;
2. `transform/redaction` masks secrets inside text (names, status messages, events, bodies, attributes), keeping the
   words around them; structured log bodies become JSON text first, as Loki would store them;
3. `redaction` masks attributes by name, and values that aren't text: numbers that are cards, lists and tables with a
   secret in them (whole).
An error in a statement refuses the data instead of letting it pass unmasked.

Not reached, because the collector has no statement for them: attributes of span links, of exemplars that services send,
and names of attributes and metrics.

Sources: README files of the redaction and transform processors in OpenTelemetry Collector contrib 0.149.
"""

import re
from collections.abc import Iterator
from typing import Any

from settings.redaction import RedactionSettings
from telemetry.collector.patterns import TEXT_PATTERN, TEXT_REPLACEMENT, WHOLE_VALUE_PATTERN

SPAN_NAMES = "transform/span_names"
HASHES, TEXTS, VALUES = "redaction/hash", "transform/redaction", "redaction"
# Set in the gateway's pods from the Secret that `redaction.hash_key_secret` names.
HASH_KEY_VARIABLE = "LGTM_REDACTION_HMAC_KEY"
HASH_KEY_ENTRY = "hmac-key"

Component = dict[str, Any]


def redactors(settings: RedactionSettings) -> tuple[str, ...]:
    """The processors' names in order."""
    return (HASHES, TEXTS, VALUES) if settings.hashed_attributes else (TEXTS, VALUES)


def redaction_processors(settings: RedactionSettings) -> dict[str, Component]:
    """The processors, with the one for span names that stands before span metrics."""
    processors = {SPAN_NAMES: _span_names(), TEXTS: _texts(settings), VALUES: _values(settings)}
    return processors | ({HASHES: _hashes(settings)} if settings.hashed_attributes else {})


def _span_names() -> Component:
    return {"error_mode": "propagate", "trace_statements": [_group(_mask("span.name"))]}


def _hashes(settings: RedactionSettings) -> Component:
    keyed = settings.hash_key_secret is not None
    return _redaction(
        blocked_key_patterns=[_exactly(name) for name in settings.hashed_attributes],
        **(
            {"hash_function": "hmac-sha256", "hmac_key": f"${{env:{HASH_KEY_VARIABLE}}}"}
            if keyed
            else {"hash_function": "sha3"}
        ),
    )


def _values(settings: RedactionSettings) -> Component:
    return _redaction(
        ignored_keys=[*settings.ignored_attributes, *settings.hashed_attributes],
        blocked_key_patterns=[_literal(_wildcard(name)) for name in settings.denied_attributes],
        blocked_values=[_literal(WHOLE_VALUE_PATTERN)],
    )


def _redaction(**parts: Any) -> Component:
    """Silent: notes about what was masked would be one more attribute on every span."""
    return {"allow_all_keys": True, "redact_all_types": True, "summary": "silent", **parts}


def _texts(settings: RedactionSettings) -> Component:
    def attributes(context: str) -> Iterator[str]:
        return _attributes(context, settings)

    shared = (_group(*_mask_all("resource")), _group(*_mask_all("scope")))
    return {
        "error_mode": "propagate",
        "trace_statements": [
            *shared,
            _group(_mask("span.status.message"), *attributes("span")),
            _group(_mask("spanevent.name"), *attributes("spanevent")),
        ],
        "log_statements": [
            *shared,
            _group(
                "set(log.body, String(log.body)) where IsMap(log.body) or IsList(log.body)",
                f"{_mask('log.body')} where IsString(log.body)",
                *attributes("log"),
            ),
        ],
        # An allow list would merge series that differ only in what it takes away.
        "metric_statements": [*shared, _group(*_sparing("datapoint", settings))],
    }


def _group(*statements: str) -> dict[str, list[str]]:
    """Statements of one context. In one group with others they would run once for each part of the smallest context."""
    return {"statements": list(statements)}


def _attributes(context: str, settings: RedactionSettings) -> Iterator[str]:
    if settings.allowed_attributes:
        names = ", ".join(_quoted(name) for name in settings.allowed_attributes)
        yield f"keep_keys({context}.attributes, [{names}])"
    yield from _sparing(context, settings)


def _sparing(context: str, settings: RedactionSettings) -> Iterator[str]:
    """Masks all attributes but the ignored ones, which are set aside meanwhile."""
    for name in settings.ignored_attributes:
        held, aside = f"{context}.attributes[{_quoted(name)}]", f"{context}.cache[{_quoted(name)}]"
        yield f"set({aside}, {held}) where {held} != nil"
    yield from _mask_all(context)
    for name in settings.ignored_attributes:
        held, aside = f"{context}.attributes[{_quoted(name)}]", f"{context}.cache[{_quoted(name)}]"
        yield f"set({held}, {aside}) where {held} != nil"


def _mask(path: str) -> str:
    return f"replace_pattern({path}, {_quoted(TEXT_PATTERN)}, {_quoted(TEXT_REPLACEMENT)})"


def _mask_all(context: str) -> Iterator[str]:
    yield (f'replace_all_patterns({context}.attributes, "value", {_quoted(TEXT_PATTERN)}, {_quoted(TEXT_REPLACEMENT)})')


def _quoted(text: str) -> str:
    """A string in a statement of the transformation language."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{_literal(escaped)}"'


def _literal(text: str) -> str:
    """A configuration value: the collector expands `$`, so that a literal one is written twice."""
    return text.replace("$", "$$")


def _exactly(name: str) -> str:
    return _literal(f"^{re.escape(name)}$")


def _wildcard(name: str) -> str:
    return "(?i)^" + ".*".join(re.escape(part) for part in name.split("*")) + "$"
