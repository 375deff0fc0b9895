"""Statements of the collector's transformation language that find and mask secrets in one record.

Three steps of rising cost. First everything of the record becomes one text, and fixed strings are looked for in it:
most records end here. Then each family's patterns are tried on that text, so that twenty attributes aren't searched one
by one for what isn't there. What is found is marked by an attribute of the record, and only groups of statements whose
mark stands run their replacements: on the record's text, on its attributes, and on JSON text of attributes that are
lists or tables, which is parsed again. At the end marks and guards are taken away.

Patterns begin with fixed letters and are bounded, so work grows with a record's length and not with what is in it.

Sources: README files of the transform processor and of the OTTL functions in OpenTelemetry Collector contrib 0.149.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from settings.models.redaction import RedactionSettings
from telemetry.collector import personal_data as personal
from telemetry.collector.secret_names import (
    ATTRIBUTE_NAMES,
    GUARD,
    GUARDS,
    HARMLESS_ATTRIBUTE_NAMES,
    MASK,
    Edit,
)
from telemetry.collector.secret_patterns import BY_FORM, FIELDS, Family

Component = dict[str, Any]

# Set in the gateway's pods from the Secret with the key of the hashes.
HASH_KEY_VARIABLE = "LGTM_REDACTION_HASH_KEY"
_MARK = "lgtm.redaction."
_JSON, _SENT = "json", "sent"
# A list, a table, or a number as long as a card's.
_NESTED_JSON = r'[^\\]":(?:[\[{]|\d{13,19}[,}])'
# A record in which something may be found is searched so far, in bytes of each text; what is behind is cut.
LONGEST_SEARCHED = 32 * 1024
CUT = " [cut]"
_AS_NUMBER, _NUMBER_MASK = '":', f'":"{MASK}"${{1}}'
# What the collector's JSON escapes for HTML's sake; patterns shall see the characters themselves.
UNESCAPED = (Edit(r"\\u0026", "&"), Edit(r"\\u003c", "<"), Edit(r"\\u003e", ">"))
_ESCAPED_BROKEN = r"\ufffd"
_HASHING = "\x02"
# Shorter parts of a wildcard's name would be in any text.
_LEAST_LETTERS = 3
_NAMED = ("fields", "keys", "headers")
# A name of an attribute with this part, in JSON text.
_ATTRIBUTE = r'{}[\w.:/@-]*\\*":'
_JSON_STRING = r'"(?:[^"\\]|\\.)*"'
_JSON_MASK = f'${{0}}:"{MASK}"'
_VALUE = r"""[\w+.@][^\s"'\\,;&{}()\[\]\x02\x03]{0,255}"""
# The first characters of a spared value, which a guard keeps apart.
_SPARED_CHARACTERS = 40


class Place(NamedTuple):
    """What of a context is searched."""

    context: str
    text: str | None = None
    """Its one text of its own."""
    tables: tuple[str, ...] = ()
    """Its attributes, and those of what is around it that are searched with it."""

    def cached(self, name: str) -> str:
        return f'{self.context}.cache["{name}"]'

    def mark(self, name: str) -> str:
        return f'{self.context}.attributes["{_MARK}{name}"]'


def quoted(text: str) -> str:
    """A string in a statement of the transformation language."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{literal(escaped)}"'


def literal(text: str) -> str:
    """A configuration value: the collector expands `$`, so that a literal one is written twice."""
    return text.replace("$", "$$")


def families(settings: RedactionSettings) -> tuple[Family, ...]:
    """What is looked for, in order: what a name gives away is masked before its value could match anything else."""
    parts = tuple(part for part in fixed_parts(settings.denied_attributes) if part)
    fields = FIELDS._replace(
        words=(*FIELDS.words, *parts), tests=(*FIELDS.tests, *(_ATTRIBUTE.format(re.escape(part)) for part in parts))
    )
    return (*(fields if one is FIELDS else one for one in BY_FORM), *personal.personal_families(settings.personal_data))


def masking_groups(place: Place, settings: RedactionSettings, before: Sequence[str] = ()) -> list[Component]:
    """All groups of statements for one context; `before` runs first on every record."""
    groups = [_group([*before, *_finding(place, settings)], [_anything(place)] if place.text is None else [])]
    if settings.hashed_attributes:
        # Named, because the collector can't infer it where a function is an argument.
        groups.append({"context": place.context, **_group(_hashed_in_text(place, settings), [_marked(place, "ids")])})
    for family in families(settings):
        groups.append(_group(_sparing(place, settings, _edits(place, family)), [_marked(place, family.name)]))
    groups.append(_group(_sparing(place, settings, _cards(place)), [_marked(place, "cards")]))
    groups.append(_group(_sparing(place, settings, [*_unguarding(place), *_folding(place)]), [_marked(place, "any")]))
    if place.tables:
        named = " or ".join(_marked(place, name) for name in _NAMED)
        groups.append(_group(_sparing(place, settings, _by_name(place, settings)), [named]))
    marks = quoted("^" + re.escape(_MARK))
    groups.append(_group([f"delete_matching_keys({place.context}.attributes, {marks})"], [_marked(place, "any")]))
    return groups


def _group(statements: Iterable[str], conditions: Sequence[str] = ()) -> Component:
    return {"statements": list(statements)} | ({"conditions": list(conditions)} if conditions else {})


def _anything(place: Place) -> str:
    return " or ".join(f"Len({table}) > 0" for table in place.tables)


def _cutting(place: Place) -> Iterator[str]:
    """What is long and may hold a secret is cut, so that the dearer steps have a bound."""
    if place.text is not None:
        long = f"IsString({place.text}) and Len({place.text}) > {LONGEST_SEARCHED}"
        cut = f'Concat([Substring({place.text}, 0, {LONGEST_SEARCHED}), "{CUT}"], "")'
        yield f"set({place.text}, {cut}) where {_marked(place, 'any')} and {long}"
    yield from (f"truncate_all({table}, {LONGEST_SEARCHED}) where {_marked(place, 'any')}" for table in place.tables)


def _marked(place: Place, name: str) -> str:
    return f"{place.mark(name)} != nil"


def _finding(place: Place, settings: RedactionSettings) -> Iterator[str]:
    """Sets the marks of what could be in the record."""
    yield from _hashed_attributes(place, settings)
    found = families(settings)
    yield from _sparing(place, settings, [f"set({place.cached('text')}, {_everything(place)})"])
    text, lower = place.cached("text"), place.cached("lower")
    yield f"set({lower}, ToLowerCase({text}))"
    yield from _repairing(place)
    if settings.hashed_attributes:
        tests = [_name_in_text(name).lower() + r"""[\\"'\]]*[ \t]*[:=]""" for name in settings.hashed_attributes]
        yield _setting(place, "ids", " or ".join(_matches(lower, tests)))
    numbers = place.cached("numbers")
    yield f"set({numbers}, true) where IsMatch({lower}, {quoted(personal.NUMBERS)})"
    for family in found:
        searched = text if family.exact else lower
        either = [*_has(searched, family.words), *_matches(lower, family.shapes)]
        either += [f"{numbers} == true"] if family.numbers else []
        yield _setting(place, family.name, " or ".join(either), " or ".join(_matches(searched, family.tests)))
    yield _setting(place, "cards", f"{numbers} == true", f"IsMatch({lower}, {quoted(personal.CARD_DIGITS)})")
    marks = [_marked(place, name) for name in ("ids", *(family.name for family in found), "cards")]
    yield f"set({place.mark('any')}, true) where {' or '.join(marks)}"
    yield from _cutting(place)
    if place.tables:
        yield from _unfolding(place)
    if settings.ignored_attributes and place.text is not None:
        yield from _guarding_ignored(place, settings)


def _everything(place: Place) -> str:
    parts = [*([place.text] if place.text else []), *(f"String({table})" for table in place.tables)]
    return parts[0] if len(parts) == 1 else f'Concat([{", ".join(parts)}], " ")'


def _setting(place: Place, name: str, *conditions: str) -> str:
    return f"set({place.mark(name)}, true) where {' and '.join(f'({one})' for one in conditions if one)}"


def _has(searched: str, words: Sequence[str]) -> list[str]:
    return [f"Index({searched}, {quoted(word)}) >= 0" for word in words]


def _matches(searched: str, patterns: Sequence[str]) -> list[str]:
    return [f"IsMatch({searched}, {quoted(pattern)})" for pattern in patterns]


def _targets(place: Place, edit: Edit, where: str = "") -> Iterator[str]:
    arguments = f"{quoted(edit.pattern)}, {quoted(edit.replacement)}"
    if place.text is not None:
        yield f"replace_pattern({place.text}, {arguments}){where}"
    yield from (f'replace_all_patterns({table}, "value", {arguments}){where}' for table in place.tables)


def _edits(place: Place, family: Family) -> Iterator[str]:
    for edit in (*family.guards, *family.edits):
        yield from _targets(place, edit)


def _unfolding(place: Place) -> Iterator[str]:
    """Lists and tables as JSON text in an attribute of its own, which every step then searches like any other."""
    nested = f" where {_marked(place, 'any')} and IsMatch({place.cached('text')}, {quoted(_NESTED_JSON)})"
    json = place.mark(_JSON)
    for table in place.tables:
        yield f"set({json}, String({table})){nested}"
    for edit in UNESCAPED:
        yield f"replace_pattern({json}, {quoted(edit.pattern)}, {quoted(edit.replacement)}){nested}"
    yield f'set({place.mark(_SENT)}, {{"json": {json}}}){nested}'


def _folding(place: Place) -> Iterator[str]:
    """The other way round, where something was found; numbers of such a record become floating-point ones."""
    json, sent = place.mark(_JSON), f'{place.mark(_SENT)}["json"]'
    for table in place.tables:
        yield f'merge_maps({table}, ParseJSON({json}), "update") where {json} != nil and {json} != {sent}'


def _by_name(place: Place, settings: RedactionSettings) -> Iterator[str]:
    """Attributes by name, whatever their values are: the names that match, as JSON, become a table of masks."""
    masks, names = place.cached("denied"), place.cached("names")
    denied = "|".join(
        [ATTRIBUTE_NAMES, *([denied_pattern(settings.denied_attributes)] if settings.denied_attributes else [])]
    )
    spared = "|".join([HARMLESS_ATTRIBUTE_NAMES, *(f"^{re.escape(name)}$" for name in settings.hashed_attributes)])
    found = f"where {names} != nil"
    object_ = f'Concat(["{{", Substring({names}, 1, Len({names}) - 2), "}}"], "")'
    for table in place.tables:
        yield f"set({masks}, {table})"
        yield f"keep_matching_keys({masks}, {quoted(denied)})"
        yield f"delete_matching_keys({masks}, {quoted(spared)})"
        yield f'delete_key({place.context}.cache, "names")'
        yield f"set({names}, String(Keys({masks}))) where Len({masks}) > 0"
        yield f"replace_pattern({names}, {quoted(_JSON_STRING)}, {quoted(_JSON_MASK)}) {found}"
        yield f'merge_maps({table}, ParseJSON({object_}), "update") {found}'


def denied_pattern(names: Sequence[str]) -> str:
    """One pattern for all names of `redaction.denied_attributes`."""
    return f"(?i)(?:{'|'.join(_wildcard(name) for name in names)})"


def fixed_parts(names: Sequence[str]) -> list[str]:
    """The longest fixed part of each denied name; a name without one is looked for in any record."""
    parts = (max(name.lower().split("*"), key=len) for name in names)
    return list(dict.fromkeys(part if len(part) >= _LEAST_LETTERS else "" for part in parts))


def _wildcard(name: str) -> str:
    """A leading or trailing * is an end that isn't anchored."""
    start, end = "" if name.startswith("*") else "^", "" if name.endswith("*") else "$"
    return start + ".*".join(re.escape(part) for part in name.strip("*").split("*")) + end


def _cards(place: Place) -> Iterator[str]:
    """Candidates one after the other, each with its check digit; what is left after so many rounds goes without."""
    rest, found, card = place.cached("rest"), place.cached("found"), place.cached("card")
    digits = place.cached("digits")
    cache = f"{place.context}.cache"
    yield f"set({rest}, {_everything(place)})"
    for _ in range(personal.CARD_ROUNDS):
        yield f"set({found}, ExtractPatterns({rest}, {quoted(personal.CARD_CANDIDATE)})) where {rest} != nil"
        yield f'delete_key({cache}, "rest")'
        yield f'set({rest}, {cache}["found"]["rest"]) where {found} != nil'
        yield f'set({card}, Concat([{cache}["found"]["number"], {cache}["found"]["named"]], "")) where {rest} != nil'
        yield f"set({digits}, {card}) where {rest} != nil"
        yield f'replace_pattern({digits}, "[ -]", "") where {rest} != nil'
        valid = f'where {rest} != nil and {digits} != "" and IsValidLuhn({digits})'
        if place.text is not None:
            yield f"replace_pattern({place.text}, {card}, {quoted(MASK)}) {valid}"
        for table in place.tables:
            number = f'Concat([{quoted(_AS_NUMBER)}, {card}, {quoted("([,}])")}], "")'
            yield f"replace_pattern({place.mark(_JSON)}, {number}, {quoted(_NUMBER_MASK)}) {valid}"
            yield f'replace_all_patterns({table}, "value", {card}, {quoted(MASK)}) {valid}'
        yield f'delete_key({cache}, "found")'
    yield from _targets(place, personal.CARD_REST, f" where {rest} != nil")
    yield from _targets(place, personal.UNIONPAY)


def _repairing(place: Place) -> Iterator[str]:
    """Bytes that are no UTF-8 become U+FFFD: a back end that validates would refuse the batch for ever."""
    lower = place.cached("lower")
    broken = f' where Index({lower}, "\ufffd") >= 0 or Index({lower}, {quoted(_ESCAPED_BROKEN)}) >= 0'
    yield from _targets(place, Edit(r"\x{FFFD}", "\ufffd"), broken)


def _unguarding(place: Place) -> Iterator[str]:
    yield from _targets(place, Edit(GUARD, ""))


def _hashed_attributes(place: Place, settings: RedactionSettings) -> Iterator[str]:
    if not settings.hashed_attributes or not place.tables:
        return
    key = place.cached("key")
    yield f"set({key}, {_hash_key(settings)})"
    for table in place.tables:
        for name in settings.hashed_attributes:
            value = f"{table}[{quoted(name)}]"
            yield f'set({value}, SHA256(Concat([{key}, {value}], ""))) where {value} != nil'


def _hash_key(settings: RedactionSettings) -> str:
    return '""' if settings.unkeyed_hashes else f'"${{env:{HASH_KEY_VARIABLE}}}"'


def _words_of(name: str) -> list[str]:
    return [word.lower() for word in re.split(r"[._-]", name) if word]


def _name_in_text(name: str) -> str:
    """A name in any spelling."""
    return "[._-]?".join(re.escape(word) for word in _words_of(name))


def _hashed_in_text(place: Place, settings: RedactionSettings) -> Iterator[str]:
    """The same names inside text: the value is marked first, then what is between the marks becomes its hash."""
    names = "|".join(_name_in_text(name) for name in settings.hashed_attributes)
    key = rf"""((?:^|[^A-Za-z0-9])(?i:{names})[\\"'\]]*[ \t]*[:=][ \t]*\[?[\\"']*)"""
    number = rf"""((?:^|[^A-Za-z0-9])(?i:{names})\\*"[ \t]*:[ \t]*)(\d{{1,32}})\b"""
    yield f"set({place.cached('key')}, {_hash_key(settings)})"
    marks = f"{_HASHING}${{2}}{_HASHING}"
    for edit in (GUARDS[0], Edit(number, f'${{1}}"{marks}"'), Edit(rf"{key}({_VALUE})", f"${{1}}{marks}")):
        yield from _targets(place, edit)
    replacement = f'Concat([{place.cached("key")}, {quoted("${1}")}], "")'
    arguments = (
        f"{quoted(_HASHING + '([^' + _HASHING + ']*)' + _HASHING)}, {replacement}, SHA256, {quoted(GUARD + '%s')}"
    )
    if place.text is not None:
        yield f"replace_pattern({place.text}, {arguments})"
    yield from (f'replace_all_patterns({table}, "value", {arguments})' for table in place.tables)


def _guarding_ignored(place: Place, settings: RedactionSettings) -> Iterator[str]:
    """Ignored names inside text: their values' characters are kept apart, so that nothing fits them."""
    names = "|".join(_name_in_text(name) for name in settings.ignored_attributes)
    characters = r"""([^\s"'\\,;&{}()\[\]])?""" * _SPARED_CHARACTERS
    pattern = rf"""((?:^|[^A-Za-z0-9])(?i:{names})[\\"'\]]*[ \t]*[:=][ \t]*\[?[\\"']*){characters}"""
    kept = "".join(f"${{{number}}}{GUARD}" for number in range(1, _SPARED_CHARACTERS + 2))
    yield f"replace_pattern({place.text}, {quoted(pattern)}, {quoted(kept)}) where {_marked(place, 'any')}"


def _sparing(place: Place, settings: RedactionSettings, statements: Iterable[str]) -> Iterator[str]:
    """Statements that don't reach some attributes, which are set aside meanwhile."""
    kept = [
        (table, f"{table}[{quoted(name)}]", place.cached(f"spared {table} {name}"), name)
        for table in place.tables
        for name in settings.ignored_attributes
    ]
    for table, held, aside, name in kept:
        yield f"set({aside}, {held}) where {held} != nil"
        yield f"delete_key({table}, {quoted(name)})"
    yield from statements
    yield from (f"set({held}, {aside}) where {aside} != nil" for _, held, aside, _ in kept)
