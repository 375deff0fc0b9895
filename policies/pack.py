"""The rules as a CrossGuard pack: engine objects in, plain resources to the rules, findings out."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pulumi_policy import (
    EnforcementLevel,
    PolicyPack,
    PolicyResource,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UnknownValueError

from policies.facts import UNKNOWN, Property, Resource
from policies.rule import ResourceRule, StackRule
from policies.rules import RULES

PACK_NAME = "lgtm-platform"


def build_pack() -> PolicyPack:
    """Serves the pack to the engine that started this process."""
    return PolicyPack(
        name=PACK_NAME,
        enforcement_level=EnforcementLevel.MANDATORY,
        policies=[_policy(rule) for rule in RULES],
    )


def _policy(rule: ResourceRule | StackRule) -> ResourceValidationPolicy | StackValidationPolicy:
    if isinstance(rule, ResourceRule):
        return ResourceValidationPolicy(
            name=rule.id, display_name=rule.title, description=f"{rule.title}. {rule.why}", remediation_steps=rule.fix,
            validate=_judge_resource(rule),
        )  # fmt: skip
    return StackValidationPolicy(
        name=rule.id, display_name=rule.title, description=f"{rule.title}. {rule.why}", remediation_steps=rule.fix,
        validate=_judge_stack(rule),
    )  # fmt: skip


def _judge_resource(rule: ResourceRule) -> Callable[[ResourceValidationArgs, Callable[..., None]], None]:
    def judge(args: ResourceValidationArgs, report: Callable[..., None]) -> None:
        resource = Resource(args.resource_type, args.name, args.urn, _table(args.props))
        for message in rule.check(resource):
            report(f"{args.name}: {message}. Fix: {rule.fix}")

    return judge


def _judge_stack(rule: StackRule) -> Callable[[StackValidationArgs, Callable[..., None]], None]:
    def judge(args: StackValidationArgs, report: Callable[..., None]) -> None:
        resources = [_resource(item) for item in args.resources]
        names = {resource.urn: resource.name for resource in resources}
        for finding in rule.check(resources):
            report(f"{names.get(finding.urn, finding.urn)}: {finding.message}. Fix: {rule.fix}", finding.urn)

    return judge


def _resource(item: PolicyResource) -> Resource:
    dependencies = {key: frozenset(owner.urn for owner in owners) for key, owners in item.property_dependencies.items()}
    return Resource(item.resource_type, item.name, item.urn, _table(item.props), dependencies)


def _table(props: Mapping[str, Any]) -> Mapping[str, Property]:
    """A plain copy in which what preview can't know is UNKNOWN: the SDK's proxies raise on touching it."""
    return {key: _value(lambda key=key: props[key]) for key in props}


def _value(read: Callable[[], Any]) -> Property:
    try:
        value = read()
    except UnknownValueError:
        return UNKNOWN
    if isinstance(value, Mapping):
        return _table(value)  # pyright: ignore[reportUnknownArgumentType]
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_value(lambda index=index: value[index]) for index in range(len(value))]  # pyright: ignore[reportUnknownArgumentType, reportUnknownLambdaType]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return str(value)
