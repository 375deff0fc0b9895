"""What EC2 refuses: address ranges, rule ports, endpoint services, and instance types of launch templates."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from typing import Any

from sandbox.providers.narrow import as_list, as_object
from sandbox.providers.rules.instances import instance_type_refusals
from sandbox.providers.rules.refusal import Refusal, nearest, one_of

GATEWAY_SERVICES = ("s3", "dynamodb")
# The services an observability platform may want to reach without a NAT gateway. Not every service that AWS has.
INTERFACE_SERVICES = (
    "s3", "dynamodb", "ec2", "ec2messages", "ecr.api", "ecr.dkr", "eks", "eks-auth", "elasticfilesystem",
    "elasticloadbalancing", "autoscaling", "events", "kms", "lambda", "logs", "monitoring", "secretsmanager", "sns",
    "sqs", "ssm", "ssmmessages", "sts", "xray", "aps", "aps-workspaces", "grafana", "grafana-workspace", "execute-api",
    "firehose", "kinesis-streams", "cloudtrail", "config", "backup", "acm-pca", "athena", "glue", "guardduty-data",
    "ebs",
)  # fmt: skip
PROTOCOL_NUMBERS = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6", "all": "-1"}
VOLUME_TYPES = ("gp2", "gp3", "io1", "io2", "st1", "sc1", "standard")
HTTP_TOKENS = ("required", "optional")
LARGEST_HOP_LIMIT = 64


def protocol_name(protocol: str) -> str:
    """The name EC2 shows for a protocol given by number."""
    return PROTOCOL_NUMBERS.get(protocol.lower(), protocol.lower())


def vpc_refusals(inputs: Mapping[str, Any]) -> list[Refusal]:
    """IPv4 ranges of a VPC are between /16 and /28."""
    cidr = inputs.get("cidrBlock")
    if not isinstance(cidr, str):
        return []
    try:
        network = ipaddress.IPv4Network(cidr)
    except ValueError as error:
        return [
            Refusal("cidrBlock", "InvalidParameterValue", f"Value ({cidr}) for parameter cidrBlock is invalid: {error}")
        ]
    if 16 <= network.prefixlen <= 28:
        return []
    return [Refusal("cidrBlock", "InvalidVpc.Range", f"The CIDR '{cidr}' is invalid: it must be between /16 and /28.")]


def security_group_rule_refusals(inputs: Mapping[str, Any]) -> list[Refusal]:
    """A rule has exactly one peer, and ports unless it is for all protocols."""
    peers = ("cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId")
    refusals: list[Refusal] = []
    if sum(inputs.get(name) is not None for name in peers) != 1:
        message = f"a rule needs exactly one of {', '.join(peers)}."
        refusals.append(Refusal("cidrIpv4", "InvalidParameterCombination", message))
    protocol = inputs.get("ipProtocol")
    if isinstance(protocol, str) and protocol_name(protocol) in ("tcp", "udp"):
        refusals += [
            Refusal(name, "InvalidParameterValue", f"{name} is required for protocol {protocol}.")
            for name in ("fromPort", "toPort")
            if inputs.get(name) is None
        ]
        low, high = inputs.get("fromPort"), inputs.get("toPort")
        if isinstance(low, int) and isinstance(high, int) and not 0 <= low <= high <= 65535:
            message = f"Invalid TCP/UDP port range ({low}:{high})"
            refusals.append(Refusal("fromPort", "InvalidParameterValue", message))
    cidr = inputs.get("cidrIpv4")
    if isinstance(cidr, str):
        try:
            ipaddress.IPv4Network(cidr)
        except ValueError as error:
            refusals.append(Refusal("cidrIpv4", "InvalidParameterValue", f"CIDR block {cidr} is malformed: {error}"))
    return refusals


def vpc_endpoint_refusals(inputs: Mapping[str, Any]) -> list[Refusal]:
    """Refuse services that don't exist, and parameters of the other endpoint type."""
    kind = inputs.get("vpcEndpointType", "Gateway")
    known = ("Gateway", "Interface", "GatewayLoadBalancer", "Resource", "ServiceNetwork")
    refusals = one_of("vpcEndpointType", kind, known, "InvalidParameter")
    service = inputs.get("serviceName")
    if isinstance(service, str) and kind in ("Gateway", "Interface"):
        refusals += _service_refusals(service, GATEWAY_SERVICES if kind == "Gateway" else INTERFACE_SERVICES)
    wrong = (
        ("subnetIds", "securityGroupIds") if kind == "Gateway" else ("routeTableIds",) if kind == "Interface" else ()
    )
    refusals += [
        Refusal(name, "InvalidParameter", f"{name} can't be given for an endpoint of type {kind}.")
        for name in wrong
        if as_list(inputs.get(name))
    ]
    return refusals


def flow_log_refusals(inputs: Mapping[str, Any]) -> list[Refusal]:
    """One thing to watch, known words, and a role for CloudWatch Logs (EC2 API reference, CreateFlowLogs)."""
    watched = [name for name in ("vpcId", "subnetId", "eniId", "transitGatewayId") if inputs.get(name)]
    refusals = one_of("trafficType", inputs.get("trafficType", "ALL"), ("ACCEPT", "REJECT", "ALL"), "InvalidParameter")
    kind = inputs.get("logDestinationType", "cloud-watch-logs")
    refusals += one_of("logDestinationType", kind, ("cloud-watch-logs", "s3"), "InvalidParameter")
    if len(watched) != 1:
        refusals.append(Refusal("vpcId", "InvalidParameter", f"One resource to watch, not {len(watched)}"))
    if inputs.get("maxAggregationInterval", 600) not in (60, 600):
        message = "Invalid Flow Log Max Aggregation Interval: accepted are 60 and 600."
        refusals.append(Refusal("maxAggregationInterval", "InvalidParameter", message))
    if kind == "cloud-watch-logs" and not inputs.get("iamRoleArn", "unknown yet"):
        message = "DeliverLogsPermissionArn can't be empty if LogDestinationType is cloud-watch-logs."
        refusals.append(Refusal("iamRoleArn", "InvalidParameter", message))
    return refusals


def _service_refusals(service: str, services: tuple[str, ...]) -> list[Refusal]:
    if service.startswith("com.amazonaws.vpce."):
        return []
    match = re.fullmatch(r"com\.amazonaws\.[a-z]{2}(-[a-z]+)+-\d\.(?P<service>.+)", service)
    if match is not None and match["service"] in services:
        return []
    hint = nearest(match["service"], services) if match else " It has the form com.amazonaws.<region>.<service>."
    return [
        Refusal("serviceName", "InvalidServiceName", f"The Vpc Endpoint Service '{service}' does not exist.{hint}"),
    ]


def launch_template_refusals(inputs: Mapping[str, Any]) -> list[Refusal]:
    """Instance type, metadata options and volumes of a launch template."""
    refusals = instance_type_refusals("instanceType", inputs.get("instanceType"), "InvalidInstanceType")
    options = as_object(inputs.get("metadataOptions"))
    refusals += one_of("metadataOptions.httpTokens", options.get("httpTokens"), HTTP_TOKENS, "InvalidParameterValue")
    limit = options.get("httpPutResponseHopLimit")
    if isinstance(limit, int) and not 1 <= limit <= LARGEST_HOP_LIMIT:
        message = f"The hop limit must be between 1 and {LARGEST_HOP_LIMIT}, not {limit}."
        refusals.append(Refusal("metadataOptions.httpPutResponseHopLimit", "InvalidParameterValue", message))
    for index, mapping in enumerate(as_list(inputs.get("blockDeviceMappings"))):
        volume = as_object(as_object(mapping).get("ebs"))
        refusals += _volume_refusals(f"blockDeviceMappings[{index}].ebs", volume)
    return refusals


def _volume_refusals(path: str, volume: Mapping[str, Any]) -> list[Refusal]:
    kind, size, iops = volume.get("volumeType"), volume.get("volumeSize"), volume.get("iops")
    throughput = volume.get("throughput")
    refusals = one_of(f"{path}.volumeType", kind, VOLUME_TYPES, "InvalidParameterValue")
    if kind == "gp3" and isinstance(size, int) and not 1 <= size <= 65536:
        message = f"a gp3 volume has 1 to 65536 GiB, not {size}."
        refusals.append(Refusal(f"{path}.volumeSize", "InvalidParameterValue", message))
    if kind == "gp3" and isinstance(iops, int) and not 3000 <= iops <= 80000:
        message = f"a gp3 volume has 3000 to 80000 IOPS, not {iops}."
        refusals.append(Refusal(f"{path}.iops", "InvalidParameterValue", message))
    if isinstance(throughput, int) and kind in ("gp2", "io1", "io2", "st1", "sc1", "standard"):
        message = f"The parameter throughput is not supported for {kind} volumes."
        refusals.append(Refusal(f"{path}.throughput", "InvalidParameterCombination", message))
    return refusals
