"""How a person's lines are found: what stands in the place of an id, and the LogQL for it.

The gateway replaces an id by SHA-256 over key and id, in attributes and in bodies (`telemetry.collector.finding`).
"""

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from enum import StrEnum

from planning.base import Frozen
from telemetry.collector.finding import name_in_text

# Every stream has it: Loki names the service of a stream without one "unknown_service".
EVERY_STREAM = '{service_name=~".+"}'
# Around an id in a body, as the gateway reads it there: logfmt, JSON, JSON in JSON, header dumps.
_BEFORE = r"""(^|[^A-Za-z0-9])(?i:{name})[\\"'\]]*[ \t]*[:=][ \t]*\[?[\\"']*"""
_AFTER = r"""($|[\s"'\\,;&{}()\[\]])"""
# Of ids that begin or end otherwise, a body's reader takes a part only, so that its hash is another.
WHOLE_IN_BODIES = re.compile(r"""[\w+.@][^\s"'\\,;&{}()\[\]]{0,255}""")


class Place(StrEnum):
    """Where in a line."""

    BODY = "body"
    ATTRIBUTE = "attribute"
    """Structured metadata."""


class Search(Frozen):
    """One LogQL query that finds lines of the person, and can be a deletion request."""

    what: str
    """What stands there: a hash by its key, or the id itself."""
    place: Place
    query: str
    counted: str
    """The same without lines that another search of the person counts."""
    labels: tuple[str, ...]
    """Matchers of the value, one for each name."""
    erased: bool
    """Whether it becomes a request; otherwise it is only counted."""


def keyed_hash(key: str, user: str) -> str:
    """What the gateway makes of an id."""
    return hashlib.sha256(f"{key}{user}".encode()).hexdigest()


def searches(what: str, value: str, attributes: Sequence[str], *, erased: bool) -> Iterator[Search]:
    """The two places of one value."""
    text, names = quoted(value), "|".join(name_in_text(name) for name in attributes)
    pattern = quoted(_BEFORE.replace("{name}", names) + re.escape(value) + _AFTER)
    equal = tuple(f"{_label(name)}={text}" for name in attributes)
    query = f"{EVERY_STREAM} |= {text} |~ {pattern}"
    counted = f"{query} | {' and '.join(one.replace('=', '!=', 1) for one in equal)}"
    yield Search(what=what, place=Place.BODY, query=query, counted=counted, labels=equal, erased=erased)
    query = f"{EVERY_STREAM} | {' or '.join(equal)}"
    yield Search(what=what, place=Place.ATTRIBUTE, query=query, counted=query, labels=equal, erased=erased)


def quoted(text: str) -> str:
    """A string in LogQL, which has Go's; JSON's escapes are among them."""
    return json.dumps(text, ensure_ascii=False)


def _label(name: str) -> str:
    """As Loki writes an attribute's name in structured metadata."""
    return re.sub(r"[^A-Za-z0-9_]", "_", name)
