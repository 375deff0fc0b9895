"""`erase`: one person's log lines out of a running stack, and when the rest of his data ages out.

Each replica of Loki keeps a list of its own, and the elected compactor works off its own only. So a request is filed on
every replica with the same time range; whoever is elected then has it. Every step looks first, so that a run that was
cut is continued by running it again.
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count as numbers
from typing import TypeVar

from ops.backends import http
from ops.backends.errors import LiveError, Problem
from ops.backends.loki_deletion import DeleteRequest, DeletionSettings, LokiDeletion
from ops.backends.target import Target
from ops.confirmation import confirmed
from ops.erasure.counting import lines_of
from ops.erasure.identity import Wanted, all_searches, attributes
from ops.erasure.replicas import Replicas
from ops.erasure.report import BEYOND_CANCEL_SECONDS, Erasure, Found
from ops.erasure.requests import Order, Range, Stage, latest, orders
from ops.erasure.searches import WHOLE_IN_BODIES, Place, Search
from ops.errors import CommandError
from ops.progress import at_work
from ops.report.output import Answer, show_answer
from ops.report.words import moment
from planning.buckets import BucketPurpose
from planning.tiers.application import LokiWindows, TempoWindows
from planning.tiers.lifecycle import windows_of

T = TypeVar("T")
POLL_SECONDS = 30.0
# What is told is told again after so many looks, so that a person sees that it still runs.
TOLD_EVERY = 20
# Ten minutes.
LAST_LOOKS = 20
# Retention is carried out late: a block or chunk goes when its newest entry is too old.
BEYOND_RETENTION_HOURS = 24
ACCEPTED_MODE = "filter-and-delete"
UNFINISHED = (Stage.TO_FILE, Stage.FILED)


def erase(
    target: Target, wanted: Wanted, *, apply: bool, yes: bool = False, follow: bool = True, as_json: bool = False
) -> int:
    """Shows what would go; with `apply` has it deleted. Exit code 0 when nothing is left to do, else 1.

    Raises `CommandError` for an id, a name or a Secret that can't be, and where Loki deletes nothing; `LiveError`
    where a replica gives no answer.
    """
    erasing = _Erasing(target, wanted)
    found = erasing.look()
    to_file = Stage.TO_FILE in found.stages
    if not apply or not found.stages & set(UNFINISHED) or (to_file and not as_json):
        show_answer(Answer(found, found.document), as_json=as_json)
    if not found.stages & set(UNFINISHED):
        return found.exit_code
    if not apply:
        print("\nnothing was changed: --apply has Loki delete them", file=sys.stderr)
        return found.exit_code
    # What is filed was asked for once: it is followed, and filed where it lacks, without asking again.
    question = f"have Loki delete these lines from {target.stack}? It can't be undone"
    if to_file and not yes and not confirmed(question):
        print("nothing was changed (--yes doesn't ask)", file=sys.stderr)
        return found.exit_code
    finished = False
    try:
        finished = erasing.carry_out(found, follow=follow)
    except KeyboardInterrupt:
        at_work("erase", "stopped; Loki goes on by itself, and running it again continues")
    found = _last_look(erasing, finished=finished)
    return show_answer(Answer(found, found.document, found.exit_code), as_json=as_json)


def _last_look(erasing: "_Erasing", *, finished: bool) -> Erasure:
    """A replica may still be on its way back, and some read the index again only after 5 minutes."""
    for _ in range(LAST_LOOKS):
        try:
            found = erasing.look()
            if not finished or Stage.TO_FILE not in found.stages:
                return found
            at_work(
                "erase", "Loki has done it, and queries find lines still, by an old index or newer ones: counted again"
            )
        except LiveError as error:
            at_work("erase", f"{error}; it is asked again")
        http.pause(POLL_SECONDS)
    return erasing.look()


class _Erasing:
    def __init__(self, target: Target, wanted: Wanted) -> None:
        self._target, self._wanted = target, wanted
        self._names = attributes(wanted, target.settings.redaction.hashed_attributes)
        self._replicas = Replicas(target)
        self._all = self._replicas.names()
        settings = {name: _checked(name, self._ask(name, LokiDeletion.settings)) for name in self._all}
        self._loki = settings[self._all[0]]
        self._searches = tuple(all_searches(target, wanted, self._names))
        windows = windows_of(target.settings.tier_plans[BucketPurpose.LOKI_CHUNKS], LokiWindows)
        self._queried = timedelta(hours=windows.max_query_lookback_hours)
        self._kept = timedelta(hours=windows.retention_hours + BEYOND_RETENTION_HOURS)
        traces = windows_of(target.settings.tier_plans[BucketPurpose.TEMPO_TRACES], TempoWindows)
        self._traces_kept = timedelta(hours=traces.deleted_after_hours + BEYOND_RETENTION_HOURS)

    def look(self) -> Erasure:
        """Everything as it is now; nothing is changed."""
        lists = {name: self._ask(name, LokiDeletion.requests) for name in self._all}
        now = datetime.now(UTC)
        at_work("erase", f"counting lines of {self._queried.days} days by {len(self._searches)} queries")
        found = tuple(self._found(one, latest(one.query, lists), now) for one in self._searches)
        open_ones = [one.order for one in found if one.stage is Stage.FILED and one.order]
        settings = self._target.settings
        backup = settings.backup
        return Erasure(
            stack=self._target.stack,
            attributes=self._names,
            searches=found,
            replicas=self._all,
            leader=next((name for name in self._all if self._ask(name, LokiDeletion.leads)), None),
            begins_after=self._begins_after(open_ones) if open_ones else None,
            chunk_delay_hours=self._loki.delete_delay_seconds / 3600,
            kept_days=max(backup.object_version_days or 0, backup.volume_snapshot_days or 0),
            traces_gone_by=now + self._traces_kept,
            metric_series=self._metric_series(),
            remarks=tuple(self._remarks()),
        )

    def carry_out(self, found: Erasure, *, follow: bool) -> bool:
        """Files what isn't, and with `follow` waits until Loki has done it. Whether it has."""
        now = datetime.now(UTC)
        new = int((now - self._kept).timestamp()), int(now.timestamp())
        ranges: dict[str, Range] = {
            one.query: (one.order.start, one.order.end) if one.order and one.stage is Stage.FILED else new
            for one in found.searches
            if one.stage in UNFINISHED
        }
        told, since = "", 0
        for look in numbers():
            filed = self._file(ranges, insist=look == 0)
            said = self._progress(filed)
            if said != told or look - since >= TOLD_EVERY:
                at_work("erase", said)
                told, since = said, look
            done = bool(filed) and all(one.done for one in filed)
            if done or not follow:
                return done
            http.pause(POLL_SECONDS)
        return False

    def _file(self, ranges: Mapping[str, Range], *, insist: bool) -> list[Order]:
        """Every request on every replica that lacks it. Later looks bear with a replica that restarts."""
        lists: dict[str, Sequence[DeleteRequest]] = {}
        for name in self._all:
            try:
                lists[name] = self._ask(name, lambda one: _with_all(one, ranges))
            except LiveError as error:
                if insist:
                    raise
                at_work("erase", f"{error}; it is asked again")
        found = [orders(query, lists).get(wanted) for query, wanted in ranges.items()]
        if lists and None in found:
            raise LiveError("Loki", Problem.FAILED, "a request that was filed isn't listed; run it again")
        return [one for one in found if one]

    def _progress(self, filed: Sequence[Order]) -> str:
        if not filed:
            return "no replica gives an answer"
        states = ", ".join(sorted({one.status for one in filed}))
        after = self._begins_after(filed)
        waits = f"; Loki begins after {moment(after)}" if after > datetime.now(UTC) else ""
        lacking = sorted({name for one in filed for name in one.lacking})
        return f"{len(filed)} requests: {states}{waits}{f'; lacking on {lacking}' if lacking else ''}"

    def _begins_after(self, filed: Iterable[Order]) -> datetime:
        waiting = self._loki.cancel_seconds + BEYOND_CANCEL_SECONDS
        return datetime.fromtimestamp(max(one.filed for one in filed) + waiting, UTC)

    def _found(self, search: Search, order: Order | None, now: datetime) -> Found:
        lines = lines_of(self._target.loki(), search.counted, now - self._queried, now)
        if not search.erased:
            stage = Stage.COUNTED
        elif order and not order.done:
            stage = Stage.FILED
        elif lines:
            stage = Stage.TO_FILE
        else:
            stage = Stage.ERASED if order else Stage.NOTHING
        return Found(
            what=search.what, place=search.place, query=search.query, lines=lines, stage=stage,
            order=None if stage is Stage.TO_FILE else order,
        )  # fmt: skip

    def _metric_series(self) -> int | None:
        """The hash as a label's value; a look back over all that is kept."""
        days = self._target.settings.retention.metrics.delete_days
        matchers = [one.labels for one in self._searches if one.place is Place.ATTRIBUTE and one.erased]
        asked = " or ".join(f"last_over_time({{{matcher}}}[{days}d])" for labels in matchers for matcher in labels)
        try:
            return int(self._target.mimir().number(f"count({asked})") or 0)
        except LiveError:
            return None

    def _remarks(self) -> Iterator[str]:
        if not WHOLE_IN_BODIES.fullmatch(self._wanted.user):
            yield (
                "bodies: this id has characters that end a value there, so that a part of it was hashed; lines that "
                "hold it in their body only aren't found"
            )

    def _ask(self, name: str, question: Callable[[LokiDeletion], T]) -> T:
        return self._replicas.ask(name, question)


def _checked(name: str, found: DeletionSettings) -> DeletionSettings:
    """A replica's settings. Raises `CommandError` where it deletes nothing."""
    if found.tenants:
        raise CommandError(f"{name}: auth_enabled is true, so that logs belong to tenants; accepted: false")
    if not found.enabled:
        raise CommandError(f"{name} deletes nothing: compactor.retention_enabled is false; accepted: true")
    if found.mode != ACCEPTED_MODE:
        raise CommandError(
            f"{name} deletes nothing: limits_config.deletion_mode is {found.mode!r}; accepted: {ACCEPTED_MODE}"
        )
    return found


def _with_all(replica: LokiDeletion, ranges: Mapping[str, Range]) -> Sequence[DeleteRequest]:
    """A replica's list, in which every request is."""
    listed = {"": replica.requests()}
    lacking = [(query, wanted) for query, wanted in ranges.items() if wanted not in orders(query, listed)]
    for query, wanted in lacking:
        replica.file(query, *wanted)
    return replica.requests() if lacking else listed[""]
