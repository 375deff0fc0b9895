"""The first step of redaction: what may be in a record, told by as little work as can be.

Everything of a record becomes one text. In it fixed strings are looked for, fastest where their first letter is
a rare one, and then patterns that begin with fixed letters, which the collector finds as it finds strings. Most records
end here. What may be there is marked, by families, in an attribute that the next steps read and take away.

Sources: README files of the transform processor and of the OTTL functions in OpenTelemetry Collector contrib 0.149;
Go's `strings.Index` and `regexp` (prefixes, backtracking), which these are made of.
"""

import re
from collections.abc import Iterator, Sequence

from settings.models.redaction import PersonalData, RedactionSettings
from telemetry.collector import personal_data as personal
from telemetry.collector.place import HASH_KEY_VARIABLE, MARKS, Place, all_of, any_of, fits, has, quoted
from telemetry.collector.secret_names import NAMES
from telemetry.collector.secret_patterns import BY_FORM, BY_NAME, FIELDS, Family, Trigger

# Shorter parts of a name or a word would be in any text.
_LEAST_LETTERS, _LEAST_SIGNS = 3, 5
# Letters of logs and attributes, the rarest last. What isn't here is rarer still.
_COMMONEST = " etaonsri.lcdmpu-:h/0123456789gfbv_ywkxjqz"
# A name of an attribute with this part.
_ATTRIBUTE = r'{}[\w.:/@-]*\\*"'
# Bytes that are no UTF-8, as they become in lower case and in JSON.
BROKEN = ("\ufffd", r"\ufffd")
# Between an attribute's name and its value, and between two attributes, as nearly in JSON.
_NAME_END, _VALUE_END = '":"', '"\n"'


def families(settings: RedactionSettings) -> tuple[Family, ...]:
    """What is looked for, in order: what a name gives away is masked before its value could match anything else."""
    denied = tuple(_denied(part) for part in fixed_parts(settings.denied_attributes))
    fields = FIELDS._replace(triggers=(*FIELDS.triggers, *denied))
    named = (fields if one is FIELDS else one for one in BY_NAME)
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
    """Marks the few records in which something may be; attributes that have treatment of their own have it here."""
    yield from _hashed(place, settings)
    yield from _well_known(place, settings)
    yield from _set_aside(place, settings.ignored_attributes)
    yield from _searched(place)
    yield from _set_back(place, settings.ignored_attributes)
    found = families(settings)
    gates = ("lower", [*NAMES, *_gated(found, exact=False)]), ("text", _gated(found, exact=True))
    for searched, words in gates:
        yield from _gate(place, searched, words, place.mark("any"))
    early = [
        _trigger(place, family, one, gated=False) for family in found for one in family.triggers
        if (one.early or not one.words) and not one.needs
    ]  # fmt: skip
    lower = place.cached("lower")
    # A glob can't hold this sign.
    early += has(lower, BROKEN[0])
    early += fits(lower, *personal.NUMBERS)
    early += fits(lower, *_id_tests(settings))
    yield f"set({place.mark('any')}, true) where {any_of([f'{place.marks} == nil'])} and {any_of(early)}"


def finding(place: Place, settings: RedactionSettings) -> Iterator[str]:
    """Sets the marks of what could be in a record that is suspected."""
    treated = (*settings.ignored_attributes, *settings.hashed_attributes)
    yield from _set_aside(place, treated)
    yield from _searched(place)
    yield from _set_back(place, treated)
    lower, named, numbers = place.cached("lower"), place.cached("named"), place.cached("numbers")
    found = families(settings)
    yield from _gate(place, "lower", NAMES, named)
    yield from _gate(place, "lower", _gated(found, exact=False), place.cached("worded"))
    yield from _gate(place, "text", _gated(found, exact=True), place.cached("exact"))
    yield f"set({numbers}, true) where {any_of(fits(lower, *personal.NUMBERS))}"
    for family in found:
        triggers = any_of([_trigger(place, family, one) for one in family.triggers])
        yield f"set({place.mark(family.name)}, true) where {triggers}"
    cards = all_of(
        f"{numbers} == true", any_of(fits(lower, *personal.CARD_DIGITS)), any_of(fits(lower, *personal.CARD_SHAPES))
    )
    yield f"set({place.mark('cards')}, true) where {cards}"
    if settings.hashed_attributes:
        yield f"set({place.mark('ids')}, true) where {any_of(fits(lower, *_id_tests(settings)))}"
    yield f"set({place.mark('broken')}, true) where {any_of(has(lower, *BROKEN))}"
    if place.attributes:
        yield f"delete_key({place.table}, {quoted(MARKS)}) where Len({place.marks}) == 1"
        # A list, a table, or a number as long as a card's.
        nested = [*has(place.cached("text"), f"{_NAME_END}{{", f"{_NAME_END}["), place.is_marked("cards")]
        yield f"set({place.mark('nested')}, true) where {place.is_marked()} and {any_of(nested)}"


def _gated(found: Sequence[Family], *, exact: bool) -> list[str]:
    """The words that families are looked for by, in lower case or as they are."""
    broken = [] if exact else [BROKEN[1]]
    families = (family for family in found if family.exact is exact)
    return broken + [
        word for one in families for trigger in one.triggers if not trigger.early for word in trigger.words
    ]


def _gate(place: Place, searched: str, words: Sequence[str], found: str) -> Iterator[str]:
    """Sets `found` where a text has one of the words."""
    gate = place.cached("gate")
    yield f"set({gate}, {place.cached(searched)})"
    yield f'replace_match({gate}, {quoted(_any_word(words))}, "")'
    yield f'set({found}, true) where {gate} == ""'


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
    return [name + value for name in least]


def name_in_text(name: str) -> str:
    """A name in any spelling."""
    return "[._-]?".join(re.escape(word.lower()) for word in re.split(r"[._-]", name) if word)


def hash_key(settings: RedactionSettings) -> str:
    return '""' if settings.unkeyed_hashes else f'"${{env:{HASH_KEY_VARIABLE}}}"'


def _searched(place: Place) -> Iterator[str]:
    """Text and attributes as one text. Making JSON of the attributes would take three times as long."""
    whole = place.text or '""'
    if place.attributes:
        pairs = f"ToKeyValueString({place.table}, {quoted(_NAME_END)}, {quoted(_VALUE_END)})"
        whole = f'Concat([{whole}, {pairs}], "\\"")'
    yield f"set({place.cached('text')}, {whole})"
    yield f"set({place.cached('lower')}, ToLowerCase({place.cached('text')}))"


def _trigger(place: Place, family: Family, trigger: Trigger, *, gated: bool = True) -> str:
    searched = place.cached("text" if family.exact else "lower")
    gates = ["exact" if family.exact else "worded"] if trigger.words and not trigger.early and gated else []
    needs = [f"{place.cached(need)} == true" for need in (*trigger.needs, *gates)]
    found = all_of(
        *needs, any_of(has(searched, *trigger.words)), any_of(fits(searched, *trigger.shapes)),
        any_of(fits(searched, *trigger.patterns)),
    )  # fmt: skip
    return f"({found})"


def _hashed(place: Place, settings: RedactionSettings) -> Iterator[str]:
    for name in settings.hashed_attributes:
        value = f"{place.table}[{quoted(name)}]"
        yield f'set({value}, SHA256(Concat([{hash_key(settings)}, {value}], ""))) where {value} != nil'


def _set_aside(place: Place, names: Sequence[str]) -> Iterator[str]:
    for name in names if place.attributes else ():
        yield f"set({place.cached(name)}, {place.table}[{quoted(name)}])"
        yield f"delete_key({place.table}, {quoted(name)})"


def _set_back(place: Place, names: Sequence[str]) -> Iterator[str]:
    for name in names if place.attributes else ():
        yield f"set({place.table}[{quoted(name)}], {place.cached(name)})"


def _well_known(place: Place, settings: RedactionSettings) -> Iterator[str]:
    """Addresses of clients where the conventions put them in each request's span: no search is needed for them."""
    if place.context != "span" or PersonalData.CLIENT_ADDRESS not in settings.personal_data:
        return
    for name in personal.CLIENT_ATTRIBUTES:
        value = f"{place.table}[{quoted(name)}]"
        for edit in personal.WHOLE_ADDRESSES:
            yield f"replace_pattern({value}, {quoted(edit.pattern)}, {quoted(edit.replacement)}) where {value} != nil"
