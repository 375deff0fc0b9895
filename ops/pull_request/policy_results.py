"""What the policy pack said, out of a preview's event log or of what the Pulumi CLI printed."""

import re
from collections.abc import Iterable, Mapping

from ops.pull_request.model import (
    LIST_LENGTH,
    NAME_LENGTH,
    SHORT_LIST_LENGTH,
    TEXT_LENGTH,
    PolicyVerdict,
    ReportedViolation,
)
from ops.pull_request.plan_changes import is_event_log, json_lines
from planning.registered import Property, is_table, value_at

SEVERITIES = ("critical", "high", "medium", "low")
FIX = " Fix: "
# The CLI's report: a line for each pack, a line for each violation, its text indented below.
_PACK = re.compile(r"^ {4}\S+ {1,2}(?P<pack>\S+@v?\S+)(?: \(.*\))?$")
_VIOLATION = re.compile(
    r"^ {8}- \[(?P<level>mandatory|advisory|remediate)\] +(?:\[severity: (?P<severity>\w+)\] +)?"
    r"(?P<rule>\S+) +\((?P<type>\S+): (?P<resource>.*)\)$"
)
_DETAIL = re.compile(r"^ {10}(?P<text>.*)$")


def policy_verdict(text: str) -> PolicyVerdict:
    """The packs that judged and what they found; a text without either says that none ran."""
    packs, found = _from_events(text) if is_event_log(text) else _from_report(text)
    ordered = sorted(found, key=_order)[:LIST_LENGTH]
    return PolicyVerdict(
        packs=tuple(pack[:NAME_LENGTH] for pack in packs)[:SHORT_LIST_LENGTH], violations=tuple(ordered)
    )


def _order(violation: ReportedViolation) -> tuple[bool, int, str, str]:
    known = violation.severity in SEVERITIES
    severity = SEVERITIES.index(violation.severity) if known else len(SEVERITIES)
    return (not violation.mandatory, severity, violation.rule, violation.resource)


def _from_events(text: str) -> tuple[list[str], list[ReportedViolation]]:
    packs: list[str] = []
    found: list[ReportedViolation] = []
    for event in json_lines(text):
        ran = value_at(event, "summaryEvent", "PolicyPacks")
        if is_table(ran):
            packs = [f"{name.split('|')[0]}@v{version}" for name, version in ran.items()]
        said = value_at(event, "policyEvent")
        if is_table(said):
            found.append(_violation_of(said))
    if not packs:
        # A preview that was stopped has no summary; who found something was there all the same.
        packs = sorted({_pack_of(event) for event in _policy_events(text)})
    return packs, found


def _policy_events(text: str) -> Iterable[Mapping[str, Property]]:
    events = (value_at(event, "policyEvent") for event in json_lines(text))
    return (event for event in events if is_table(event))


def _pack_of(event: Mapping[str, Property]) -> str:
    return f"{event.get('policyPackName')}@v{event.get('policyPackVersion')}"


def _violation_of(event: Mapping[str, Property]) -> ReportedViolation:
    urn = str(event.get("resourceUrn") or "")
    parts = urn.split("::", 3)
    kind, name = (parts[2].rpartition("$")[2], parts[3]) if len(parts) == 4 else ("", "the stack")
    level, severity = str(event.get("enforcementLevel") or ""), str(event.get("severity") or "")
    lines = str(event.get("message") or "").splitlines()
    return _violation(str(event.get("policyName") or ""), level, severity, kind, name, lines)


def _from_report(text: str) -> tuple[list[str], list[ReportedViolation]]:
    packs: list[str] = []
    found: list[ReportedViolation] = []
    heading: re.Match[str] | None = None
    details: list[str] = []
    for line in [*_policy_section(text), ""]:
        detail = _DETAIL.match(line)
        if heading is not None and detail is not None:
            details.append(detail["text"])
            continue
        if heading is not None:
            found.append(_reported(heading, details))
        heading, details = _VIOLATION.match(line), []
        if (pack := _PACK.match(line)) is not None:
            packs.append(pack["pack"])
    return packs, found


def _reported(heading: re.Match[str], details: list[str]) -> ReportedViolation:
    severity = str(heading["severity"] or "")
    return _violation(
        str(heading["rule"]), str(heading["level"]), severity, str(heading["type"]), str(heading["resource"]), details
    )


def _policy_section(text: str) -> list[str]:
    """The lines below `Policies:` up to the next heading."""
    lines = text.splitlines()
    if "Policies:" not in lines:
        return []
    section = lines[lines.index("Policies:") + 1 :]
    end = next((number for number, line in enumerate(section) if line and not line.startswith(" ")), len(section))
    return section[:end]


def _violation(rule: str, level: str, severity: str, kind: str, name: str, lines: list[str]) -> ReportedViolation:
    """The pack's messages have the rule's reason on the first line, the finding and its fix on the rest."""
    told = " ".join(" ".join(lines[1:] or lines).split())
    problem, _, fix = told.partition(FIX)
    return ReportedViolation(
        rule=rule[:NAME_LENGTH],
        mandatory=level == "mandatory",
        severity=severity[:NAME_LENGTH],
        type=kind[:NAME_LENGTH],
        resource=name[:NAME_LENGTH],
        problem=problem.removeprefix(f"{name}: ")[:TEXT_LENGTH],
        fix=fix[:TEXT_LENGTH],
    )
