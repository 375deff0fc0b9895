"""`logs patterns`: what a service's lines look like, by samples from Loki, with bytes, dollars and a rule to thin them.

Templates are found by Drain (P. He et al., "Drain: An Online Log Parsing Approach with Fixed Depth Tree", ICWS 2017),
as drain3-improved has it, after numbers, ids and addresses were masked.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, cast

from drain3.drain import Drain

from ops.backends.logfmt import fields
from ops.backends.loki import Loki
from ops.backends.target import Target
from ops.errors import CommandError
from ops.tuning.effects import priced_settings
from planning.base import Frozen
from planning.cost.attribution import signal_costs
from planning.retention import Signal
from settings.models.logs import ANY, ThinnedLines
from settings.models.platform import PlatformSettings
from telemetry.collector.log_savings import FAILURE, MESSAGE_KEYS, thinned
from telemetry.cost.planned import memory_shares

SERVICE = "service_name"
# A day in parts, so that a busy hour isn't the whole picture.
PARTS, LINES_OF_A_PART = 12, 400
MOST_CHARACTERS = 500
DEPTH, SIMILARITY, CHILDREN = 5, 0.4, 100
LEAST_LETTERS = 3
SHARE_TO_DROP, KEPT_PERCENT = 0.02, 10
LEVELS = ("detected_level", "severity_text", "level", "severity")
QUIET = frozenset({"", "unknown", "trace", "debug", "info", "information", "notice", "unspecified", "default"})
RISK = "lines of this form can't be searched for later, beyond those that are kept"
_FAILS = re.compile(FAILURE)
_MASKS = (
    re.compile(r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b"),
    re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?"),
    re.compile(r"\b(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?\b"),
    re.compile(r"(?<![\w])0x[0-9a-fA-F]+\b"),
    re.compile(r"\b(?=[0-9a-fA-F]*\d)[0-9a-fA-F]{8,}\b"),
    re.compile(r"(?<=[^A-Za-z0-9_])-?\d+(?:\.\d+)*(?:ns|us|µs|ms|s|m|h|d|[kKMGT]i?B|B|%)?(?![A-Za-z0-9_])"),
)  # fmt: skip
# Quoted texts, but for the request of an access log.
_QUOTED = re.compile(r'"((?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) [^"]*)?[^"]*"')
# Of an access log: what its lines begin with tells them apart least.
_REQUEST = re.compile(r'"(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) (?:/[^/\s?"]*){1,2}')
_JOINED = re.compile(r"(?:<\*>[\s,:;]*)+(?=<\*>)")


class Pattern(Frozen):
    """Lines of one form."""

    service: str
    """Who writes them."""
    template: str
    """`<*>` stands for what changes."""
    lines_per_day: float
    """By the sample's share and the service's bytes."""
    bytes_per_day: float
    """Likewise."""
    usd_per_month: float | None
    """What they bear of the bill, in US dollars a month; None off AWS."""
    fails: bool
    """Warnings, errors, or lines that read like one are among them: nothing is proposed."""
    keep_percent: int | None
    """Proposed share; None where nothing is proposed."""
    saved_usd_per_month: float | None
    """What the others bear, in US dollars a month."""
    filter: str
    """In the collector's words; empty where nothing is proposed."""
    risk: str
    """One sentence."""
    undo: str
    """One sentence."""


class Line(NamedTuple):
    """One line of a sample."""

    text: str
    level: str = ""


class Group(NamedTuple):
    """Lines of a sample that have one form."""

    template: str
    lines: tuple[Line, ...]

    @property
    def size(self) -> int:
        """Bytes."""
        return sum(len(line.text.encode()) for line in self.lines)

    @property
    def fails(self) -> bool:
        """Whether one of them is a warning or an error, by its level or its words."""
        return any(line.level.lower() not in QUIET or _FAILS.search(line.text) for line in self.lines)


def message(text: str) -> str:
    """What a line says, without the fields around it: the message of JSON and logfmt, else the whole line."""
    stripped = text.strip()
    found: Mapping[str, object] = {}
    if stripped.startswith("{"):
        try:
            document = json.loads(stripped)
        except ValueError:
            document = None
        found = cast(Mapping[str, object], document) if isinstance(document, dict) else {}
    elif "=" in stripped:
        found = fields(stripped)
    said = next((value for key in MESSAGE_KEYS if isinstance(value := found.get(key), str) and value), stripped)
    return said[:MOST_CHARACTERS]


def masked(text: str) -> str:
    """Without what changes from line to line."""
    text = _QUOTED.sub(lambda found: found[0] if found[1] else ANY, text)
    for mask in _MASKS:
        text = mask.sub(ANY, f" {text}")[1:]
    return " ".join(text.split())


def grouped(lines: Sequence[Line]) -> list[Group]:
    """Lines by form, the largest first."""
    drains: dict[str, Drain] = {}
    members: dict[tuple[str, int], list[Line]] = {}
    for line in lines:
        if text := masked(message(line.text)):
            request = _REQUEST.search(text)
            of = request[0] if request else ""
            if of not in drains:
                drains[of] = Drain(depth=DEPTH, sim_th=SIMILARITY, max_children=CHILDREN, param_str=ANY)
            cluster, _ = drains[of].add_log_message(text)
            members.setdefault((of, int(cluster.cluster_id)), []).append(line)
    templates = {
        (of, cluster.cluster_id): _JOINED.sub("", cluster.get_template())
        for of, drain in drains.items()
        for cluster in drain.clusters
    }
    groups = [Group(templates[key], tuple(own)) for key, own in members.items()]
    return sorted(groups, key=lambda one: (-one.size, one.template))


def patterns(target: Target, now: datetime, hours: int, services: Sequence[str]) -> list[Pattern]:
    """Patterns of some or all services, dearest first. Raises `LiveError` when Loki can't be read, `CommandError` for
    a service that sent nothing."""
    loki, start = target.loki(), now - timedelta(hours=hours)
    volumes = loki.volumes(SERVICE, start, now)
    if unknown := sorted(set(services) - set(volumes)):
        raise CommandError(
            f"--service: got {unknown[0]!r}; accepted: {', '.join(sorted(volumes)) or 'none sends logs'}"
        )
    logs_usd, whole = usd_of_logs(target.settings, target.stack), sum(volumes.values())
    found: list[Pattern] = []
    for service in services or sorted(volumes, key=lambda name: (-volumes[name], name)):
        groups = grouped(list(_sampled(loki, service, start, now)))
        usd = None if logs_usd is None or not whole else logs_usd * volumes[service] / whole
        found += priced(service, groups, volumes[service] * 24 / hours, usd)
    return sorted(found, key=lambda one: (-one.bytes_per_day, one.service, one.template))


def _sampled(loki: Loki, service: str, start: datetime, end: datetime) -> Iterator[Line]:
    step = (end - start) / PARTS
    for part in range(PARTS):
        selector = f"{{{SERVICE}={json.dumps(service)}}}"
        for line in loki.lines(selector, start + part * step, start + (part + 1) * step, LINES_OF_A_PART):
            yield Line(line.text, next((line.labels[key] for key in LEVELS if key in line.labels), ""))


def priced(service: str, groups: Sequence[Group], bytes_per_day: float, usd: float | None) -> Iterator[Pattern]:
    """Each form with its part of the service's bytes and dollars, and a proposal where one can be made."""
    whole = sum(group.size for group in groups) or 1
    for group in groups:
        share = group.size / whole
        day, lines = bytes_per_day * share, len(group.lines)
        rule = _rule(service, group, share)
        bears = None if usd is None else usd * share
        yield Pattern(
            service=service,
            template=group.template,
            lines_per_day=day / (group.size / lines),
            bytes_per_day=day,
            usd_per_month=bears,
            fails=group.fails,
            keep_percent=rule.keep_percent if rule else None,
            saved_usd_per_month=bears * (1 - rule.keep_percent / 100) if rule and bears is not None else None,
            filter=thinned(rule) if rule else "",
            risk=RISK if rule else "",
            undo="take it out of logs.thin and deploy: such lines are stored again" if rule else "",
        )


def _rule(service: str, group: Group, share: float) -> ThinnedLines | None:
    """One in ten of what there is much of; never of failures, nor of a form that is mostly variable."""
    letters = re.sub(r"<\*>|[^A-Za-z]", "", group.template)
    words = group.template.split()
    open_words = sum(ANY in word for word in words)
    vague = len(letters) < LEAST_LETTERS * 2 or open_words * 2 > len(words) or not re.search("[A-Za-z]{3}", letters)
    if group.fails or vague or share < SHARE_TO_DROP or len(group.template) > MOST_CHARACTERS:
        return None
    return ThinnedLines(service=service, template=group.template, keep_percent=KEPT_PERCENT)


def usd_of_logs(settings: PlatformSettings, stack: str) -> float | None:
    """What logs bear of the planned bill, in US dollars a month; None off AWS."""
    if not settings.on_aws:
        return None
    return signal_costs(priced_settings(stack, settings), memory_shares(settings))[Signal.LOGS]


def accuracy(labels: Sequence[str], groups: Iterable[Iterable[int]]) -> float:
    """Grouping accuracy: the share of lines whose group has exactly the lines of their label (J. Zhu et al., "Tools and
    Benchmarks for Automated Log Parsing", ICSE 2019); groups are places in `labels`."""
    wanted: dict[str, set[int]] = {}
    for place, label in enumerate(labels):
        wanted.setdefault(label, set()).add(place)
    right = 0
    for group in map(set, groups):
        first = next(iter(group), None)
        right += len(group) if first is not None and wanted[labels[first]] == group else 0
    return right / len(labels)
