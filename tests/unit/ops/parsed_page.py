"""An HTML page as its elements: a strict reading that fails on what isn't closed."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta"}


@dataclass
class Element:
    """One element of the page."""

    name: str
    attributes: dict[str, str]
    children: "list[Element]" = field(default_factory=lambda: list[Element]())
    own_text: str = ""

    def walk(self) -> "Iterator[Element]":
        """The element and everything in it."""
        yield self
        for child in self.children:
            yield from child.walk()

    def all(self, name: str) -> "list[Element]":
        """Every element of a name."""
        return [element for element in self.walk() if element.name == name]

    def by_id(self, identity: str) -> "Element":
        """The one element of an id."""
        (found,) = [element for element in self.walk() if element.attributes.get("id") == identity]
        return found

    @property
    def words(self) -> str:
        """Its text and that of everything in it."""
        return " ".join(element.own_text for element in self.walk() if element.own_text.strip())

    @property
    def rows(self) -> list[list[str]]:
        """The table rows in it."""
        return [[cell.words for cell in row.children] for row in self.all("tr")]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = Element("document", {})
        self.path = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.path[-1].children.append(element)
        if tag not in VOID:
            self.path.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self.path[-1].name == tag, f"</{tag}> closes <{self.path[-1].name}>"
        self.path.pop()

    def handle_data(self, data: str) -> None:
        self.path[-1].own_text += data


def parsed(text: str) -> Element:
    """The page. Fails where tags don't match."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    assert reader.path == [reader.root], f"<{reader.path[-1].name}> is never closed"
    return reader.root
