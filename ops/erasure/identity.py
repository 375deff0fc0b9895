"""What stands in the place of one person's id, by the keys there are and were. No key is ever printed."""

import sys
from collections.abc import Iterator, Sequence

from ops.backends.errors import LiveError
from ops.backends.kubernetes import Kubernetes
from ops.backends.target import Target
from ops.erasure.searches import Search, keyed_hash, searches
from ops.errors import CommandError
from planning.base import Frozen
from telemetry.collector.redaction import HASH_KEY_ENTRY, HASH_KEY_SECRET

# A person's own ids; others of `redaction.hashed_attributes`, such as session.id, have ids of their own.
PERSON = ("user.id", "enduser.id")
_NOT_THERE = "(NotFound)"


class Wanted(Frozen):
    """Whose data, and in which forms."""

    user: str
    """The id as services send it."""
    attributes: tuple[str, ...] = ()
    """Names that hold it; empty means a person's own."""
    previous_key_secrets: tuple[str, ...] = ()
    """Secrets of the platform's namespace with keys from before a rotation."""
    unkeyed: bool = False
    """Hashes from a time without a key as well."""
    plain: bool = False
    """The id itself as well, where hashing wasn't on."""


def read_user(given: str) -> str:
    """The id; - is a line of standard input, so that it stays out of the shell's history."""
    return sys.stdin.readline().rstrip("\r\n") if given == "-" else given


def attributes(wanted: Wanted, hashed: Sequence[str]) -> tuple[str, ...]:
    """The names to look at, all of which are hashed in this stack."""
    if not wanted.user.strip():
        raise CommandError("--user: got an empty id; accepted: the id as services send it, or - to read it")
    names = wanted.attributes or tuple(name for name in PERSON if name in hashed)
    accepted = ", ".join(hashed) or "none, for redaction.hashed_attributes is empty"
    for name in names:
        if name not in hashed:
            raise CommandError(f"--attribute: got {name!r}, which isn't hashed in this stack; accepted: {accepted}")
    if not names:
        raise CommandError(f"--attribute: none given, and {' and '.join(PERSON)} aren't hashed; accepted: {accepted}")
    return names


def all_searches(target: Target, wanted: Wanted, names: tuple[str, ...]) -> Iterator[Search]:
    """Every query about the `attributes`, those that are only counted too. Raises `CommandError` for a Secret that
    isn't there."""
    redaction, user = target.settings.redaction, wanted.user
    if not redaction.unkeyed_hashes:
        secret = redaction.hash_key_secret or HASH_KEY_SECRET
        yield from searches("hash", keyed_hash(_key(target, secret), user), names, erased=True)
    for secret in wanted.previous_key_secrets:
        value = keyed_hash(_key(target, secret), user)
        yield from searches(f"hash with the key of {secret}", value, names, erased=True)
    if redaction.unkeyed_hashes or wanted.unkeyed:
        yield from searches("hash without a key", keyed_hash("", user), names, erased=True)
    yield from searches("the id itself", user, names, erased=wanted.plain)


def _key(target: Target, secret: str) -> str:
    namespace = target.settings.namespace
    kubernetes: Kubernetes = target.kubernetes()
    try:
        return kubernetes.secret(namespace, secret, HASH_KEY_ENTRY)
    except LiveError as error:
        if _NOT_THERE not in error.detail:
            raise
        raise CommandError(
            f"there is no Secret {secret} in {namespace}, whose {HASH_KEY_ENTRY} keys the hashes; accepted: the one of "
            "redaction.hash_key_secret, or the generated one of a stack that is up"
        ) from None
