"""The corpora of redaction: cores from files, made whole with random characters, in the places where they can stand.

A core is a text whose secret stands between « and »; a pair is a field's name and its secret value. `{kind:length}`
stands for random characters, {kind:least-most} for as many as chance will have, the same in every run: so no file
holds anything that looks like a leaked credential. Kinds: a letters and digits, w those with _ and -, b base64, h and H
hexadecimal, d digits, l lower-case letters, u upper-case letters and digits, k and q the alphabets of AWS and age;
{uuid}, {o} an octet, {ssn}, {luhn:prefix:length}, {card4:prefix} a card of 16 in groups of four, {iban:country:form}
one whose check digits are right.
"""

from __future__ import annotations

import json
import random
import re
import string
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

DATA = Path(__file__).parents[1] / "data" / "redaction"
SEED = 20261128
_LETTERS = string.ascii_letters + string.digits
ALPHABETS = {
    "a": _LETTERS,
    "w": _LETTERS + "_-",
    "b": _LETTERS + "+/",
    "h": "0123456789abcdef",
    "H": "0123456789ABCDEF",
    "d": string.digits,
    "l": string.ascii_lowercase,
    "u": string.ascii_uppercase + string.digits,
    "k": string.ascii_uppercase + "234567",
    "q": "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L",
}
SECRET = re.compile("«(.*?)»", re.DOTALL)


class Case(NamedTuple):
    """One text in one carrier."""

    kind: str
    """The class it is counted in."""
    carrier: str
    sent: Any
    """A text, or what a structured attribute or body holds."""
    secrets: tuple[str, ...]
    """What must not come out; empty for what must not be changed."""

    def kept(self, received: str) -> bool:
        """Whether a secret is in what came out, as it is or escaped as in JSON."""
        return any(secret in received or json.dumps(secret)[1:-1] in received for secret in self.secrets)


def cases(name: str) -> list[Case]:
    """All of one corpus: `corpus`, `held_out` or `varied`, each core in every carrier that fits it."""
    document = yaml.safe_load((DATA / f"{name}.yaml").read_text(encoding="utf-8"))
    chance = random.Random(SEED)  # noqa: S311 (cases, not secrets)
    made: list[Case] = []
    repeats = document.get("repeats", 1)
    for kind, texts in {**document["credentials"], **document["personal"]}.items():
        for text in texts * repeats:
            whole = _filled(text, chance)
            secrets = tuple(SECRET.findall(whole))
            made += _in_carriers(kind, whole.replace("«", "").replace("»", ""), secrets, TEXT_CARRIERS)
    for key, value in document["pairs"] * repeats:
        secret = _filled(value, chance)
        made += _in_carriers("fields by name", (key, secret), (secret,), PAIR_CARRIERS)
    for text in document["harmless"] * repeats:
        made += _in_carriers("harmless", _filled(text, chance), (), TEXT_CARRIERS)
    return made


def _filled(text: str, chance: random.Random) -> str:
    return re.sub(r"\{([a-zA-Z]\w*)(?::([A-Z0-9-]+))?(?::(\w+))?\}", lambda found: _made(found, chance), text)


def _made(found: re.Match[str], chance: random.Random) -> str:
    kind, first, second = found.groups()
    if kind in ALPHABETS and first:
        least, _, most = first.partition("-")
        length = chance.randint(int(least), int(most)) if most else int(least)
        return "".join(chance.choice(ALPHABETS[kind]) for _ in range(length))
    match kind:
        case "uuid":
            return str(uuid.UUID(int=chance.getrandbits(128), version=4))
        case "o":
            return str(chance.randint(11, 254))
        case "ssn":
            return f"{chance.randint(101, 665)}-{chance.randint(11, 99)}-{chance.randint(1001, 9999)}"
        case "luhn":
            return _luhn(first, int(second), chance)
        case "card4":
            digits = _luhn(first, 16, chance)
            return " ".join(digits[at : at + 4] for at in range(0, 16, 4))
        case "iban":
            return _iban(first, second, chance)
        case _:
            return found[0]


def _luhn(prefix: str, length: int, chance: random.Random) -> str:
    body = prefix + "".join(chance.choice(string.digits) for _ in range(length - len(prefix) - 1))
    doubled = [int(digit) * 2 if place % 2 == 0 else int(digit) for place, digit in enumerate(reversed(body))]
    return body + str(-sum(value - 9 if value > 9 else value for value in doubled) % 10)


def _iban(country: str, form: str, chance: random.Random) -> str:
    """`form`: d and u for each character behind the check digits, as d18 or u4d14."""
    body = "".join(
        chance.choice(ALPHABETS[kind] if kind != "u" else string.ascii_uppercase)
        for kind, count in re.findall(r"([du])(\d+)", form)
        for _ in range(int(count))
    )
    number = int("".join(str(int(letter, 36)) for letter in f"{body}{country}00"))
    return f"{country}{98 - number % 97:02d}{body}"


def _line(text: str) -> str:
    return f"2026-11-28 10:00:00,123 INFO [shop] request handled: {text} in 12 ms"


def _json_line(text: str) -> str:
    return json.dumps({"level": "info", "msg": f"handled {text}", "status": 200})


def _stack_trace(text: str) -> str:
    return f'Traceback (most recent call last):\n  File "/app/main.py", line 12, in run\nValueError: {text}\n'


TEXT_CARRIERS: dict[str, Callable[[Any], Any]] = {
    "span attribute": lambda text: text,
    "status message": lambda text: text,
    "event: stack trace": _stack_trace,
    "nested attribute": lambda text: {"request": {"notes": [text, 3], "ok": True}},
    "log body: text": _line,
    "log body: JSON": _json_line,
    "log body: JSON in JSON": lambda text: json.dumps({"level": "info", "msg": _json_line(text)}),
    "log body: structured": lambda text: {"level": "info", "msg": text},
}
PAIR_CARRIERS: dict[str, Callable[[Any], Any]] = {
    "span attribute": lambda pair: {pair[0]: pair[1]},
    "nested attribute": lambda pair: {"request": {"body": {pair[0]: pair[1], "n": 1}}},
    "event: stack trace": lambda pair: _stack_trace(f"{{'{pair[0]}': '{pair[1]}', 'n': 1}}"),
    "log body: JSON": lambda pair: json.dumps({"level": "info", "ctx": {pair[0]: pair[1]}, "n": 1}),
    "log body: JSON in JSON": lambda pair: json.dumps({"msg": json.dumps({pair[0]: pair[1]})}),
    "log body: structured": lambda pair: {"level": "info", "ctx": {pair[0]: [pair[1]]}},
    "log body: logfmt": lambda pair: f'level=info msg="request done" {pair[0]}={pair[1]} status=200',
    "log body: header dump": lambda pair: f"headers map[Accept:[*/*] {pair[0]}:[{pair[1]}] Host:[shop]]",
    "log body: URL": lambda pair: f"GET https://shop.example.com/v1/x?page=2&{pair[0]}={pair[1]}&sort=id 200",
    "log body: XML": lambda pair: f"<r><{pair[0]}>{pair[1]}</{pair[0]}><n>1</n></r>",
}


def _in_carriers(
    kind: str, core: Any, secrets: tuple[str, ...], carriers: dict[str, Callable[[Any], Any]]
) -> Iterator[Case]:
    for name, carry in carriers.items():
        yield Case(kind, name, carry(core), secrets)
