"""A report as data: sections of paragraphs, lists, tables and charts. Renderers decide how they look; nobody reads
rendered text back."""

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum

from ops.report.charts import AreaChart, BarChart, PointChart
from ops.report.checks import HEALTHY, Report, State
from planning.base import Frozen


class Tone(StrEnum):
    """How a reader should take it."""

    PLAIN = "plain"
    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"


class Style(StrEnum):
    """What a piece of text is."""

    PLAIN = "plain"
    STRONG = "strong"
    CODE = "code"
    """A name, a key, a command."""
    BREAK = "break"
    """A new line inside a cell; its text isn't shown."""
    MARKDOWN = "markdown"
    """Markdown already, by the project's own hand: only the Markdown renderer gets it, and leaves it as it is."""


class Span(Frozen):
    """Text in one style."""

    text: str
    style: Style = Style.PLAIN
    tone: Tone = Tone.PLAIN


Words = str | Span | tuple[str | Span, ...]
"""Running text, or a cell. It is plain text: what a renderer's format would take for markup, the renderer escapes."""


class Text(Frozen):
    """A paragraph."""

    words: Words
    tone: Tone = Tone.PLAIN


class Bullets(Frozen):
    """A list."""

    items: tuple[Words, ...]
    title: Words = ""
    numbered: bool = False
    tone: Tone = Tone.PLAIN


class Listing(Frozen):
    """Lines to copy, such as a piece of YAML; every renderer leaves them as they are."""

    text: str
    title: str = ""
    file: bool = False
    """A whole file, which its title names: on a terminal the title stands between rules."""


class Column(Frozen):
    """A table's column."""

    title: str = ""
    number: bool = False
    """Numbers stand at the right."""


class RowStyle(StrEnum):
    """What a row is among the others."""

    PLAIN = "plain"
    GROUP = "group"
    """Begins a group, with its sum."""
    TOTAL = "total"
    MARKED = "marked"
    """The one that the table is about."""


class Row(Frozen):
    """A table's row."""

    cells: tuple[Words, ...]
    style: RowStyle = RowStyle.PLAIN


class Table(Frozen):
    """Columns and rows."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


class Chart(Frozen):
    """A drawing; only HTML shows it, so a table beside it has its numbers."""

    drawing: BarChart | AreaChart | PointChart


class Fold(Frozen):
    """Blocks that unfold where the format can fold."""

    title: Words
    blocks: tuple["Block", ...]
    unfolded: bool = False
    printed: bool = False
    """On paper too, where folds are left out."""


Drawable = Text | Bullets | Listing | Table | Chart | Fold


Block = Drawable | Report


class Section(Frozen):
    """One part of a report."""

    blocks: tuple[Block, ...]
    heading: str = ""
    anchor: str = ""
    """Unique in the document, where something refers to the section."""


class Document(Frozen):
    """A report."""

    sections: tuple[Section, ...]
    title: str = ""
    lead: tuple[Block, ...] = ()
    """What comes first: the verdict, mostly."""
    footer: tuple[Block, ...] = ()
    """What it rests on."""


def table(
    titles: Sequence[str],
    rows: Iterable[Sequence[Words] | Row],
    *,
    numbers: Iterable[int] = (),
) -> Table:
    """A table; `numbers` are the places of columns that hold numbers, rows without a style are plain."""
    right = frozenset(numbers)
    return Table(
        columns=tuple(Column(title=title, number=place in right) for place, title in enumerate(titles)),
        rows=tuple(row if isinstance(row, Row) else Row(cells=tuple(row)) for row in rows),
    )


def strong(text: str, tone: Tone = Tone.PLAIN) -> Span:
    """Text that stands out."""
    return Span(text=text, style=Style.STRONG, tone=tone)


def code(text: str) -> Span:
    """A name, a key, a command."""
    return Span(text=text, style=Style.CODE)


LINE_BREAK = Span(text=" ", style=Style.BREAK)


def toned(text: str, tone: Tone) -> Span:
    """Text in a tone."""
    return Span(text=text, tone=tone)


def document(title: str, *blocks: Block | Section) -> Document:
    """A report without headings: each block a section of its own."""
    return Document(
        title=title, sections=tuple(one if isinstance(one, Section) else Section(blocks=(one,)) for one in blocks)
    )


TONES = {
    State.OK: Tone.GOOD,
    State.FINDING: Tone.BAD,
    State.UNREACHABLE: Tone.BAD,
    State.WARNING: Tone.WARNING,
    State.UNKNOWN: Tone.WARNING,
}


def drawable(blocks: Iterable[Block]) -> Iterator[Drawable]:
    """The blocks with checks as table, advice and verdict: they read alike in every format."""
    for block in blocks:
        if not isinstance(block, Report):
            yield block
            continue
        if block.checks:
            rows = [(one.name, toned(one.state.value, TONES[one.state]), one.detail) for one in block.checks]
            yield table(("check", "state", "what was seen"), rows)
        if advice := dict.fromkeys(f"{one.name}: {one.advice}" for one in block.checks if one.advice):
            yield Bullets(title="what to do:", items=tuple(advice))
        yield Text(words=block.verdict, tone=Tone.GOOD if block.exit_code == HEALTHY else Tone.BAD)
