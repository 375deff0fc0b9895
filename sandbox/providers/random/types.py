"""Passwords, strings and ids. They live in the engine's state alone, so reading one is giving it back."""

from __future__ import annotations

import base64
import secrets
import string
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import bcrypt

from sandbox.providers.properties import Properties
from sandbox.providers.resource import Created, ProviderError, ResourceType
from sandbox.providers.rules import Refusal

DEFAULT_SPECIAL = "!@#$%&*()-_=+[]{}<>:?"
INVALID = "InvalidParameter"
# The provider's own cost; bcrypt looks at no more bytes than these.
BCRYPT_ROUNDS, BCRYPT_BYTES = 10, 72
# Letters, digits and special characters: (switch, minimum, alphabet).
CLASSES = (
    ("lower", "minLower", string.ascii_lowercase),
    ("upper", "minUpper", string.ascii_uppercase),
    ("numeric", "minNumeric", string.digits),
    ("special", "minSpecial", DEFAULT_SPECIAL),
)
SWITCHES = frozenset(name for name, _, _ in CLASSES)


class Nowhere:
    """The cloud of the random provider: there is none."""


class RandomType(ResourceType[Nowhere]):
    """Every change makes a new value, so every input replaces."""

    def read(self, cloud: Nowhere, resource_id: str, known: Properties) -> Properties:
        if not known:
            raise ProviderError(f"{self.token} can't be imported into the sandbox")
        return {}

    def delete(self, cloud: Nowhere, resource_id: str, state: Properties) -> None:
        return


def _random_text(inputs: Properties) -> str:
    """Text that has the minimum of each class, in random order."""
    chosen: list[str] = []
    alphabet = ""
    for switch, minimum, characters in CLASSES:
        usable = str(inputs.get("overrideSpecial") or characters) if switch == "special" else characters
        if inputs.get(switch, True):
            alphabet += usable
            chosen += [secrets.choice(usable) for _ in range(int(inputs.get(minimum, 0)))]
    chosen += [secrets.choice(alphabet) for _ in range(int(inputs["length"]) - len(chosen))]
    secrets.SystemRandom().shuffle(chosen)
    return "".join(chosen)


def _bcrypt_hash(password: str) -> str:
    return bcrypt.hashpw(password.encode()[:BCRYPT_BYTES], bcrypt.gensalt(BCRYPT_ROUNDS)).decode()


class RandomString(RandomType):
    token = "random:index/randomString:RandomString"
    replace = frozenset(
        {"length", "keepers", "overrideSpecial", "number", *SWITCHES, *(minimum for _, minimum, _ in CLASSES)}
    )
    defaults: ClassVar[Mapping[str, Any]] = {
        **dict.fromkeys(SWITCHES, True),
        **{minimum: 0 for _, minimum, _ in CLASSES},
    }

    def check(self, inputs: Properties) -> Iterable[Refusal]:
        length = inputs.get("length")
        least = sum(inputs.get(minimum, 0) for _, minimum, _ in CLASSES if isinstance(inputs.get(minimum, 0), int))
        if isinstance(length, int) and length < max(1, least):
            message = f"length must be at least 1 and at least the sum of the minimums ({least}), not {length}."
            return [Refusal("length", INVALID, message)]
        if all(inputs.get(switch, True) is False for switch in SWITCHES):
            return [Refusal("lower", INVALID, "at least one class of characters must be allowed.")]
        return []

    def create(self, cloud: Nowhere, inputs: Properties) -> str | Created:
        return _random_text(inputs)

    def read(self, cloud: Nowhere, resource_id: str, known: Properties) -> Properties:
        return {"result": resource_id, **super().read(cloud, resource_id, known)}


class RandomPassword(RandomString):
    """Its id must not give the password away, so it is a fixed word; the value is in the engine's state as a secret."""

    token = "random:index/randomPassword:RandomPassword"
    secret_outputs = frozenset({"result", "bcryptHash"})

    def create(self, cloud: Nowhere, inputs: Properties) -> str | Created:
        password = _random_text(inputs)
        return Created("none", {"result": password, "bcryptHash": _bcrypt_hash(password)})

    def read(self, cloud: Nowhere, resource_id: str, known: Properties) -> Properties:
        return RandomType.read(self, cloud, resource_id, known)


class RandomId(RandomType):
    token = "random:index/randomId:RandomId"
    replace = frozenset({"byteLength", "keepers", "prefix"})

    def check(self, inputs: Properties) -> Iterable[Refusal]:
        length = inputs.get("byteLength")
        if isinstance(length, int) and length < 1:
            return [Refusal("byteLength", INVALID, f"byteLength must be at least 1, not {length}.")]
        return []

    def create(self, cloud: Nowhere, inputs: Properties) -> str:
        return base64.urlsafe_b64encode(secrets.token_bytes(int(inputs["byteLength"]))).decode().rstrip("=")

    def read(self, cloud: Nowhere, resource_id: str, known: Properties) -> Properties:
        super().read(cloud, resource_id, known)
        raw = base64.urlsafe_b64decode(resource_id + "=" * (-len(resource_id) % 4))
        prefix = str(known.get("prefix", ""))
        return {
            "b64Url": prefix + resource_id,
            "b64Std": prefix + base64.b64encode(raw).decode(),
            "hex": prefix + raw.hex(),
            "dec": prefix + str(int.from_bytes(raw, "big")),
        }
