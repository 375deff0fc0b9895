"""Registered resources out of what the Pulumi CLI writes: an event log, a preview as JSON, or a stack's state.

Pure parsing of text: what preview can't know yet and what is secret become UNKNOWN, so that nothing downstream can
print a secret or take a placeholder for a value.

Formats: `pulumi preview --json --show-sames`; `pulumi preview --event-log FILE` (needs PULUMI_DEBUG_COMMANDS=true; one
JSON object a line, without property dependencies); `pulumi stack export`.
"""

import json
from collections.abc import Iterable, Iterator, Mapping

from planning.errors import UserError
from planning.registered import UNKNOWN, Property, Resource, is_list, is_table, value_at

# Pulumi SDK, resource/plugin: what stands for a value that is not known in a preview, by kind of value.
UNKNOWN_VALUES = (
    "04da6b54-80e4-46f7-96ec-b56ff0331ba9",  # string
    "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # bool
    "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # number
    "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # array
    "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # object
)
# Pulumi SDK, resource: the key that marks a special value, and the kinds that are secrets and outputs.
SIGNATURE_KEY = "4dabf18193072939515e22adb298388d"
SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 (a public marker)
OUTPUT_SIGNATURE = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
SECRET_TEXT = "[secret]"  # noqa: S105

# Steps after which the resource is there; `read` resources belong to somebody else.
KEEPING_STEPS = frozenset(
    {"same", "create", "update", "replace", "create-replacement", "import", "import-replacement", "refresh"}
)


class UnreadableResourcesError(UserError):
    """Text that holds no registered resources; `str()` is the message for people."""


def resources_in(text: str, where: str) -> tuple[Resource, ...]:
    """The resources of any of the three formats. Raises `UnreadableResourcesError`."""
    document = _parsed(text)
    if document is None or "sequence" in _table(document):
        return from_event_log(text, where)
    if "steps" in _table(document):
        return from_preview(text, where)
    if {"deployment", "checkpoint"} & _table(document).keys():
        return from_state(text, where)
    raise UnreadableResourcesError(
        f"{where} holds no resources; accepted: the output of `pulumi preview --json --show-sames` or of "
        "`pulumi stack export`, or an event log"
    )


def from_event_log(text: str, where: str = "the event log") -> tuple[Resource, ...]:
    """The resources as they will be after the previewed update. Raises `UnreadableResourcesError`."""
    steps: list[Property] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        event = _parsed(line)
        if not is_table(event):
            raise UnreadableResourcesError(f"{where}: line {number} is not a JSON object; was the file cut off?")
        steps.append(value_at(event, "resourcePreEvent", "metadata"))
    return _resources(_kept(steps, "new"), where)


def from_preview(text: str, where: str = "the preview") -> tuple[Resource, ...]:
    """The resources as they will be after the previewed update. Raises `UnreadableResourcesError`."""
    document = _parsed(text)
    steps = [*_items(value_at(document, "steps"))]
    unchanged = value_at(document, "changeSummary", "same")
    shown = sum(value_at(step, "op") == "same" for step in steps)
    if isinstance(unchanged, int) and shown < unchanged:
        raise UnreadableResourcesError(
            f"{where} leaves out {unchanged - shown} unchanged resources: run `pulumi preview --json --show-sames`"
        )
    return _resources(_kept(steps, "newState"), where)


def from_state(text: str, where: str = "the state") -> tuple[Resource, ...]:
    """The resources that are there, those about to be deleted left out. Raises `UnreadableResourcesError`."""
    document = _parsed(text)
    deployment = value_at(document, "deployment") or value_at(document, "checkpoint", "latest")
    states = _items(value_at(deployment, "resources"))
    gone = ("delete", "external")
    return _resources((state for state in states if not any(value_at(state, key) for key in gone)), where)


def _parsed(text: str) -> Property:
    """The text as one JSON value, None if it is none."""
    try:
        document: Property = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return document


def _table(value: Property) -> Mapping[str, Property]:
    return value if is_table(value) else {}


def _items(value: Property) -> Iterable[Property]:
    return value if is_list(value) else ()


def _kept(steps: Iterable[Property], state_key: str) -> Iterator[Property]:
    return (value_at(step, state_key) for step in steps if value_at(step, "op") in KEEPING_STEPS)


def _resources(states: Iterable[Property], where: str) -> tuple[Resource, ...]:
    """One resource for each URN: of a replacement's steps the last one says what will be there."""
    found = {resource.urn: resource for state in states for resource in _resource(state)}
    if not found:
        raise UnreadableResourcesError(f"{where} holds no resources")
    return tuple(found.values())


def _resource(state: Property) -> Iterator[Resource]:
    urn, parent = value_at(state, "urn"), value_at(state, "parent")
    if not isinstance(urn, str) or urn.count("::") < 3:
        return
    inputs = _table(value_at(state, "inputs"))
    properties = {key: plain(value) for key, value in inputs.items() if key != "__defaults"}
    for key, value in (("id", value_at(state, "id")), ("arn", value_at(state, "outputs", "arn"))):
        if value and key not in properties:
            properties[key] = plain(value)
    yield Resource(
        type=urn.split("::")[2].rpartition("$")[2],
        name=urn.split("::", 3)[-1],
        urn=urn,
        properties=properties,
        property_dependencies={
            key: frozenset(item for item in _items(urns) if isinstance(item, str))
            for key, urns in _table(value_at(state, "propertyDependencies")).items()
            if urns
        },
        parent=parent if isinstance(parent, str) and parent else None,
    )


def plain(value: Property) -> Property:
    """A JSON value as a property; placeholders and secrets are UNKNOWN."""
    if isinstance(value, str):
        hidden = value == SECRET_TEXT or any(placeholder in value for placeholder in UNKNOWN_VALUES)
        return UNKNOWN if hidden else value
    if is_table(value):
        if value.get(SIGNATURE_KEY) in (SECRET_SIGNATURE, OUTPUT_SIGNATURE):
            return UNKNOWN
        return {key: plain(item) for key, item in value.items()}
    if is_list(value):
        return [plain(item) for item in value]
    return value
