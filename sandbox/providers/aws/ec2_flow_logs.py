"""EC2: flow logs of a VPC, subnet or network interface."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from sandbox.providers.aws.cloud import AwsCloud, AwsType, given, gone_if, tag_map
from sandbox.providers.aws.ec2_tags import describe_one, tag_specifications, update_ec2_tags
from sandbox.providers.properties import Properties
from sandbox.providers.rules import Refusal
from sandbox.providers.rules import ec2 as rules

NO_FLOW_LOG = ("InvalidFlowLogId.NotFound",)
WATCHED = {"vpcId": "VPC", "subnetId": "Subnet", "eniId": "NetworkInterface"}


class FlowLog(AwsType):
    token = "aws:ec2/flowLog:FlowLog"
    tagged = True
    replace = frozenset(
        {*WATCHED, "trafficType", "logDestinationType", "logDestination", "iamRoleArn", "logFormat",
         "maxAggregationInterval"}
    )  # fmt: skip
    computed_inputs = frozenset({"logDestination", "logFormat"})
    defaults: ClassVar[Mapping[str, Any]] = {"logDestinationType": "cloud-watch-logs", "maxAggregationInterval": 600}

    def check(self, inputs: Properties) -> Iterable[Refusal]:
        return rules.flow_log_refusals(inputs)

    def create(self, cloud: AwsCloud, inputs: Properties) -> str:
        watched = next(name for name in WATCHED if inputs.get(name))
        names = {
            "trafficType": "TrafficType",
            "logDestinationType": "LogDestinationType",
            "iamRoleArn": "DeliverLogsPermissionArn",
            "maxAggregationInterval": "MaxAggregationInterval",
            "logFormat": "LogFormat",
        }
        parameters = given(inputs, names)
        destination = str(inputs["logDestination"])
        if inputs["logDestinationType"] == "cloud-watch-logs":
            parameters["LogGroupName"] = destination.partition(":log-group:")[2].removesuffix(":*")
        else:
            parameters["LogDestination"] = destination
        answer = cloud.client("ec2").create_flow_logs(
            ResourceIds=[inputs[watched]],
            ResourceType=WATCHED[watched],
            TagSpecifications=tag_specifications("vpc-flow-log", inputs),
            **parameters,
        )
        return str(answer["FlowLogIds"][0])

    def read(self, cloud: AwsCloud, resource_id: str, known: Properties) -> Properties:
        found = describe_one(cloud, "describe_flow_logs", "FlowLogs", NO_FLOW_LOG, FlowLogIds=[resource_id])
        kept = {name: known[name] for name in ("vpcId", "subnetId", "eniId", "logDestination") if name in known}
        return {
            **kept,
            "arn": cloud.arn("ec2", f"vpc-flow-log/{resource_id}"),
            "trafficType": found["TrafficType"],
            "logDestinationType": found["LogDestinationType"],
            "iamRoleArn": found.get("DeliverLogsPermissionArn"),
            "maxAggregationInterval": found["MaxAggregationInterval"],
            "logFormat": found["LogFormat"],
            "tagsAll": tag_map(found.get("Tags")),
        }

    def update(
        self, cloud: AwsCloud, resource_id: str, state: Properties, inputs: Properties, changed: frozenset[str]
    ) -> None:
        update_ec2_tags(cloud, resource_id, state, inputs, changed)

    def delete(self, cloud: AwsCloud, resource_id: str, state: Properties) -> None:
        with gone_if(*NO_FLOW_LOG):
            cloud.client("ec2").delete_flow_logs(FlowLogIds=[resource_id])
