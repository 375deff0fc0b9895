"""`annotate`: a mark on the dashboards, such as a deployment."""

from collections.abc import Sequence
from datetime import UTC, datetime

from ops.backends.target import Target
from ops.errors import CommandError
from ops.report.model import Document, Text, document
from ops.report.output import Answer
from planning.base import Frozen
from telemetry.grafana.annotations import ANNOTATION_TAG


class Mark(Frozen):
    """An annotation that was set."""

    stack: str
    id: int
    """Grafana's."""
    at: datetime
    text: str
    tags: tuple[str, ...]

    def document(self) -> Document:
        """For people."""
        said = f"marked {self.at:%Y-%m-%d %H:%M:%S} UTC on the dashboards of {self.stack}: {self.text}"
        return document("", Text(words=said), Text(words=f"annotation {self.id}, tags {', '.join(self.tags)}"))


def annotate(target: Target, text: str, service: str | None, tags: Sequence[str]) -> Answer:
    """Sets it at this moment. Raises `CommandError` for an empty text or tag."""
    for option, value in (("--text", text), ("--service", service or "-"), *(("--tag", one) for one in tags)):
        if not value.strip():
            raise CommandError(f"{option}: got {value!r}; accepted: some words")
    of_service = [f"service:{service}"] if service else []
    all_tags = tuple(dict.fromkeys([ANNOTATION_TAG, *tags, *of_service]))
    now = datetime.now(UTC)
    found = Mark(
        stack=target.stack, id=target.grafana().annotate(text, all_tags, now), at=now, text=text, tags=all_tags
    )
    return Answer(found, found.document)
