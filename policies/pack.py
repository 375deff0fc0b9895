"""The rules as a CrossGuard pack: engine objects in, plain resources to the rules, violations out."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from pulumi_policy import (
    EnforcementLevel,
    PolicyConfigSchema,
    PolicyPack,
    PolicyResource,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    Severity,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UnknownValueError

from planning.aws.types import STACK
from planning.registered import UNKNOWN, Property, Resource
from policies.configuration import CONFIG_FOLDER, ConfigurationError, limits_for, stack_of
from policies.facts import canonical_type, has_unknown
from policies.judge import EvaluationContext, ExceptionUsage, Judgement, judge
from policies.limits import Limits, config_schema
from policies.rule import ExceptionRule, JudgingRule, ResourceRule, Rule, StackRule, looks_at
from policies.rules import EXCEPTION_RULES, RULES

PACK_NAME = "lgtm-platform"

Report = Callable[..., None]
Policy = ResourceValidationPolicy | StackValidationPolicy


def build_pack() -> PolicyPack:
    """Serves the pack to the engine that started this process."""
    adapter = Adapter()
    return PolicyPack(
        name=PACK_NAME,
        enforcement_level=EnforcementLevel.MANDATORY,
        # The engine's order is this one: exceptions are judged after every rule that may have used one.
        policies=[adapter.policy(rule) for rule in (*RULES, *EXCEPTION_RULES)],
    )


class Adapter:
    """Rules as policies of the SDK, with what one process remembers between the engine's calls."""

    def __init__(self, config_folder: Path = CONFIG_FOLDER) -> None:
        self._config_folder = config_folder
        self._usage = ExceptionUsage()
        self._inputs: dict[str, Mapping[str, Property]] = {}
        self._complete: set[str] = set()
        self._limits: dict[tuple[str, str], Limits | ConfigurationError] = {}

    def policy(self, rule: Rule) -> Policy:
        """One rule as the SDK wants it."""
        common: dict[str, Any] = {
            "name": rule.id,
            "display_name": rule.title,
            "description": f"{rule.title}. {rule.why}",
            "remediation_steps": rule.fix,
            "enforcement_level": EnforcementLevel(rule.level.value),
            "severity": Severity(rule.severity.value),
            "tags": [rule.subject.value.lower()],
        }
        if isinstance(rule, ExceptionRule):
            return StackValidationPolicy(**common, validate=self._judge_exceptions(rule))
        common["config_schema"] = PolicyConfigSchema(config_schema(rule.limits))
        if isinstance(rule, ResourceRule):
            return ResourceValidationPolicy(**common, validate=self._judge_resource(rule))
        return StackValidationPolicy(**common, validate=self._judge_stack(rule))

    def _judge_resource(self, rule: ResourceRule[Any]) -> Callable[[ResourceValidationArgs, Report], None]:
        def validate(args: ResourceValidationArgs, report: Report) -> None:
            limits = self._limits_of(rule, stack_of(args.urn), args.get_config())
            if isinstance(limits, ConfigurationError):
                # The root comes first and is always there: once is enough.
                if args.resource_type == STACK:
                    report(str(limits))
                return
            type_token = canonical_type(args.resource_type)
            if not looks_at(rule, type_token):
                if args.urn not in self._inputs:  # a stack rule may look at it
                    self._inputs_of(args)
                return
            inputs = self._inputs_of(args)
            resource = Resource(type_token, args.name, args.urn, inputs, protect=bool(args.opts.protect))
            context = EvaluationContext({args.urn: args.name}, args.urn, date.today())
            _tell(judge(rule, rule.check(resource, limits), limits, context, self._usage), args, report)

        return validate

    def _judge_stack(self, rule: StackRule[Any]) -> Callable[[StackValidationArgs, Report], None]:
        def validate(args: StackValidationArgs, report: Report) -> None:
            names = {item.urn: item.name for item in args.resources}
            root = next((item.urn for item in args.resources if item.resource_type == STACK), "")
            limits = self._limits_of(rule, stack_of(next(iter(names), "")), args.get_config())
            if isinstance(limits, ConfigurationError):
                report(str(limits))
                return
            resources = [
                _resource(item, self._inputs.get(item.urn, {}))
                for item in args.resources
                if looks_at(rule, canonical_type(item.resource_type))
            ]
            context = EvaluationContext(names, root, date.today())
            _tell(judge(rule, rule.check(resources, limits), limits, context, self._usage), args, report)

        return validate

    def _judge_exceptions(self, rule: ExceptionRule) -> Callable[[StackValidationArgs, Report], None]:
        def validate(_: StackValidationArgs, report: Report) -> None:
            for violation in rule.check(self._usage.uses(), date.today()):
                report(f"{violation.message}. Fix: {rule.fix}")

        return validate

    def _inputs_of(self, args: ResourceValidationArgs) -> Mapping[str, Property]:
        """The inputs of a resource, read again only while something in them is not yet known."""
        if args.urn not in self._complete:
            self._inputs[args.urn] = _table(args.props)
            if not has_unknown(self._inputs[args.urn]):
                self._complete.add(args.urn)
        return self._inputs[args.urn]

    def _limits_of(self, rule: JudgingRule, stack: str, given: Mapping[str, Any] | None) -> Limits | ConfigurationError:
        """The engine configures a process once, so each rule's limits are read once a stack."""
        key = (rule.id, stack)
        if key not in self._limits:
            try:
                limits = limits_for(rule, stack, given, self._config_folder)
                self._usage.enter(rule.id, limits.exceptions)
                self._limits[key] = limits
            except ConfigurationError as error:
                self._limits[key] = error
        return self._limits[key]


def _tell(judgement: Judgement, args: ResourceValidationArgs | StackValidationArgs, report: Report) -> None:
    for violation in judgement.violations:
        report(violation.message, violation.urn or None)
    if judgement.not_yet_known and not judgement.violations:
        args.not_applicable(judgement.reason)


def _resource(item: PolicyResource, inputs: Mapping[str, Property]) -> Resource:
    """With its inputs: stack policies get outputs, which a preview lacks where the provider isn't configured yet."""
    properties = dict(_table(item.props))
    for key, value in inputs.items():
        if not has_unknown(value) or key not in properties or has_unknown(properties[key]):
            properties[key] = value
    dependencies = {key: frozenset(owner.urn for owner in owners) for key, owners in item.property_dependencies.items()}
    parent = item.parent.urn if item.parent else None
    type_token = canonical_type(item.resource_type)
    return Resource(type_token, item.name, item.urn, properties, dependencies, parent, bool(item.opts.protect))


def _table(props: Mapping[str, Any]) -> Mapping[str, Property]:
    """A plain copy in which what preview can't know is UNKNOWN: the SDK's proxies raise on touching it."""
    return dict(_entries(props))


def _entries(props: Mapping[str, Any]) -> Iterator[tuple[str, Property]]:
    for key in props:
        try:
            value = props[key]
        except UnknownValueError:
            yield key, UNKNOWN
        else:
            yield key, _value(value)


def _items(values: Sequence[Any]) -> Iterator[Property]:
    for index in range(len(values)):
        try:
            value = values[index]
        except UnknownValueError:
            yield UNKNOWN
        else:
            yield _value(value)


def _value(value: Any) -> Property:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Mapping):
        return _table(value)  # pyright: ignore[reportUnknownArgumentType]
    if isinstance(value, Sequence):
        return list(_items(value))  # pyright: ignore[reportUnknownArgumentType]
    return str(value)
