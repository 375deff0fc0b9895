"""Where redaction looks, and words of the transformation language that its statements share."""

from typing import NamedTuple

# Set in the gateway's pods from the Secret with the key of the hashes.
HASH_KEY_VARIABLE = "LGTM_REDACTION_HASH_KEY"
# Attributes that a record has only while it is searched: why it is suspected, marks of what may be in it, what is
# spared, and texts. Short, since their names stand in every statement.
SUSPECTS, MARKS, _KEPT, _HELD = "lgtm.r.s", "lgtm.r.m", "lgtm.r.k", "lgtm.r.h."
HELD_KEYS = r"^lgtm\.r\."


def quoted(text: str) -> str:
    """A string in a statement of the transformation language."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{literal(escaped)}"'


def literal(text: str) -> str:
    """A configuration value: the collector expands `$`, so that a literal one is written twice."""
    return text.replace("$", "$$")


class Place(NamedTuple):
    """What of a context is searched: its attributes, a text of its own, or both."""

    context: str
    text: str | None = None
    """A name, a message or a body."""
    attributes: bool = True

    @property
    def table(self) -> str:
        return f"{self.context}.attributes"

    def cached(self, name: str) -> str:
        """A value that lasts for one group of statements on one record."""
        return f"{self.context}.cache[{quoted(name)}]"

    def held(self, name: str) -> str:
        """A text that stands among the attributes meanwhile, so that every step searches it too."""
        return f"{self.table}[{quoted(_HELD + name)}]"

    def kept(self, name: str) -> str:
        """A value that isn't searched meanwhile."""
        return f"{self.table}[{quoted(_KEPT)}][{quoted(name)}]"

    @property
    def suspects(self) -> str:
        """Lasts from group to group, as marks do; without attributes there is one group only."""
        return f"{self.table}[{quoted(SUSPECTS)}]"

    def suspect(self, name: str) -> str:
        return f"{self.suspects}[{quoted(name)}]" if self.attributes else self.cached(name)

    @property
    def marks(self) -> str:
        return f"{self.table}[{quoted(MARKS)}]"

    def mark(self, name: str) -> str:
        return f"{self.marks}[{quoted(name)}]" if self.attributes else self.cached(name)

    def is_marked(self, name: str | None = None) -> str:
        """With anything, or with one kind of what may be found."""
        return f"{self.mark(name)} == true" if name else f"{self.marks} != nil"

    def noting(self) -> list[str]:
        """The start of a group that asks for marks in the cache, which is shorter and faster."""
        return [f"set({self.context}.cache, {self.marks})"] if self.attributes else []

    def noted(self, name: str) -> str:
        return f"{self.cached(name)} == true"


def has(text: str, *words: str) -> list[str]:
    return [f"Index({text}, {quoted(word)}) >= 0" for word in words]


def fits(text: str, *patterns: str) -> list[str]:
    return [f"IsMatch({text}, {quoted(pattern)})" for pattern in patterns]


def any_of(conditions: list[str]) -> str:
    """One condition in parentheses, or none."""
    return f"({' or '.join(conditions)})" if len(conditions) > 1 else "".join(conditions)


def all_of(*conditions: str) -> str:
    return " and ".join(one for one in conditions if one)
