"""Reports as GitHub Markdown."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from ops.report.model import (
    Block,
    Bullets,
    Chart,
    Document,
    Drawable,
    Fold,
    Listing,
    Row,
    RowStyle,
    Section,
    Span,
    Style,
    Table,
    Text,
    Tone,
    Words,
    drawable,
    strong,
    table,
)

ALERTS = {Tone.WARNING: "WARNING", Tone.BAD: "CAUTION"}


class Escapes(NamedTuple):
    """How text is kept from being read as markup."""

    prose: Callable[[str], str]
    """Running text."""
    code: Callable[[str], str]
    """A name in a monospaced face, with what makes it so."""


def _readable(text: str) -> str:
    """For a file that people also read as it is."""
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


def _ticked(text: str) -> str:
    return f"`{text}`"


READABLE = Escapes(prose=_readable, code=_ticked)


def render(document: Document, *, level: int = 1, escapes: Escapes = READABLE) -> str:
    """The whole text; `level` is that of the title's heading."""
    made = _Markdown(escapes)
    parts = [f"{'#' * level} {document.title}"] if document.title else []
    parts += made.blocks(document.lead)
    for section in document.sections:
        parts += made.section(section, level + 1)
    parts += [f"<sub>{text}</sub>" for text in made.blocks(document.footer)]
    return "\n\n".join(parts) + "\n"


def markdown_table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are Markdown already, without a line break at its end."""
    cells = (
        tuple(Span(text=cell.replace("|", "\\|").replace("\n", " "), style=Style.MARKDOWN) for cell in row)
        for row in rows
    )
    return _Markdown(READABLE).table(table(titles, cells))


class _Markdown:
    def __init__(self, escapes: Escapes) -> None:
        self._escapes = escapes

    def section(self, section: Section, level: int) -> list[str]:
        heading = [f"{'#' * level} {section.heading}"] if section.heading else []
        return [*heading, *self.blocks(section.blocks)]

    def blocks(self, blocks: tuple[Block, ...]) -> list[str]:
        return [text for block in drawable(blocks) for text in self._block(block)]

    def _block(self, block: Drawable) -> Iterator[str]:
        match block:
            case Text():
                text = self._inline(block.words)
                yield f"> [!{ALERTS[block.tone]}]\n> {text}" if block.tone in ALERTS else text
            case Bullets():
                yield from self._bullets(block)
            case Listing():
                if block.title:
                    yield self._inline(block.title)
                yield f"```\n{block.text}\n```"
            case Table():
                yield self.table(block)
            case Chart():
                return
            case Fold():
                opened = " open" if block.unfolded else ""
                # The blank lines make GitHub read what is inside as Markdown; the summary it reads as HTML.
                title = self._inline(block.title, summary=True)
                inner = "\n\n".join(self.blocks(block.blocks))
                yield f"<details{opened}><summary>{title}</summary>\n\n{inner}\n\n</details>"

    def _bullets(self, block: Bullets) -> Iterator[str]:
        items = [self._inline(item) for item in block.items]
        if block.tone in ALERTS:
            lines = ([self._inline(block.title)] if block.title else []) + items
            yield "\n".join([f"> [!{ALERTS[block.tone]}]", *(f"> {line}  " for line in lines)])
            return
        if block.title:
            yield self._inline(block.title)
        yield "\n".join(f"{f'{place}.' if block.numbered else '-'} {item}" for place, item in enumerate(items, 1))

    def table(self, shown: Table) -> str:
        rule = ("---:" if column.number else "---" for column in shown.columns)
        titles = (self._inline(column.title) for column in shown.columns)
        return "\n".join([_line(titles), _line(rule), *(_line(self._cells(row)) for row in shown.rows)])

    def _cells(self, row: Row) -> Iterator[str]:
        first, *rest = row.cells
        marked = row.style is not RowStyle.PLAIN and isinstance(first, str) and first
        yield self._inline(strong(first) if marked and isinstance(first, str) else first)
        yield from map(self._inline, rest)

    def _inline(self, words: Words, *, summary: bool = False) -> str:
        parts = words if isinstance(words, tuple) else (words,)
        return "".join(self._span(part if isinstance(part, Span) else Span(text=part), summary) for part in parts)

    def _span(self, span: Span, summary: bool) -> str:
        match span.style:
            case Style.CODE:
                return self._escapes.code(span.text)
            case Style.STRONG:
                text = self._escapes.prose(span.text)
                return f"<b>{text}</b>" if summary else f"**{text}**"
            case Style.BREAK:
                return "<br>"
            case Style.MARKDOWN:
                return span.text
            case Style.PLAIN:
                return self._escapes.prose(span.text)


def _line(cells: Iterator[str]) -> str:
    return f"| {' | '.join(cells)} |"
