"""Statements of the collector's transformation language that find and mask secrets in one record.

First, what may be in it is found and marked (`finding`). Only marked records meet the rest: their text stands among
their attributes meanwhile, and so does the JSON text of attributes that are lists or tables, so that one statement
searches everything. Then each family's replacements run, where its mark stands; JSON is parsed again; attributes are
masked by name; and what was put among the attributes is taken away.

Patterns begin with fixed letters and are bounded, so work grows with a record's length and not with what is in it.

Sources: README files of the transform processor and of the OTTL functions in OpenTelemetry Collector contrib 0.149.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from settings.models.redaction import RedactionSettings
from telemetry.collector import personal_data as personal
from telemetry.collector.finding import families, finding, hash_key, name_in_text, suspecting
from telemetry.collector.place import HELD_KEYS, Place, any_of, fits, quoted
from telemetry.collector.secret_names import ATTRIBUTE_NAMES, GUARD, HARMLESS_ATTRIBUTE_NAMES, MASK, VALUE_GUARDS, Edit
from telemetry.collector.secret_patterns import BUNDLES, Family

Component = dict[str, Any]

# A list, a table, or a number as long as a card's.
_NESTED_JSON = r'[^\\]":(?:[\[{]|\d{13,19}[,}])'
# A record in which something may be found is searched so far, in bytes of each text; what is behind is cut.
LONGEST_SEARCHED = 32 * 1024
CUT = " [cut]"
_AS_NUMBER, _NUMBER_MASK = '":', f'":"{MASK}"${{1}}'
# What the collector's JSON escapes for HTML's sake; patterns shall see the characters themselves.
UNESCAPED = (Edit(r"\\u0026", "&"), Edit(r"\\u003c", "<"), Edit(r"\\u003e", ">"))
# Bytes that are no UTF-8: a back end that validates would refuse the batch for ever. Two signs, because one alone would
# be looked for as a string, and not be found.
_BROKEN = Edit(r"[\x{FFFD}\x{FFFE}]", "\ufffd")
_HASHING = "\x02"
_BY_ATTRIBUTE = ("fields", "shorts", "keys", "headers")
_JSON_STRING = r'"(?:[^"\\]|\\.)*"'
_JSON_MASK = f'${{0}}:"{MASK}"'
_VALUE = r"""[\w+.@][^\s"'\\,;&{}()\[\]\x02\x03]{0,255}"""
# The first characters of a spared value, which a guard keeps apart.
_SPARED_CHARACTERS = 40


def masking_groups(place: Place, settings: RedactionSettings, before: Sequence[str] = ()) -> list[Component]:
    """The groups of statements for one context with attributes; `before` runs first on every record."""
    some = [f"Len({place.table}) > 0"] if place.text is None else []
    bundles = {bundle: [one for one in families(settings) if one.bundle == bundle] for bundle in BUNDLES}
    return [
        _group(place, [*before, *suspecting(place, settings)], some),
        _group(place, finding(place, settings), [f"{place.suspects} != nil"]),
        _group(place, [*place.noting(), *_preparing(place, settings), *_first(place, settings)], [place.is_marked()]),
        *(
            _group(place, _bundled(place, bundled), [place.is_marked(bundle)])
            for bundle, bundled in bundles.items() if bundled
        ),
        _group(
            place, [*place.noting(), *_last(place, settings), *_finishing(place, settings)], [place.is_marked()]
        ),
    ]  # fmt: skip


def name_group(place: Place, settings: RedactionSettings, conditions: Sequence[str]) -> Component:
    """One group for a text without attributes; marks last as long as it."""
    masking = [
        *_first(place, settings), *_bundled(place, [one for one in families(settings) if one.bundle]),
        *_last(place, settings), *_targets(place, Edit(GUARD, "")),
    ]  # fmt: skip
    return _group(place, [*finding(place, settings), *masking], conditions)


def _group(place: Place, statements: Iterable[str], conditions: Sequence[str]) -> Component:
    # Named, because the collector can't infer it where a function is an argument.
    group = {"context": place.context, "statements": list(statements), "conditions": list(conditions)}
    return {key: value for key, value in group.items() if value}


def _first(place: Place, settings: RedactionSettings) -> Iterator[str]:
    yield from _targets(place, _BROKEN, place.noted("broken"))
    if settings.hashed_attributes:
        yield from (f"{one} where {place.noted('ids')}" for one in _hashing(place, settings))


def _bundled(place: Place, some: Sequence[Family]) -> Iterator[str]:
    """All edits of some families; a family that is alone in its group needs no test of its own."""
    if place.attributes and len(some) == 1:
        yield from _edits(place, some[0], "")
        return
    yield from place.noting()
    for family in some:
        yield from _edits(place, family, place.noted(family.name))


def _edits(place: Place, family: Family, where: str) -> Iterator[str]:
    for edit in (*family.guards, *family.edits):
        yield from _targets(place, edit, where)


def _last(place: Place, settings: RedactionSettings) -> Iterator[str]:
    for family in families(settings):
        if family.bundle is None:
            yield from _edits(place, family, place.noted(family.name))
    yield from _cards(place)


def _targets(place: Place, edit: Edit, where: str = "") -> Iterator[str]:
    yield _replacing(place, f"{quoted(edit.pattern)}, {quoted(edit.replacement)}", where)


def _replacing(place: Place, arguments: str, where: str = "") -> str:
    """One statement that replaces in all that is searched."""
    condition = f" where {where}" if where else ""
    if place.attributes:
        return f'replace_all_patterns({place.table}, "value", {arguments}){condition}'
    return f"replace_pattern({place.text}, {arguments}){condition}"


def _preparing(place: Place, settings: RedactionSettings) -> Iterator[str]:
    """Repairs and cuts, sets aside what must be spared, and puts text and JSON among the attributes."""
    if place.text is not None:
        yield f"set({place.held('text')}, {place.text}) where IsString({place.text})"
        yield (
            f'set({place.held("text")}, Concat([Substring({place.held("text")}, 0, {LONGEST_SEARCHED}), "{CUT}"], "")) '
            f"where Len({place.held('text')}) > {LONGEST_SEARCHED}"
        )
    yield (
        f'replace_all_patterns({place.table}, "key", {quoted(_BROKEN.pattern)}, {quoted(_BROKEN.replacement)}) '
        f"where {place.noted('broken')}"
    )
    yield f"truncate_all({place.table}, {LONGEST_SEARCHED + len(CUT)})"
    for name in settings.ignored_attributes:
        yield f"set({place.kept(name)}, {place.table}[{quoted(name)}])"
        yield f"delete_key({place.table}, {quoted(name)})"
    # Without the text, which isn't parsed again, and without what is a hash already.
    json, nested = place.cached("json"), place.held("json")
    copy, where = place.cached("attributes"), f"where {place.noted('nested')}"
    yield f"set({copy}, {place.table}) {where}"
    yield f"delete_matching_keys({copy}, {quoted(HELD_KEYS)}) {where}"
    for name in settings.hashed_attributes:
        yield f"delete_key({copy}, {quoted(name)}) {where}"
    yield f"set({json}, String({copy})) {where}"
    yield f"set({nested}, {json}) where {json} != nil and IsMatch({json}, {quoted(_NESTED_JSON)})"
    for edit in UNESCAPED:
        yield f"replace_pattern({nested}, {quoted(edit.pattern)}, {quoted(edit.replacement)}) where {nested} != nil"
    yield f"set({place.kept('json')}, {nested}) where {nested} != nil"
    # Making JSON repaired it: it must go back.
    yield f'set({place.kept("json")}, "") where {nested} != nil and {place.noted("broken")}'
    if settings.ignored_attributes and place.text is not None:
        yield from _guarding_ignored(place, settings)


def _finishing(place: Place, settings: RedactionSettings) -> Iterator[str]:
    """Guards are taken away, JSON is parsed again where it has changed, and everything goes back to its place."""
    yield from _targets(place, Edit(GUARD, ""))
    json, parsed = place.held("json"), place.cached("parsed")
    changed = f"{json} != nil and {json} != {place.kept('json')}"
    # Numbers of such a record become floating-point ones.
    yield f"set({parsed}, ParseJSON({json})) where {changed}"
    yield f'merge_maps({place.table}, {parsed}, "update") where {parsed} != nil'
    yield from _by_name(place, settings)
    if place.text is not None:
        yield f"set({place.text}, {place.held('text')}) where {place.held('text')} != nil"
    for name in settings.ignored_attributes:
        yield f"set({place.table}[{quoted(name)}], {place.kept(name)})"
    # What isn't JSON any more can't go back: all attributes leave as the masked text.
    yield f'set({place.table}, {{"redacted": {json}}}) where {changed} and {parsed} == nil'
    yield f"delete_matching_keys({place.table}, {quoted(HELD_KEYS)})"


def _by_name(place: Place, settings: RedactionSettings) -> Iterator[str]:
    """Attributes by name, whatever their values are: the names that match, as JSON, become a table of masks."""
    masks, names = place.cached("denied"), place.cached("names")
    denied = "|".join(
        [ATTRIBUTE_NAMES, *([denied_pattern(settings.denied_attributes)] if settings.denied_attributes else [])]
    )
    spared = "|".join([HARMLESS_ATTRIBUTE_NAMES, *(f"^{re.escape(name)}$" for name in settings.hashed_attributes)])
    marked = " or ".join(place.noted(name) for name in _BY_ATTRIBUTE)
    object_ = f'Concat(["{{", Substring({names}, 1, Len({names}) - 2), "}}"], "")'
    yield f"set({masks}, {place.table}) where {marked}"
    yield f"keep_matching_keys({masks}, {quoted(denied)}) where {masks} != nil"
    yield f"delete_matching_keys({masks}, {quoted(spared)}) where {masks} != nil"
    yield f"set({names}, String(Keys({masks}))) where {masks} != nil and Len({masks}) > 0"
    yield f"replace_pattern({names}, {quoted(_JSON_STRING)}, {quoted(_JSON_MASK)}) where {names} != nil"
    yield f'merge_maps({place.table}, ParseJSON({object_}), "update") where {names} != nil'


def denied_pattern(names: Sequence[str]) -> str:
    """One pattern for all names of `redaction.denied_attributes`."""
    return f"(?i)(?:{'|'.join(_wildcard(name) for name in names)})"


def _wildcard(name: str) -> str:
    """A leading or trailing * is an end that isn't anchored."""
    start, end = "" if name.startswith("*") else "^", "" if name.endswith("*") else "$"
    return start + ".*".join(re.escape(part) for part in name.strip("*").split("*")) + end


def _cards(place: Place) -> Iterator[str]:
    """Candidates one after the other, each with its check digit; what is left after so many rounds goes without."""
    rest, found, card = place.cached("rest"), place.cached("found"), place.cached("card")
    digits, cache = place.cached("digits"), f"{place.context}.cache"
    everything = f"String({place.table})" if place.attributes else place.text
    yield f"set({rest}, {everything}) where {place.noted('cards')}"
    for _ in range(personal.CARD_ROUNDS):
        yield f'delete_key({cache}, "found") where {rest} != nil'
        yield f"set({found}, ExtractPatterns({rest}, {quoted(personal.CARD_CANDIDATE)})) where {rest} != nil"
        yield f'delete_key({cache}, "rest") where {found} != nil and {cache}["found"]["number"] == nil'
        yield f'set({card}, Concat([{cache}["found"]["number"], {cache}["found"]["named"]], "")) where {rest} != nil'
        yield f"set({digits}, {card}) where {rest} != nil"
        yield f'replace_pattern({digits}, "[ -]", "") where {rest} != nil'
        # Looked at: it isn't found again.
        seen = f'Concat([{cache}["found"]["other"], {card}], "")'
        yield f'replace_pattern({rest}, {seen}, " ") where {rest} != nil'
        valid = f'{rest} != nil and {digits} != "" and IsValidLuhn({digits})'
        if place.attributes:
            number = f'Concat([{quoted(_AS_NUMBER)}, {card}, {quoted("([,}])")}], "")'
            yield f"replace_pattern({place.held('json')}, {number}, {quoted(_NUMBER_MASK)}) where {valid}"
        yield _replacing(place, f"{card}, {quoted(MASK)}", valid)
        left = any_of(fits(rest, *personal.CARD_DIGITS))
        yield f'delete_key({cache}, "rest") where {rest} != nil and not {left}'
    yield from _targets(place, personal.CARD_REST, f"{rest} != nil")
    for edit in personal.UNIONPAY:
        yield from _targets(place, edit, place.noted("cards"))


def _hashing(place: Place, settings: RedactionSettings) -> Iterator[str]:
    """Ids inside text: the value is marked first, then what is between the marks becomes its hash."""
    names = "|".join(name_in_text(name) for name in settings.hashed_attributes)
    key = rf"""((?:^|[^A-Za-z0-9])(?i:{names})[\\"'\]]*[ \t]*[:=][ \t]*\[?[\\"']*)"""
    number = rf"""((?:^|[^A-Za-z0-9])(?i:{names})\\*"[ \t]*:[ \t]*)(\d{{1,32}})\b"""
    marks = f"{_HASHING}${{2}}{_HASHING}"
    for edit in (*VALUE_GUARDS, Edit(number, f'${{1}}"{marks}"'), Edit(rf"{key}({_VALUE})", f"${{1}}{marks}")):
        yield from _targets(place, edit)
    replacement = f'Concat([{hash_key(settings)}, {quoted("${1}")}], "")'
    arguments = (
        f"{quoted(_HASHING + '([^' + _HASHING + ']*)' + _HASHING)}, {replacement}, SHA256, {quoted(GUARD + '%s')}"
    )
    yield _replacing(place, arguments)


def _guarding_ignored(place: Place, settings: RedactionSettings) -> Iterator[str]:
    """Ignored names inside text: their values' characters are kept apart, so that nothing fits them."""
    names = "|".join(name_in_text(name) for name in settings.ignored_attributes)
    characters = r"""([^\s"'\\,;&{}()\[\]])?""" * _SPARED_CHARACTERS
    pattern = rf"""((?:^|[^A-Za-z0-9])(?i:{names})[\\"'\]]*[ \t]*[:=][ \t]*\[?[\\"']*){characters}"""
    kept = "".join(f"${{{number}}}{GUARD}" for number in range(1, _SPARED_CHARACTERS + 2))
    text = place.held("text")
    yield f"replace_pattern({text}, {quoted(pattern)}, {quoted(kept)}) where {text} != nil"
