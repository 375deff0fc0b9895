"""What an erasure found and did: for scripts as models, for people as a table and sentences."""

from datetime import datetime

from ops.erasure.requests import Order, Stage
from ops.erasure.searches import Place
from ops.report.checks import FINDING, HEALTHY
from ops.report.model import Block, Document, Listing, Text, Tone, document, table
from ops.report.words import moment
from planning.base import Frozen

# Loki waits a minute beyond the cancel period, then for the compactor's next round: each 15 minutes, the first one
# half an hour after an election at the latest.
BEYOND_CANCEL_SECONDS = 60
ROUND_SECONDS = 1800


class Found(Frozen):
    """One search."""

    what: str
    """A hash by its key, or the id itself."""
    place: Place
    query: str
    """What Loki deletes, or would."""
    lines: int
    """Lines that queries find now."""
    stage: Stage
    order: Order | None = None
    """The request, where it is filed."""


class Erasure(Frozen):
    """One person's data in one stack."""

    stack: str
    attributes: tuple[str, ...]
    """Names that hold the id."""
    searches: tuple[Found, ...]
    replicas: tuple[str, ...]
    """Of Loki."""
    leader: str | None
    """The elected compactor, where one says so."""
    begins_after: datetime | None
    """When the last filed request's cancel period is over."""
    chunk_delay_hours: float
    """How long replaced chunks stay in the bucket after that."""
    kept_days: int
    """How long old versions of objects and snapshots of volumes may hold them still."""
    traces_gone_by: datetime
    """When the person's traces of until now have aged out."""
    metric_series: int | None
    """Series of metrics with the id's hash as a label; None where Mimir gave no answer."""
    remarks: tuple[str, ...] = ()

    @property
    def stages(self) -> set[Stage]:
        """Those of searches that erase."""
        return {one.stage for one in self.searches} - {Stage.COUNTED}

    @property
    def exit_code(self) -> int:
        """0 when nothing is left to do, else 1."""
        return FINDING if self.stages & {Stage.TO_FILE, Stage.FILED} else HEALTHY

    def document(self) -> Document:
        """For people."""
        rows = [
            (one.what, one.place.value, f"{one.lines:,}", one.stage.value, one.order.status if one.order else "-")
            for one in self.searches
        ]
        header = ("what stands there", "in", "lines", "stage", "Loki says")
        listed = [one.query for one in self.searches if one.stage in (Stage.TO_FILE, Stage.FILED)]
        blocks: list[Block] = [table(header, rows, numbers=(2,)), self._verdict()]
        if listed:
            blocks.append(Listing(title="deletion requests:", text="\n".join(listed)))
        blocks += [Text(words=one) for one in (*self._logs(), self._traces(), self._metrics(), *self.remarks)]
        return document(f"Lines of one person in {self.stack} ({', '.join(self.attributes)})", *blocks)

    def _verdict(self) -> Text:
        lines = sum(one.lines for one in self.searches if one.stage is Stage.TO_FILE)
        plain = sum(one.lines for one in self.searches if one.stage is Stage.COUNTED)
        beside = f"; {plain:,} more hold the id itself: --also-plain takes them too" if plain else ""
        if Stage.TO_FILE in self.stages:
            return Text(words=f"{lines:,} lines to erase{beside}", tone=Tone.BAD)
        if Stage.FILED in self.stages:
            return Text(words=f"filed on {', '.join(self.replicas)}; not done yet{beside}", tone=Tone.WARNING)
        if Stage.ERASED in self.stages:
            return Text(words=f"erased: 0 lines left{beside}", tone=Tone.WARNING if plain else Tone.GOOD)
        nothing = "no log line holds this id; is it as services send it, and under these names?"
        return Text(words=f"{nothing}{beside}", tone=Tone.WARNING)

    def _logs(self) -> list[str]:
        said: list[str] = []
        if self.begins_after is not None:
            begins, leader = moment(self.begins_after), self.leader or "the elected compactor"
            said.append(
                f"logs: queries leave them out within 5 minutes; {leader} takes them out of the chunks within half an "
                f"hour after {begins}"
            )
        if self.stages & {Stage.FILED, Stage.ERASED, Stage.TO_FILE}:
            versions = f"; old versions and snapshots hold them for up to {self.kept_days} days more"
            said.append(
                f"chunks: those that held them leave the bucket {self.chunk_delay_hours:g} h after Loki's work"
                f"{versions if self.kept_days else ''}"
            )
        return said

    def _traces(self) -> str:
        return f"traces: can't be deleted one by one; those of until now are gone by {moment(self.traces_gone_by)}"

    def _metrics(self) -> str:
        if self.metric_series is None:
            return "metrics: not known, Mimir gave no answer"
        if self.metric_series:
            return f"metrics: {self.metric_series} series have the id's hash as a label; they age out with retention"
        return "metrics: no series has the id's hash as a label"
