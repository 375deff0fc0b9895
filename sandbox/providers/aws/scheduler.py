"""EventBridge Scheduler: groups and schedules. The simulated service keeps them; nothing is called at their times."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

from sandbox.providers.aws.cloud import AwsCloud, AwsType, Record, change_tags, gone_if, tag_list, tag_map
from sandbox.providers.narrow import as_object, is_object
from sandbox.providers.properties import Properties
from sandbox.providers.rules import Refusal
from sandbox.providers.rules import scheduler as rules

NOT_FOUND = "ResourceNotFoundException"
DEFAULT_GROUP = "default"
SENT = (
    "name", "groupName", "description", "state", "scheduleExpression", "scheduleExpressionTimezone",
    "flexibleTimeWindow", "target",
)  # fmt: skip


class ScheduleGroup(AwsType):
    token = "aws:scheduler/scheduleGroup:ScheduleGroup"
    name_property = "name"
    name_limit = 64
    tagged = True
    replace = frozenset({"name", "namePrefix"})

    def create(self, cloud: AwsCloud, inputs: Properties) -> str:
        cloud.client("scheduler").create_schedule_group(Name=inputs["name"], Tags=tag_list(inputs.get("tagsAll")))
        return str(inputs["name"])

    def read(self, cloud: AwsCloud, resource_id: str, known: Properties) -> Properties:
        scheduler = cloud.client("scheduler")
        with gone_if(NOT_FOUND):
            group: Record = scheduler.get_schedule_group(Name=resource_id)
        tags = scheduler.list_tags_for_resource(ResourceArn=group["Arn"])["Tags"]
        return {"arn": group["Arn"], "name": group["Name"], "state": group["State"], "tagsAll": tag_map(tags)}

    def update(
        self, cloud: AwsCloud, resource_id: str, state: Properties, inputs: Properties, changed: frozenset[str]
    ) -> None:
        scheduler = cloud.client("scheduler")
        change_tags(
            state,
            inputs,
            changed,
            lambda tags: scheduler.tag_resource(ResourceArn=state["arn"], Tags=tag_list(tags)),
            lambda keys: scheduler.untag_resource(ResourceArn=state["arn"], TagKeys=keys),
        )

    def delete(self, cloud: AwsCloud, resource_id: str, state: Properties) -> None:
        with gone_if(NOT_FOUND):
            cloud.client("scheduler").get_schedule_group(Name=resource_id)  # moto breaks on deleting what isn't there
        cloud.client("scheduler").delete_schedule_group(Name=resource_id)


class Schedule(AwsType):
    token = "aws:scheduler/schedule:Schedule"
    name_property = "name"
    name_limit = 64
    replace = frozenset({"name", "namePrefix", "groupName"})
    defaults: ClassVar[Mapping[str, Any]] = {
        "groupName": DEFAULT_GROUP,
        "scheduleExpressionTimezone": "UTC",
        "state": "ENABLED",
    }

    def check(self, inputs: Properties) -> Iterable[Refusal]:
        return rules.schedule_refusals(inputs)

    def create(self, cloud: AwsCloud, inputs: Properties) -> str:
        cloud.client("scheduler").create_schedule(**_request(inputs))
        return f"{inputs.get('groupName', DEFAULT_GROUP)}/{inputs['name']}"

    def read(self, cloud: AwsCloud, resource_id: str, known: Properties) -> Properties:
        group, _, name = resource_id.partition("/")
        with gone_if(NOT_FOUND):
            found: Record = cloud.client("scheduler").get_schedule(GroupName=group, Name=name)
        kept = {_lower(key): value for key, value in found.items()}
        actual: Properties = {"arn": found["Arn"], "description": found.get("Description") or None}
        for one in SENT:
            if one != "description":
                actual[one] = _renamed(as_object(kept[one]), _lower) if is_object(kept[one]) else kept[one]
        return actual

    def update(
        self, cloud: AwsCloud, resource_id: str, state: Properties, inputs: Properties, changed: frozenset[str]
    ) -> None:
        # The API replaces the whole schedule: what isn't said goes back to its default.
        cloud.client("scheduler").update_schedule(**_request(inputs))

    def delete(self, cloud: AwsCloud, resource_id: str, state: Properties) -> None:
        group, _, name = resource_id.partition("/")
        with gone_if(NOT_FOUND):
            cloud.client("scheduler").delete_schedule(GroupName=group, Name=name)


def _request(inputs: Properties) -> Record:
    # moto forgets a default that an update doesn't say.
    whole = {**Schedule.defaults, **inputs}
    said: Record = {_upper(name): whole[name] for name in SENT if whole.get(name) is not None}
    return {name: _renamed(as_object(one), _upper) if is_object(one) else one for name, one in said.items()}


def _renamed(value: Mapping[str, Any], rename: Callable[[str], str]) -> dict[str, Any]:
    return {rename(name): _renamed(as_object(one), rename) if is_object(one) else one for name, one in value.items()}


def _upper(name: str) -> str:
    return name[0].upper() + name[1:]


def _lower(name: str) -> str:
    return name[0].lower() + name[1:]
