"""Grafana's data sources in the account: CloudWatch, which is part of Grafana, and X-Ray, which is a plugin.

Sources: Grafana documentation, "Amazon CloudWatch data source" (provisioning, IAM policies); Grafana plugins, "AWS
Application Signals data source", formerly X-Ray (configure, IAM policy; reviewed 2026-04-16); AWS, managed policy
AmazonGrafanaCloudWatchAccess (2023-03-24).
"""

from collections.abc import Collection
from typing import Any

from settings.models.grafana import AwsDataSource

XRAY_PLUGIN = "grafana-x-ray-datasource"
_TYPES = {
    AwsDataSource.CLOUDWATCH: ("CloudWatch", "cloudwatch"),
    AwsDataSource.XRAY: ("X-Ray", XRAY_PLUGIN),
}
# What each asks AWS; none of it can be narrowed to a resource but what is asked of log groups.
ACTIONS = {
    AwsDataSource.CLOUDWATCH: (
        "cloudwatch:DescribeAlarmHistory",
        "cloudwatch:DescribeAlarms",
        "cloudwatch:DescribeAlarmsForMetric",
        "cloudwatch:GetMetricData",
        "cloudwatch:ListMetrics",
        "ec2:DescribeInstances",
        "ec2:DescribeRegions",
        "ec2:DescribeTags",
        "tag:GetResources",
    ),
    AwsDataSource.CLOUDWATCH_LOGS: ("logs:DescribeLogGroups", "logs:GetQueryResults", "logs:StopQuery"),
    AwsDataSource.XRAY: (
        "ec2:DescribeRegions",
        "xray:BatchGetTraces",
        "xray:GetGroups",
        "xray:GetInsight",
        "xray:GetInsightSummaries",
        "xray:GetServiceGraph",
        "xray:GetTimeSeriesServiceStatistics",
        "xray:GetTraceGraph",
        "xray:GetTraceSummaries",
    ),
}
LOG_GROUP_ACTIONS = ("logs:GetLogEvents", "logs:GetLogGroupFields", "logs:StartQuery")


def aws_datasources(chosen: Collection[AwsDataSource], region: str) -> list[dict[str, Any]]:
    """The provisioning entries; credentials are the pod's own."""
    return [
        {
            "name": name,
            "uid": source.value,
            "type": kind,
            "access": "proxy",
            "editable": False,
            "jsonData": {"authType": "default", "defaultRegion": region},
        }
        for source, (name, kind) in _TYPES.items()
        if source in chosen
    ]
