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
from collections.abc import Iterator, Sequence
from typing import Any

from settings.redaction import RedactionSettings
from telemetry.collector.patterns import RULES, SUSPICIOUS, WHOLE_VALUE_PATTERN, Rule

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
    group = _group(*_masked("span", "span.name", texts=("span.name",), maps=()))
    suspicious = [f"IsMatch(span.name, {_quoted(SUSPICIOUS)})"]
    return {"error_mode": "propagate", "trace_statements": [{**group, "conditions": suspicious}]}


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
        blocked_key_patterns=_denied(settings.denied_attributes),
        blocked_values=[_literal(WHOLE_VALUE_PATTERN)],
    )


def _redaction(**parts: Any) -> Component:
    """Silent: notes about what was masked would be one more attribute on every span."""
    return {"allow_all_keys": True, "redact_all_types": True, "summary": "silent", **parts}


def _texts(settings: RedactionSettings) -> Component:
    shared = tuple(_group(*_masked_attributes(context)) for context in ("resource", "scope"))
    return {
        "error_mode": "propagate",
        "trace_statements": [
            *shared,
            _group(*_records("span", "span.status.message", settings)),
            _group(*_records("spanevent", "spanevent.name", settings)),
        ],
        "log_statements": [
            *shared,
            _group(
                "set(log.body, String(log.body)) where IsMap(log.body) or IsList(log.body)",
                *_records("log", "log.body", settings),
            ),
        ],
        # An allow list would merge series that differ only in what it takes away.
        "metric_statements": [
            *shared,
            _group(*_sparing("datapoint", settings, _masked_attributes("datapoint"))),
        ],
    }


def _group(*statements: str) -> Component:
    """Statements of one context. In one group with others they would run once for each part of the smallest context."""
    return {"statements": list(statements)}


def _records(context: str, text: str, settings: RedactionSettings) -> Iterator[str]:
    """A span, event or log record: its one text of its own, and its attributes."""
    attributes = f"{context}.attributes"
    if settings.allowed_attributes:
        names = ", ".join(_quoted(name) for name in settings.allowed_attributes)
        yield f"keep_keys({attributes}, [{names}])"
    everything = f'Concat([{text}, String({attributes})], " ")'
    yield from _sparing(context, settings, _masked(context, everything, texts=(text,), maps=(attributes,)))


def _masked_attributes(context: str) -> Iterator[str]:
    attributes = f"{context}.attributes"
    return _masked(context, f"String({attributes})", texts=(), maps=(attributes,))


def _masked(context: str, everything: str, *, texts: Sequence[str], maps: Sequence[str]) -> Iterator[str]:
    """All rules over the texts and the tables' values, each behind its triggers in `everything`."""
    searched = f'{context}.cache["searched"]'
    yield f"set({searched}, ToLowerCase({everything}))"
    for rule in RULES:
        found = f"{context}.cache[{_quoted(rule.name)}]"
        yield f"set({found}, true) where {_possible(searched, rule)}"
        arguments = f"{_quoted(rule.pattern)}, {_quoted(rule.replacement)}"
        yield from (
            f"replace_pattern({text}, {arguments}) where {found} == true and IsString({text})" for text in texts
        )
        yield from (f'replace_all_patterns({table}, "value", {arguments}) where {found} == true' for table in maps)


def _possible(searched: str, rule: Rule) -> str:
    if rule.shape:
        return f"IsMatch({searched}, {_quoted(rule.shape)})"
    return " or ".join(f"Index({searched}, {_quoted(trigger)}) >= 0" for trigger in rule.triggers)


def _sparing(context: str, settings: RedactionSettings, statements: Iterator[str]) -> Iterator[str]:
    """Statements that don't reach the ignored attributes, which are set aside meanwhile."""
    kept = [
        (f"{context}.attributes[{_quoted(name)}]", f"{context}.cache[{_quoted(f'ignored {name}')}]")
        for name in settings.ignored_attributes
    ]
    yield from (f"set({aside}, {held}) where {held} != nil" for held, aside in kept)
    yield from statements
    yield from (f"set({held}, {aside}) where {held} != nil" for held, aside in kept)


def _quoted(text: str) -> str:
    """A string in a statement of the transformation language."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{_literal(escaped)}"'


def _literal(text: str) -> str:
    """A configuration value: the collector expands `$`, so that a literal one is written twice."""
    return text.replace("$", "$$")


def _exactly(name: str) -> str:
    return _literal(f"^{re.escape(name)}$")


def _denied(names: Sequence[str]) -> list[str]:
    """One pattern for all names: each pattern costs a search of each attribute's name."""
    if not names:
        return []
    return [_literal(f"(?i)(?:{'|'.join(_wildcard(name) for name in names)})")]


def _wildcard(name: str) -> str:
    """A leading or trailing * is an end that isn't anchored."""
    start, end = "" if name.startswith("*") else "^", "" if name.endswith("*") else "$"
    return start + ".*".join(re.escape(part) for part in name.strip("*").split("*")) + end
