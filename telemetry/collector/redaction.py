"""The gateway's redaction: processors that every pipeline to a back end ends with, before its batches.

It stands in the gateway, the one gate that all telemetry leaves by: behind tail sampling, so that the 85 % of traces
that are dropped cost nothing, and before every exporter and its queue on disk. Names of spans and attributes of their
resources are masked earlier, before the span metrics are counted: names become labels, and a resource is there once
for all its spans, while behind tail sampling each trace has a copy of its own. Between a node's agent, whose queue is
on the node's disk, and the gateway data is still unmasked.

A statement that fails on a record is left out for that record; the others run. Nothing is refused because of it. The
one whose failure would let a secret pass, parsing JSON again, has a substitute.

Not reached, because the collector has no statement for them: attributes of span links and of exemplars, values that are
bytes, names of attributes, metrics and scopes, severity texts, descriptions of metrics.

Sources: README file of the transform processor in OpenTelemetry Collector contrib 0.149.
"""

from collections.abc import Iterator
from typing import Any

from settings.models.redaction import RedactionSettings
from telemetry.collector.masking import CUT, UNESCAPED, masking_groups, name_group
from telemetry.collector.place import Place, any_of, fits, quoted

SPAN_NAMES, TEXTS = "transform/span_names", "transform/redaction"
REDACTORS = (TEXTS,)
# The Secret with the key of the hashes, unless `redaction.hash_key_secret` names another.
HASH_KEY_SECRET = "redaction-hash-key"  # noqa: S105 (a name)
HASH_KEY_ENTRY = "hash-key"
# Loki refuses lines above 256 KiB; nothing longer is searched, so nothing longer passes.
LONGEST_TEXT = 256 * 1024
# What any name with a secret has; every span's name is looked at, most are short.
LEAST_SECRET = 7
SUSPICIOUS = (r"[@=%+:?\x{FFFD}\x{FFFE}]", "-----", r"\d{3}", r"[\w~-]{18}", "[Bb](?:asic|earer) ")

Component = dict[str, Any]


def generates_hash_key(settings: RedactionSettings) -> bool:
    """Whether the stack makes the key of the hashes itself."""
    return bool(settings.hashed_attributes) and not settings.unkeyed_hashes and settings.hash_key_secret is None


def redaction_processors(settings: RedactionSettings) -> dict[str, Component]:
    """The processors, with the one for span names and resources that stands before span metrics."""
    return {SPAN_NAMES: _span_names(settings), TEXTS: _texts(settings)}


def _span_names(settings: RedactionSettings) -> Component:
    suspicious = any_of(fits("span.name", "|".join(SUSPICIOUS)))
    name = Place("span", text="span.name", attributes=False)
    group = name_group(name, settings, [f"Len(span.name) >= {LEAST_SECRET} and {suspicious}"])
    return _transform(trace_statements=[*_shared(settings), group])


def _texts(settings: RedactionSettings) -> Component:
    spans = masking_groups(_record("span", "span.status.message"), settings, [*_allowed("span", settings)])
    events = masking_groups(_record("spanevent", "spanevent.name"), settings, [*_allowed("spanevent", settings)])
    logs = masking_groups(_record("log", "log.body"), settings, [*_allowed("log", settings), *_as_text()])
    return _transform(
        trace_statements=[*spans, *events],
        log_statements=[*_shared(settings), *logs],
        # An allow list would merge series that differ only in what it takes away.
        metric_statements=[*_shared(settings), *masking_groups(_record("datapoint"), settings)],
    )


def _transform(**statements: Any) -> Component:
    return {"error_mode": "ignore", **statements}


def _shared(settings: RedactionSettings) -> list[Component]:
    """Attributes of resources: once for all their records."""
    return masking_groups(_record("resource"), settings)


def _record(context: str, text: str | None = None) -> Place:
    return Place(context, text)


def _as_text() -> Iterator[str]:
    """Structured bodies as JSON text, as Loki would store them, and no longer than it takes."""
    body, structured = "log.body", 'log.cache["structured"]'
    yield f"set({structured}, true) where not IsString({body}) and {body} != nil"
    yield f"set({body}, String({body})) where {structured} == true"
    for edit in UNESCAPED:
        yield f"replace_pattern({body}, {quoted(edit.pattern)}, {quoted(edit.replacement)}) where {structured} == true"
    yield (
        f'set({body}, Concat([Substring({body}, 0, {LONGEST_TEXT}), "{CUT}"], "")) '
        f"where IsString({body}) and Len({body}) > {LONGEST_TEXT}"
    )


def _allowed(context: str, settings: RedactionSettings) -> Iterator[str]:
    if settings.allowed_attributes:
        names = ", ".join(quoted(name) for name in settings.allowed_attributes)
        yield f"keep_keys({context}.attributes, [{names}])"
