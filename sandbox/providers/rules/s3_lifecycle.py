"""What S3 refuses in a bucket's lifecycle configuration, and moto accepts.

Sources: the API reference as in botocore's model, and the lifecycle chapters of the S3 user guide. Since July 2026 a
transition to STANDARD_IA or ONEZONE_IA is possible from day 0.
"""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.providers.narrow import as_list, as_object, is_list
from sandbox.providers.rules.refusal import Refusal, one_of

MALFORMED = "MalformedXML"
INVALID = "InvalidArgument"
INVALID_REQUEST = "InvalidRequest"
# From warm to cold; a transition only goes towards the end of the list.
STORAGE_CLASSES = ("STANDARD_IA", "INTELLIGENT_TIERING", "ONEZONE_IA", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE")
MINIMUM_OBJECT_SIZES = ("all_storage_classes_128K", "varies_by_storage_class")
MOST_RULES = 1000
LONGEST_ID = 255
LARGEST_OBJECT_BYTES = 5 * 1024**4
MOST_NONCURRENT_VERSIONS = 100
ACTIONS = (
    "expiration", "transitions", "noncurrentVersionExpiration", "noncurrentVersionTransitions",
    "abortIncompleteMultipartUpload",
)  # fmt: skip


def lifecycle_refusals(inputs: Mapping[str, Any]) -> list[Refusal]:
    """Everything S3 would refuse in these rules, each with the rule it is in."""
    refusals = one_of(
        "transitionDefaultMinimumObjectSize",
        inputs.get("transitionDefaultMinimumObjectSize"),
        MINIMUM_OBJECT_SIZES,
        INVALID,
    )
    rules = inputs.get("rules")
    if not is_list(rules):
        return refusals
    if not 1 <= len(rules) <= MOST_RULES:
        message = f"a lifecycle configuration has 1 to {MOST_RULES} rules, not {len(rules)}."
        refusals.append(Refusal("rules", MALFORMED, message))
    refusals += _duplicate_ids(rules)
    for index, rule in enumerate(rules):
        refusals += _rule_refusals(f"rules[{index}]", as_object(rule))
    return refusals


def _duplicate_ids(rules: list[Any]) -> list[Refusal]:
    seen: set[str] = set()
    found: list[Refusal] = []
    for index, rule in enumerate(rules):
        identity = as_object(rule).get("id")
        if isinstance(identity, str) and identity in seen:
            message = f"Rule ID must be unique. Found same ID for more than one rule: {identity!r}."
            found.append(Refusal(f"rules[{index}].id", INVALID, message))
        elif isinstance(identity, str):
            seen.add(identity)
    return found


def _rule_refusals(path: str, rule: Mapping[str, Any]) -> Iterator[Refusal]:
    identity = rule.get("id")
    if isinstance(identity, str) and len(identity) > LONGEST_ID:
        yield Refusal(f"{path}.id", INVALID, f"ID length should not exceed allowed limit of {LONGEST_ID}.")
    yield from one_of(f"{path}.status", rule.get("status"), ("Enabled", "Disabled"), MALFORMED)
    if not any(rule.get(action) for action in ACTIONS):
        message = "At least one action needs to be specified in a rule: " + ", ".join(ACTIONS)
        yield Refusal(path, INVALID_REQUEST, message)
    yield from _filter_refusals(f"{path}.filter", rule)
    yield from _transitions_refusals(path, rule)
    yield from _expiration_refusals(path, rule)
    yield from _noncurrent_refusals(path, rule)
    yield from _abort_refusals(path, rule)


def _items(value: object) -> list[dict[str, Any]]:
    return [as_object(item) for item in as_list(value)]


def _filter_refusals(path: str, rule: Mapping[str, Any]) -> Iterator[Refusal]:
    chosen = as_object(rule.get("filter"))
    predicates = [name for name in chosen if chosen[name] is not None]
    if rule.get("prefix") and predicates:
        yield Refusal(path, INVALID_REQUEST, "Filter and the old Prefix can't both be given.")
    if len(predicates) > 1:
        message = f"a Filter has exactly one predicate; combine {', '.join(sorted(predicates))} with `and`."
        yield Refusal(path, MALFORMED, message)
    conjunction = as_object(chosen.get("and"))
    if "and" in predicates and _predicate_count(conjunction) < 2:
        yield Refusal(f"{path}.and", MALFORMED, "And needs at least two predicates.")
    for holder, where in ((chosen, path), (conjunction, f"{path}.and")):
        yield from _size_refusals(where, holder)


def _predicate_count(conjunction: Mapping[str, Any]) -> int:
    count = len(as_object(conjunction.get("tags")))
    return count + sum(name != "tags" and conjunction[name] is not None for name in conjunction)


def _size_refusals(path: str, holder: Mapping[str, Any]) -> Iterator[Refusal]:
    low, high = holder.get("objectSizeGreaterThan"), holder.get("objectSizeLessThan")
    for name, size, smallest in (("objectSizeGreaterThan", low, 0), ("objectSizeLessThan", high, 1)):
        if isinstance(size, int) and not smallest <= size <= LARGEST_OBJECT_BYTES:
            message = f"{name} must be between {smallest} and {LARGEST_OBJECT_BYTES} bytes, not {size}."
            yield Refusal(f"{path}.{name}", INVALID_REQUEST, message)
    if isinstance(low, int) and isinstance(high, int) and low >= high:
        message = f"ObjectSizeGreaterThan ({low}) must be less than ObjectSizeLessThan ({high})."
        yield Refusal(f"{path}.objectSizeGreaterThan", INVALID_REQUEST, message)


def _timing_refusals(path: str, action: Mapping[str, Any], smallest_days: int) -> Iterator[Refusal]:
    days, date = action.get("days"), action.get("date")
    if days is not None and date is not None:
        yield Refusal(path, MALFORMED, "Days and Date can't both be given.")
    if isinstance(days, int) and days < smallest_days:
        kind = "a positive integer" if smallest_days == 1 else "0 or a positive integer"
        yield Refusal(f"{path}.days", INVALID, f"'Days' must be {kind}, not {days}.")
    if isinstance(date, str) and not _is_midnight(date):
        yield Refusal(f"{path}.date", INVALID, f"'Date' must be at midnight GMT, not {date!r}.")


def _is_midnight(date: str) -> bool:
    try:
        moment = datetime.datetime.fromisoformat(date.replace("Z", "+00:00"))
    except ValueError:
        return False
    return moment.time() == datetime.time.min


def _transitions_refusals(path: str, rule: Mapping[str, Any]) -> Iterator[Refusal]:
    transitions = _items(rule.get("transitions"))
    for index, transition in enumerate(transitions):
        where = f"{path}.transitions[{index}]"
        yield from _class_refusals(f"{where}.storageClass", transition.get("storageClass"))
        yield from _timing_refusals(where, transition, 0)
        if transition.get("days") is None and transition.get("date") is None:
            yield Refusal(where, MALFORMED, "a transition needs Days or Date.")
    yield from _order_refusals(f"{path}.transitions", transitions, "days")
    kinds = {
        name
        for action in [*transitions, as_object(rule.get("expiration"))]
        for name in ("days", "date")
        if action.get(name)
    }
    if kinds == {"days", "date"} and transitions:
        message = "Found mixed 'Date' and 'Days' based actions in one rule for the same prefix."
        yield Refusal(path, INVALID_REQUEST, message)


def _class_refusals(path: str, storage_class: object) -> list[Refusal]:
    """Objects begin in STANDARD, so nothing goes there, and there are no other classes to go to."""
    return one_of(path, storage_class, STORAGE_CLASSES, MALFORMED)


def _order_refusals(path: str, transitions: list[dict[str, Any]], days_name: str) -> Iterator[Refusal]:
    classes = [item.get("storageClass") for item in transitions]
    known = [name for name in classes if isinstance(name, str)]
    for name in sorted({name for name in known if known.count(name) > 1}):
        yield Refusal(path, INVALID_REQUEST, f"'StorageClass' {name} must be different for each transition of a rule.")
    timed = [
        (item[days_name], STORAGE_CLASSES.index(item["storageClass"]))
        for item in transitions
        if isinstance(item.get(days_name), int) and item.get("storageClass") in STORAGE_CLASSES
    ]
    for (day, rank), (later_day, later_rank) in _neighbours(sorted(timed)):
        if later_rank < rank:
            message = (
                f"Objects can't move from {STORAGE_CLASSES[rank]} (day {day}) up to {STORAGE_CLASSES[later_rank]} "
                f"(day {later_day}): transitions only go down, {' > '.join(('STANDARD', *STORAGE_CLASSES))}."
            )
            yield Refusal(path, INVALID, message)
        elif later_day == day and later_rank != rank:
            message = f"two transitions on the same day {day}: 'Days' of the colder class must be greater."
            yield Refusal(path, INVALID, message)


def _neighbours(items: list[tuple[int, int]]) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    yield from itertools.pairwise(items)


def _expiration_refusals(path: str, rule: Mapping[str, Any]) -> Iterator[Refusal]:
    expiration = as_object(rule.get("expiration"))
    if not expiration:
        return
    where = f"{path}.expiration"
    yield from _timing_refusals(where, expiration, 1)
    marker = expiration.get("expiredObjectDeleteMarker")
    if marker is not None and (expiration.get("days") is not None or expiration.get("date") is not None):
        yield Refusal(where, MALFORMED, "ExpiredObjectDeleteMarker can't be given together with Days or Date.")
    if marker is True and _has_tags(rule):
        message = "ExpiredObjectDeleteMarker cannot be specified with tags in the filter."
        yield Refusal(where, INVALID_REQUEST, message)
    days = expiration.get("days")
    for transition in _items(rule.get("transitions")):
        day = transition.get("days")
        if isinstance(days, int) and isinstance(day, int) and days <= day:
            message = (
                f"'Days' in the Expiration action ({days}) must be greater than 'Days' in the Transition action "
                f"({day}, {transition.get('storageClass')})."
            )
            yield Refusal(f"{where}.days", INVALID, message)


def _has_tags(rule: Mapping[str, Any]) -> bool:
    chosen = as_object(rule.get("filter"))
    return bool(chosen.get("tag") or as_object(chosen.get("and")).get("tags"))


def _has_sizes(rule: Mapping[str, Any]) -> bool:
    chosen = as_object(rule.get("filter"))
    names = ("objectSizeGreaterThan", "objectSizeLessThan")
    return any(holder.get(name) is not None for holder in (chosen, as_object(chosen.get("and"))) for name in names)


def _noncurrent_refusals(path: str, rule: Mapping[str, Any]) -> Iterator[Refusal]:
    expiration = as_object(rule.get("noncurrentVersionExpiration"))
    transitions = _items(rule.get("noncurrentVersionTransitions"))
    actions = [(f"{path}.noncurrentVersionExpiration", expiration, 1)] if expiration else []
    actions += [(f"{path}.noncurrentVersionTransitions[{index}]", item, 0) for index, item in enumerate(transitions)]
    for where, action, smallest in actions:
        days, kept = action.get("noncurrentDays"), action.get("newerNoncurrentVersions")
        if isinstance(days, int) and days < smallest:
            yield Refusal(
                f"{where}.noncurrentDays", INVALID, f"'NoncurrentDays' must be at least {smallest}, not {days}."
            )
        if isinstance(kept, int) and not 1 <= kept <= MOST_NONCURRENT_VERSIONS:
            message = f"'NewerNoncurrentVersions' must be between 1 and {MOST_NONCURRENT_VERSIONS}, not {kept}."
            yield Refusal(f"{where}.newerNoncurrentVersions", INVALID, message)
    for index, item in enumerate(transitions):
        yield from _class_refusals(
            f"{path}.noncurrentVersionTransitions[{index}].storageClass", item.get("storageClass")
        )
    yield from _order_refusals(f"{path}.noncurrentVersionTransitions", transitions, "noncurrentDays")
    ends = expiration.get("noncurrentDays")
    for item in transitions:
        day = item.get("noncurrentDays")
        if isinstance(ends, int) and isinstance(day, int) and ends <= day:
            message = (
                f"'NoncurrentDays' of the expiration ({ends}) must be greater than that of the transition ({day})."
            )
            yield Refusal(f"{path}.noncurrentVersionExpiration.noncurrentDays", INVALID, message)


def _abort_refusals(path: str, rule: Mapping[str, Any]) -> Iterator[Refusal]:
    abort = as_object(rule.get("abortIncompleteMultipartUpload"))
    if not abort:
        return
    where = f"{path}.abortIncompleteMultipartUpload"
    days = abort.get("daysAfterInitiation")
    if days is None:
        yield Refusal(where, MALFORMED, "AbortIncompleteMultipartUpload needs DaysAfterInitiation.")
    if isinstance(days, int) and days < 1:
        yield Refusal(f"{where}.daysAfterInitiation", INVALID, f"'DaysAfterInitiation' must be positive, not {days}.")
    if _has_tags(rule) or _has_sizes(rule):
        message = "AbortIncompleteMultipartUpload cannot be specified with tags or object sizes in the filter."
        yield Refusal(where, INVALID_REQUEST, message)
