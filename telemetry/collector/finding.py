"""The first step of redaction: what may be in a record, told by as little work as can be.

Everything of a record becomes one text. In it fixed strings are looked for, fastest where their first letter is
a rare one, and then patterns that begin with fixed letters, which the collector finds as it finds strings. Most records
end here. What may be in the others is marked, by families, in an attribute that the next steps read and take away.

Sources: README files of the transform processor and of the OTTL functions in OpenTelemetry Collector contrib 0.149;
Go's `strings.Index` and `regexp` (prefixes, backtracking), which these are made of.
"""

import re
from collections.abc import Iterator, Sequence

from settings.models.redaction import PersonalData, RedactionSettings
from telemetry.collector import personal_data as personal
from telemetry.collector.place import HASH_KEY_VARIABLE, SUSPECTS, Place, all_of, any_of, fits, has, quoted
from telemetry.collector.safe_attributes import safe_names
from telemetry.collector.secret_names import NAMES
from telemetry.collector.secret_patterns import BY_FORM, BY_NAME, BY_NAME_BUNDLE, FIELDS, Family, Trigger

# Shorter parts of a name or a word would be in any text.
_LEAST_LETTERS, _LEAST_SIGNS = 3, 5
# Letters of logs and attributes, the rarest last. What isn't here is rarer still.
_COMMONEST = " etaonsri.lcdmpu-:h/0123456789gfbv_ywkxjqz"
# A name of an attribute with this part.
_ATTRIBUTE = r'{}[\w.:/@-]*\\*"'
# Bytes that are no UTF-8, as they become in lower case and in JSON.
BROKEN = ("\ufffd", r"\ufffd")
# The gate for words that are enough by themselves.
WHOLE = "whole"
# Between an attribute's name and its value, and between two attributes, as nearly in JSON.
_NAME_END, _VALUE_END = '":"', '"\n"'


def families(settings: RedactionSettings) -> tuple[Family, ...]:
    """What is looked for, in order: what a name gives away is masked before its value could match anything else."""
    denied = tuple(_denied(part) for part in fixed_parts(settings.denied_attributes))
    fields = FIELDS._replace(triggers=(*FIELDS.triggers, *denied), bundle=BY_NAME_BUNDLE)
    named = (fields if one.name == fields.name else one for one in BY_NAME)
    return (*named, *BY_FORM, *personal.personal_families(settings.personal_data))


def _denied(part: str) -> Trigger:
    """Names of attributes with this part; most of them were found by a name's word already."""
    named = ("named",) if any(name in part for name in NAMES) else ()
    words = (part,) if len(part) >= _LEAST_LETTERS and not named else ()
    return Trigger(words, (_ATTRIBUTE.format(re.escape(part)),), needs=named)


def fixed_parts(names: Sequence[str]) -> list[str]:
    """The longest fixed part of each denied name."""
    return list(dict.fromkeys(max(name.lower().split("*"), key=len) for name in names))


def suspecting(place: Place, settings: RedactionSettings) -> Iterator[str]:
    """Suspects the few records in which something may be; attributes with treatment of their own have it here."""
    yield from _hashed(place, settings)
    yield from _well_known(place, settings)
    yield from _searched(place, settings)
    yield from _gates(place, settings)
    early = [_trigger(place, one, trigger) for one, trigger in _triggers(settings) if _gate_of(one, trigger) is None]
    # A glob can't hold the sign of what is no UTF-8.
    early += has(place.cached("low"), BROKEN[0])
    early += fits(place.cached("text"), *personal.NUMBERS)
    early += fits(place.cached("low"), *(test for test in _id_tests(settings) if not _named(test)))
    yield f"set({place.suspect('any')}, true) where {place.suspects} == nil and {any_of(early)}"


def finding(place: Place, settings: RedactionSettings) -> Iterator[str]:
    """Sets the marks of what could be in a record that is suspected."""
    yield from _searched(place, settings)
    if not place.attributes:
        yield from _gates(place, settings)
    lower, numbers = place.cached("low"), place.cached("numbers")
    yield f"set({numbers}, true) where {any_of(fits(place.cached('text'), *personal.NUMBERS))}"
    for family in families(settings):
        triggers = any_of([_gated_trigger(place, family, one) for one in family.triggers])
        yield f"set({place.mark(family.name)}, true) where {triggers}"
    by_name = any_of([place.is_marked(family.name) for family in BY_NAME])
    yield f"set({place.mark(BY_NAME_BUNDLE)}, true) where {by_name}"
    cards = all_of(
        f"{numbers} == true", any_of(fits(lower, *personal.CARD_DIGITS)), any_of(fits(lower, *personal.CARD_SHAPES))
    )
    yield f"set({place.mark('cards')}, true) where {cards}"
    if settings.hashed_attributes:
        yield f"set({place.mark('ids')}, true) where {any_of(fits(lower, *_id_tests(settings)))}"
    yield f"set({place.mark('broken')}, true) where {any_of(has(lower, *BROKEN))}"
    if place.attributes:
        # A list, a table, or a number as long as a card's.
        nested = [*has(place.cached("text"), f"{_NAME_END}{{", f"{_NAME_END}["), place.is_marked("cards")]
        yield f"set({place.mark('nested')}, true) where {place.is_marked()} and {any_of(nested)}"
    if place.attributes:
        yield f"delete_key({place.table}, {quoted(SUSPECTS)})"


def _triggers(settings: RedactionSettings) -> Iterator[tuple[Family, Trigger]]:
    for family in families(settings):
        for trigger in family.triggers:
            yield family, trigger


def _gate_of(family: Family, trigger: Trigger) -> str | None:
    """Which gate's words a trigger needs; None when it is tried on every record."""
    if trigger.needs:
        return trigger.needs[0]
    if not trigger.words:
        return None
    if family.exact:
        return "exact" if trigger.patterns else WHOLE
    return "worded"


def _gates(place: Place, settings: RedactionSettings) -> Iterator[str]:
    """Suspects by words. Long numbers (`numbers`) are looked for without."""
    triggers: dict[str | None, list[tuple[Family, Trigger]]] = {}
    for family, trigger in _triggers(settings):
        triggers.setdefault(_gate_of(family, trigger), []).append((family, trigger))
    words = {gate: [word for _, one in some for word in one.words] for gate, some in triggers.items()}
    # Heads of two letters are in so many words that what follows is looked at too.
    tests = [] if not place.attributes else [_trigger(place, *one) for one in triggers["exact"]]
    yield from _gate(place, "low", NAMES, "named")
    yield from _gate(place, "low", [*words["worded"], BROKEN[1]], "worded")
    yield from _gate(place, "text", words["exact"], "exact", tests)
    yield from _gate(place, "text", words[WHOLE], WHOLE)


def _gate(place: Place, searched: str, words: Sequence[str], suspect: str, tests: Sequence[str] = ()) -> Iterator[str]:
    """Suspects where a text has one of the words, and fits one of the tests."""
    gate = place.cached("gate")
    found = all_of(f'{gate} == ""', any_of(list(tests)))
    yield f"set({gate}, {place.cached(searched)})"
    yield f'replace_match({gate}, {quoted(_any_word(words))}, "")'
    yield f"set({place.suspect(suspect)}, true) where {found}"


def _named(test: str) -> bool:
    """Whether a name of a secret is in what this pattern finds."""
    return any(test.startswith(name) for name in NAMES)


def _any_word(words: Sequence[str]) -> str:
    """A glob for texts with one of the words; one that nothing is keeps the collector from taking them together."""
    endings = dict.fromkeys(_from_rarest(word) for word in words)
    escaped = (re.sub(r"([\\*?{}\[\],])", r"\\\1", ending) for ending in endings)
    return f"{{{','.join(f'*{word}*' for word in escaped)},\x00}}"


def _from_rarest(word: str) -> str:
    """The end of a word from its rarest letter on: the search stops at each first letter."""
    starts = [
        at for at in range(len(word)) if len(word[at:]) >= (_LEAST_LETTERS if word[at:].isalpha() else _LEAST_SIGNS)
    ]
    return word[max(starts, key=lambda at: _COMMONEST.find(word[at]) % len(_COMMONEST), default=0) :]


def _id_tests(settings: RedactionSettings) -> list[str]:
    """Ids in text, by name; a value of 64 hexadecimal digits is a hash already."""
    value = r"""[\\"'\]]*[ \t]*[:=][ \t]*\[?[\\"']*(?:[0-9a-f]{1,63}(?:[^0-9a-f]|$)|[^0-9a-f\\"'\[ \t])"""
    names = sorted({name_in_text(name) for name in settings.hashed_attributes}, key=lambda name: (len(name), name))
    # `user.id` is in `enduser.id`.
    least = [name for at, name in enumerate(names) if not any(name.endswith(other) for other in names[:at])]
    heads: dict[str, list[str]] = {}
    for name in least:
        head, _, rest = name.partition("[")
        heads.setdefault(head, []).append(f"[{rest}" if rest else "")
    return [f"{head}(?:{'|'.join(rests)}){value}" for head, rests in heads.items()]


def name_in_text(name: str) -> str:
    """A name in any spelling."""
    return "[._-]?".join(re.escape(word.lower()) for word in re.split(r"[._-]", name) if word)


def hash_key(settings: RedactionSettings) -> str:
    return '""' if settings.unkeyed_hashes else f'"${{env:{HASH_KEY_VARIABLE}}}"'


def _searched(place: Place, settings: RedactionSettings) -> Iterator[str]:
    """Text and attributes as one text. Making JSON of the attributes would take three times as long."""
    text = place.cached("text")
    # A body may be nothing.
    yield f'set({text}, Concat([{place.text}], ""))' if place.text else f'set({text}, "")'
    if place.attributes:
        searched, some = place.cached("open"), f"where Len({place.table}) > 0" if place.text else ""
        # What is hashed is a hash by now.
        treated = [*settings.ignored_attributes, *settings.hashed_attributes]
        if place.context == "span" and PersonalData.CLIENT_ADDRESS in settings.personal_data:
            treated += personal.CLIENT_ATTRIBUTES
        yield f"set({searched}, {place.table}) {some}"
        yield f"delete_matching_keys({searched}, {quoted(safe_names(treated))}) {some}"
        pairs = f"ToKeyValueString({searched}, {quoted(_NAME_END)}, {quoted(_VALUE_END)})"
        yield f'set({text}, Concat([{text}, {pairs}], "\\"")) {some}'
    yield f"set({place.cached('low')}, ToLowerCase({place.cached('text')}))"


def _trigger(place: Place, family: Family, trigger: Trigger) -> str:
    """Patterns begin with fixed letters, so that they need no search for a word before."""
    searched = place.cached("text" if family.exact else "low")
    if not trigger.patterns:
        return any_of(has(searched, *trigger.words))
    return f"({all_of(any_of(fits(searched, *trigger.shapes)), any_of(fits(searched, *trigger.patterns)))})"


def _gated_trigger(place: Place, family: Family, trigger: Trigger) -> str:
    """The trigger where its gate was open; a gate for whole words needs no more."""
    gate = _gate_of(family, trigger)
    opened = place.cached(gate) if gate == "numbers" else place.suspect(gate or "")
    return f"({all_of(f'{opened} == true' if gate else '', '' if gate == WHOLE else _trigger(place, family, trigger))})"


def _hashed(place: Place, settings: RedactionSettings) -> Iterator[str]:
    for name in settings.hashed_attributes:
        value = f"{place.table}[{quoted(name)}]"
        yield f'set({value}, SHA256(Concat([{hash_key(settings)}, {value}], ""))) where {value} != nil'


def _well_known(place: Place, settings: RedactionSettings) -> Iterator[str]:
    """Addresses of clients where the conventions put them in each request's span: no search is needed for them."""
    if place.context != "span" or PersonalData.CLIENT_ADDRESS not in settings.personal_data:
        return
    for name in personal.CLIENT_ATTRIBUTES:
        value = f"{place.table}[{quoted(name)}]"
        for edit in personal.WHOLE_ADDRESSES:
            yield f"replace_pattern({value}, {quoted(edit.pattern)}, {quoted(edit.replacement)}) where {value} != nil"
