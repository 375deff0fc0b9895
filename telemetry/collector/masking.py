"""Statements of the collector's transformation language that mask secrets in text and attributes by name.

For one record: everything that is searched becomes one lower-case text, in which cheap triggers are looked for; a
rule's expensive pattern runs only behind its own. Most of the cost is in records without a secret (measured by
`python -m benchmarks.collector`), so triggers come in two steps: words that stand beside a named secret, then what the
single rule needs.

Sources: README files of the transform processor and of the OTTL functions in OpenTelemetry Collector contrib 0.149.
"""

import re
from collections.abc import Iterator, Sequence

from settings.models.redaction import RedactionSettings
from telemetry.collector.patterns import MASK, RULES, SECRET_WORDS, Rule

# Shorter parts of a wildcard's name would be in any text.
_LEAST_LETTERS = 3
_JSON_STRING = r'"(?:[^"\\]|\\.)*"'
_JSON_MASK = f'${{0}}:"{MASK}"'


def quoted(text: str) -> str:
    """A string in a statement of the transformation language."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{literal(escaped)}"'


def literal(text: str) -> str:
    """A configuration value: the collector expands `$`, so that a literal one is written twice."""
    return text.replace("$", "$$")


def masked(
    context: str, settings: RedactionSettings, *, text: str | None = None, attributes: bool = True, hashed: bool = True
) -> list[str]:
    """Statements that mask a context's text and its attributes, but for ignored ones and those that are hashed.

    `hashed` says that ids are hashes already, so that only those whose names are denied need to be set aside.
    """
    table = f"{context}.attributes"
    everything = _everything(text, table if attributes else None)
    statements = [f'set({context}.cache["searched"], ToLowerCase({everything}))', _words(context, settings)]
    for rule in RULES:
        statements += _rule(context, rule, texts=(text,) if text else (), tables=(table,) if attributes else ())
    if not attributes:
        return statements
    spared = (*settings.ignored_attributes, *(_hashed_and_denied(settings) if hashed else settings.hashed_attributes))
    return list(_sparing(spared, context, [*statements, *_denied(context, settings)]))


def denied_pattern(names: Sequence[str]) -> str:
    """One pattern for all names of `redaction.denied_attributes`."""
    return f"(?i)(?:{'|'.join(_wildcard(name) for name in names)})"


def _everything(text: str | None, table: str | None) -> str:
    if text is None:
        return f"String({table})"
    return text if table is None else f'Concat([{text}, String({table})], " ")'


def _words(context: str, settings: RedactionSettings) -> str:
    """Whether anything in the record could be a secret's name."""
    parts = [part for part in _fixed_parts(settings) if not any(word in part for word in SECRET_WORDS)]
    return f'set({context}.cache["words"], true) where {_any(context, [*SECRET_WORDS, *parts])}'


def _fixed_parts(settings: RedactionSettings) -> list[str]:
    """The longest fixed part of each denied name; a name without one is looked for in any record."""
    parts = (max(name.lower().split("*"), key=len) for name in settings.denied_attributes)
    return list(dict.fromkeys(part if len(part) >= _LEAST_LETTERS else "" for part in parts))


def _rule(context: str, rule: Rule, *, texts: Sequence[str], tables: Sequence[str]) -> Iterator[str]:
    found = f"{context}.cache[{quoted(rule.name)}]"
    conditions = [f'{context}.cache["words"] == true'] if rule.named else []
    conditions += [_any(context, (rule.behind,))] if rule.behind else []
    yield f"set({found}, true) where {' and '.join([*conditions, f'({_any(context, rule.triggers)})'])}"
    arguments = f"{quoted(rule.pattern)}, {quoted(rule.replacement)}"
    yield from (f"replace_pattern({text}, {arguments}) where {found} == true and IsString({text})" for text in texts)
    yield from (f'replace_all_patterns({table}, "value", {arguments}) where {found} == true' for table in tables)


def _any(context: str, triggers: Sequence[str]) -> str:
    searched = f'{context}.cache["searched"]'
    return " or ".join(
        f"Index({searched}, {quoted(trigger)}) >= 0"
        if re.fullmatch(r"[\w@%:/=. -]*", trigger)
        else f"IsMatch({searched}, {quoted(trigger)})"
        for trigger in triggers
    )


def _denied(context: str, settings: RedactionSettings) -> Iterator[str]:
    """Attributes by name, whatever their values are: the names that match, as JSON, become a table of masks."""
    if not settings.denied_attributes:
        return
    table, masks, names = f"{context}.attributes", f'{context}.cache["denied"]', f'{context}.cache["names"]'
    found = f"where {names} != nil"
    searched = f'where {context}.cache["words"] == true and ({_any(context, _fixed_parts(settings))})'
    yield f"set({masks}, {table}) {searched}"
    taken = f"where {masks} != nil"
    yield f"keep_matching_keys({masks}, {quoted(denied_pattern(settings.denied_attributes))}) {taken}"
    yield f"set({names}, String(Keys({masks}))) {taken} and Len({masks}) > 0"
    yield f"replace_pattern({names}, {quoted(_JSON_STRING)}, {quoted(_JSON_MASK)}) {found}"
    object_ = f'Concat(["{{", Substring({names}, 1, Len({names}) - 2), "}}"], "")'
    yield f'merge_maps({table}, ParseJSON({object_}), "update") {found}'


def _sparing(spared: Sequence[str], context: str, statements: Sequence[str]) -> Iterator[str]:
    """Statements that don't reach some attributes, which are set aside meanwhile."""
    kept = [
        (f"{context}.attributes[{quoted(name)}]", f"{context}.cache[{quoted(f'spared {name}')}]") for name in spared
    ]
    yield from (f"set({aside}, {held}) where {held} != nil" for held, aside in kept)
    yield from statements
    yield from (f"set({held}, {aside}) where {held} != nil" for held, aside in kept)


def _hashed_and_denied(settings: RedactionSettings) -> list[str]:
    denied = re.compile(denied_pattern(settings.denied_attributes)) if settings.denied_attributes else None
    return [name for name in settings.hashed_attributes if denied is not None and denied.search(name)]


def _wildcard(name: str) -> str:
    """A leading or trailing * is an end that isn't anchored."""
    start, end = "" if name.startswith("*") else "^", "" if name.endswith("*") else "$"
    return start + ".*".join(re.escape(part) for part in name.strip("*").split("*")) + end
