"""EventBridge: rules on the default bus, and their targets. The simulated bus carries nothing by itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from sandbox.providers.aws.cloud import AwsCloud, AwsType, Record, change_tags, given, gone_if, tag_list, tag_map
from sandbox.providers.properties import Properties
from sandbox.providers.resource import ProviderError, ResourceGoneError

NOT_FOUND = "ResourceNotFoundException"
BUS = "default"
RULE = {
    "name": "Name", "description": "Description", "eventPattern": "EventPattern",
    "scheduleExpression": "ScheduleExpression", "state": "State",
}  # fmt: skip


class EventRule(AwsType):
    token = "aws:cloudwatch/eventRule:EventRule"
    name_property = "name"
    name_limit = 64
    tagged = True
    replace = frozenset({"name", "namePrefix", "eventBusName"})
    documents = frozenset({"eventPattern"})
    defaults: ClassVar[Mapping[str, Any]] = {"eventBusName": BUS, "forceDestroy": False, "state": "ENABLED"}

    def create(self, cloud: AwsCloud, inputs: Properties) -> str:
        cloud.client("events").put_rule(**given(inputs, RULE), Tags=tag_list(inputs.get("tagsAll")))
        return str(inputs["name"])

    def read(self, cloud: AwsCloud, resource_id: str, known: Properties) -> Properties:
        events = cloud.client("events")
        with gone_if(NOT_FOUND):
            rule: Record = events.describe_rule(Name=resource_id)
        tags = events.list_tags_for_resource(ResourceARN=rule["Arn"])["Tags"]
        said = {name: rule.get(api) or None for name, api in RULE.items()}
        return {**said, "arn": rule["Arn"], "eventBusName": BUS, "tagsAll": tag_map(tags)}

    def update(
        self, cloud: AwsCloud, resource_id: str, state: Properties, inputs: Properties, changed: frozenset[str]
    ) -> None:
        events = cloud.client("events")
        if changed & set(RULE):
            events.put_rule(**given(inputs, RULE))
        change_tags(
            state,
            inputs,
            changed,
            lambda tags: events.tag_resource(ResourceARN=state["arn"], Tags=tag_list(tags)),
            lambda keys: events.untag_resource(ResourceARN=state["arn"], TagKeys=keys),
        )

    def delete(self, cloud: AwsCloud, resource_id: str, state: Properties) -> None:
        with gone_if(NOT_FOUND):
            # As the service: a rule with targets stays.
            targets: list[Record] = cloud.client("events").list_targets_by_rule(Rule=resource_id)["Targets"]
            if targets:
                raise ProviderError("ValidationException: Rule can't be deleted since it has targets.")
            cloud.client("events").delete_rule(Name=resource_id)


class EventTarget(AwsType):
    token = "aws:cloudwatch/eventTarget:EventTarget"
    replace = frozenset({"rule", "targetId", "eventBusName"})
    defaults: ClassVar[Mapping[str, Any]] = {"eventBusName": BUS, "forceDestroy": False}
    computed_inputs = frozenset({"targetId"})

    def create(self, cloud: AwsCloud, inputs: Properties) -> str:
        target = inputs.get("targetId") or "target"
        self._put(cloud, inputs["rule"], target, inputs["arn"])
        return f"{inputs['rule']}-{target}"

    def read(self, cloud: AwsCloud, resource_id: str, known: Properties) -> Properties:
        rule = str(known["rule"])
        with gone_if(NOT_FOUND):
            targets: list[Record] = cloud.client("events").list_targets_by_rule(Rule=rule)["Targets"]
        for target in targets:
            if f"{rule}-{target['Id']}" == resource_id:
                return {"rule": rule, "targetId": target["Id"], "arn": target["Arn"], "eventBusName": BUS}
        raise ResourceGoneError(resource_id)

    def update(
        self, cloud: AwsCloud, resource_id: str, state: Properties, inputs: Properties, changed: frozenset[str]
    ) -> None:
        self._put(cloud, state["rule"], state["targetId"], inputs["arn"])

    def delete(self, cloud: AwsCloud, resource_id: str, state: Properties) -> None:
        with gone_if(NOT_FOUND):
            cloud.client("events").remove_targets(Rule=state["rule"], Ids=[state["targetId"]])

    def _put(self, cloud: AwsCloud, rule: str, target: str, arn: str) -> None:
        answer: Record = cloud.client("events").put_targets(Rule=rule, Targets=[{"Id": target, "Arn": arn}])
        if answer.get("FailedEntryCount"):
            raise ProviderError(f"{answer['FailedEntries'][0]['ErrorCode']}: target {target} of rule {rule}")
