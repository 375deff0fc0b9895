"""`images`: every container image that a stack runs, for mirrors, scanners and whoever pins by digest."""

from pathlib import Path

from ops.report.model import Text, document, table
from ops.report.output import Answer
from ops.stacks import settings_of
from planning.base import Frozen
from telemetry.charts.images import digest_of, images_of


class ImageRow(Frozen):
    """One image."""

    key: str
    """Key under charts.image_digests."""
    image: str
    """Registry, name and tag, and the digest if the stack names one: what to pull."""
    digest: str | None
    """The digest that the stack names."""
    chart: str
    """Chart that starts it."""


class Images(Frozen):
    """The images of a stack."""

    stack: str
    """Stack."""
    images: tuple[ImageRow, ...]
    """In the order of the charts."""


def images(stack: str, project: Path | None = None) -> Answer:
    """Raises what `settings_of` raises."""
    settings = settings_of(stack, project)
    rows = tuple(
        ImageRow(
            key=image.key,
            image=f"{image.repository}:{image.tag}" + (f"@{digest}" if digest else ""),
            digest=digest,
            chart=image.chart,
        )
        for image in images_of(settings)
        for digest in [digest_of(image, settings.charts)]
    )
    found = Images(stack=stack, images=rows)
    cells = [(row.key, row.chart, row.image, "" if row.digest else "by tag") for row in rows]
    without = sum(row.digest is None for row in rows)
    title = f"Images of {stack}"
    said = (
        f"{without} of {len(rows)} are named by a version only: charts.image_digests.<key> fixes each "
        "(docker buildx imagetools inspect IMAGE shows the digest of its index)"
        if without
        else "each is fixed by its digest"
    )
    return Answer(found, lambda: document(title, table(("key", "chart", "image", ""), cells), Text(words=said)))
