"""Conditions of bucket policies, which moto doesn't evaluate."""

from typing import Any

import pytest

from sandbox.cloud.bucket_policies import applies


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
