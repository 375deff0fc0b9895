"""Conditions of bucket policies, which moto doesn't evaluate."""

from typing import Any

import pytest

from components.access_logs import access_log_policy
from components.aws_environment import AwsLocation
from sandbox.cloud.bucket_policies import applies, lets_logs_in
from settings.models.names import Names


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({}, True),
        ({"Bool": {"aws:SecureTransport": "false"}}, False),
        ({"Bool": {"aws:SecureTransport": ["true"]}}, True),
        ({"NumericLessThan": {"s3:TlsVersion": "1.2"}}, False),
        ({"NumericLessThan": {"s3:TlsVersion": 1.4}}, True),
        ({"Null": {"s3:x-amz-server-side-encryption": "false"}}, False),
        ({"StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}}, True),
        ({"StringEquals": {"s3:x-amz-server-side-encryption": "AES256"}}, False),
        ({"StringEquals": {"aws:PrincipalOrgID": "o-1"}}, True),
    ],
)
def test_a_statement_applies_when_its_conditions_hold_on_loopback(condition: dict[str, Any], expected: bool) -> None:
    assert applies({"Effect": "Deny", "Condition": condition}) is expected


LOGS = "arn:aws:s3:::acme-monitoring-prod-access-logs-123456789012"


def test_the_programs_own_policy_lets_access_logs_in_and_nothing_else_does() -> None:
    location = AwsLocation(account_id="123456789012", region="us-west-2", partition="aws", dns_suffix="amazonaws.com")
    names = Names(project="acme-monitoring", stack="prod")
    policy = access_log_policy(location, LOGS.rpartition(":")[2], names)
    assert lets_logs_in(policy.encode(), LOGS, "loki-chunks/")
    assert not lets_logs_in(policy.encode(), "arn:aws:s3:::another", "loki-chunks/")
    assert not lets_logs_in(policy.replace("logging.s3", "vpc-flow-logs").encode(), LOGS, "")
    assert not lets_logs_in(policy.replace("s3:PutObject", "s3:GetObject").encode(), LOGS, "")
    assert not lets_logs_in(None, LOGS, "")
