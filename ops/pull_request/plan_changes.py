"""The resources that a plan changes, out of `pulumi preview --json` or an event log."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ops.pull_request.model import LIST_LENGTH, NAME_LENGTH, SHORT_LIST_LENGTH, TEXT_LENGTH, Operation, ResourceChange
from ops.pull_request.stateful import LOST_WITH
from planning.aws.types import RELEASE
from planning.base import Frozen
from planning.cost.charts import chart_of, claims_of
from planning.cost.reading import quantity_gib
from planning.registered import Property, is_list, is_table, value_at
from planning.registered_sources import UnreadableResourcesError
from telemetry.charts.lock import ChartName

# The engine's steps (SDK, resource/deploy) as people speak of them. A replacement is up to three steps of one resource.
OPERATIONS = {
    "create": Operation.CREATE,
    "update": Operation.UPDATE,
    "replace": Operation.REPLACE,
    "create-replacement": Operation.REPLACE,
    "import-replacement": Operation.REPLACE,
    "delete-replaced": Operation.REPLACE,
    "delete": Operation.DELETE,
    "import": Operation.IMPORT,
}
# What is most likely to be regretted comes first.
ORDER = (Operation.DELETE, Operation.REPLACE, Operation.IMPORT, Operation.UPDATE, Operation.CREATE)
POLICY_FAILURE = "preview failed"


class PlanChanges(Frozen):
    """What a plan does, and what went wrong while it was made."""

    counts: dict[Operation, int]
    """How many resources by operation."""
    unchanged: int
    """How many stay as they are."""
    resources: tuple[ResourceChange, ...]
    """What changes, the riskiest first; at most LIST_LENGTH."""
    errors: tuple[str, ...]
    """Errors beside the engine's word that the preview failed."""
    failed: bool
    """Whether the preview failed, for whatever reason."""


@dataclass(frozen=True)
class Step:
    """One step of the engine, of either format."""

    op: str
    urn: str
    old: Mapping[str, Property]
    new: Mapping[str, Property]
    detailed: Mapping[str, Property]
    forcing: tuple[str, ...]
    differing: tuple[str, ...]


def plan_changes(text: str, where: str) -> PlanChanges:
    """What a plan does. Raises `UnreadableResourcesError` for text that is neither format."""
    steps, errors, failed = _read(text, where)
    changes: dict[str, ResourceChange] = {}
    unchanged: set[str] = set()
    for step in steps:
        if step.op == "same" and not _unprotects(step):
            unchanged.add(step.urn)
            continue
        change = _change(step)
        if change is None:
            continue
        known = changes.get(step.urn)
        # Of a replacement's steps the longest reasons say most; else the plan's step comes after the refresh's.
        if known is None or known.operation is not Operation.REPLACE or _told(change) > _told(known):
            changes[step.urn] = change
    ordered = sorted(changes.values(), key=_risk)
    counts = {operation: sum(change.operation is operation for change in ordered) for operation in ORDER}
    return PlanChanges(
        counts={operation: count for operation, count in counts.items() if count},
        unchanged=len(unchanged),
        resources=tuple(ordered[:LIST_LENGTH]),
        errors=tuple(error[:TEXT_LENGTH] for error in errors[:SHORT_LIST_LENGTH]),
        failed=failed,
    )


def json_lines(text: str) -> Iterator[Mapping[str, Property]]:
    """Each line that is a JSON object; a cut-off last line is left out, as an engine that was stopped leaves one."""
    for line in text.splitlines():
        try:
            event: Property = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if is_table(event):
            yield event


def is_event_log(text: str) -> bool:
    """Whether a text is an event log: its first line is one event."""
    return any("sequence" in event for event in json_lines(text.lstrip().split("\n", 1)[0]))


def _read(text: str, where: str) -> tuple[list[Step], list[str], bool]:
    if is_event_log(text):
        events = list(json_lines(text))
        steps = [step for event in events for step in _event_step(value_at(event, "resourcePreEvent", "metadata"))]
        diagnostics = [value_at(event, "diagnosticEvent") for event in events]
        failed = any(value_at(event, "summaryEvent", "result") == "failed" for event in events)
        return steps, _errors(diagnostics), failed or bool(_errors(diagnostics))
    try:
        document: Property = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    steps = value_at(document, "steps")
    diagnostics = value_at(document, "diagnostics")
    if not is_table(document) or not (is_list(steps) or is_list(diagnostics)):
        raise UnreadableResourcesError(
            f"{where} is no plan; accepted: the output of `pulumi preview --json --show-sames`, or an event log"
        )
    everything = list(diagnostics) if is_list(diagnostics) else []
    failed = any(value_at(one, "severity") == "error" for one in everything)
    return [step for one in _items(steps) for step in _preview_step(one)], _errors(everything), failed


def _errors(diagnostics: Iterable[Property]) -> list[str]:
    messages: list[str] = []
    for one in diagnostics:
        text = value_at(one, "message")
        if value_at(one, "severity") == "error" and isinstance(text, str):
            message = " ".join(text.split()).removeprefix("error: ")
            if message and message != POLICY_FAILURE:
                messages.append(message)
    return list(dict.fromkeys(messages))


def _event_step(metadata: Property) -> list[Step]:
    if not is_table(metadata):
        return []
    return _step(metadata, metadata.get("old"), metadata.get("new"), "keys", "diffs")


def _preview_step(step: Property) -> list[Step]:
    if not is_table(step):
        return []
    return _step(step, step.get("oldState"), step.get("newState"), "replaceReasons", "diffReasons")


def _step(step: Mapping[str, Property], old: Property, new: Property, forcing: str, differing: str) -> list[Step]:
    op, urn, detailed = step.get("op"), step.get("urn"), step.get("detailedDiff")
    if not isinstance(op, str) or not isinstance(urn, str) or urn.count("::") < 3:
        return []
    return [
        Step(
            op=op,
            urn=urn,
            old=old if is_table(old) else {},
            new=new if is_table(new) else {},
            detailed=detailed if is_table(detailed) else {},
            forcing=_texts(step.get(forcing)),
            differing=_texts(step.get(differing)),
        )
    ]


def _change(step: Step) -> ResourceChange | None:
    unprotected = _unprotects(step)
    operation = OPERATIONS.get(step.op, Operation.UPDATE if unprotected else None)
    if operation is None:
        return None
    kind, name = step.urn.split("::")[2].rpartition("$")[2], step.urn.split("::", 3)[3]
    goes = operation in (Operation.REPLACE, Operation.DELETE)
    retained = goes and step.old.get("retainOnDelete") is True
    sizes = _volume_changes(step) if kind == RELEASE and operation is Operation.UPDATE else {}
    return ResourceChange(
        operation=operation,
        type=kind[:NAME_LENGTH],
        name=name[:NAME_LENGTH],
        properties=tuple(path[:NAME_LENGTH] for path in _properties(step, operation)[:SHORT_LIST_LENGTH]),
        lost=LOST_WITH.get(kind) if goes and not retained else None,
        volumes=tuple(f"{one} {old} → {new}"[:NAME_LENGTH] for one, (old, new) in sizes.items())[:SHORT_LIST_LENGTH],
        shrinks=any((quantity_gib(new) or 0) < (quantity_gib(old) or 0) for old, new in sizes.values()),
        retained=retained,
        unprotected=unprotected,
    )


def _volume_changes(step: Step) -> dict[str, tuple[str, str]]:
    """Sizes before and after of the volumes that StatefulSets claim, which Kubernetes doesn't let a release change."""
    before, after = _claims(step.old), _claims(step.new)
    return {one: (size, after[one]) for one, size in before.items() if after.get(one, size) != size}


def _claims(state: Mapping[str, Property]) -> dict[str, str]:
    chart, values = value_at(state, "inputs", "chart"), value_at(state, "inputs", "values")
    if not isinstance(chart, str) or not is_table(values) or chart_of(chart) == ChartName.GRAFANA:
        return {}  # Grafana's claim is the chart's own, which an upgrade lets grow
    return {claim.workload: str(claim.size) for claim in claims_of(chart_of(chart), values) or ()}


def _told(change: ResourceChange) -> int:
    return sum(map(len, change.properties))


def _properties(step: Step, operation: Operation) -> list[str]:
    if operation is Operation.REPLACE:
        forcing = [path for path, diff in step.detailed.items() if str(value_at(diff, "kind")).endswith("-replace")]
        return forcing or list(step.forcing)
    return list(step.detailed) or list(step.differing)


def _unprotects(step: Step) -> bool:
    return step.old.get("protect") is True and bool(step.new) and step.new.get("protect") is not True


def _risk(change: ResourceChange) -> tuple[bool, bool, int, str, str]:
    return (change.lost is None, not change.unprotected, ORDER.index(change.operation), change.type, change.name)


def _items(value: Property) -> Iterable[Property]:
    return value if is_list(value) else ()


def _texts(value: Property) -> tuple[str, ...]:
    return tuple(item for item in _items(value) if isinstance(item, str))
