"""The AWS side of a stack: provider, account, tags."""

from typing import Any

import pulumi
import pytest

from components.aws_environment import AwsLocation, aws_environment_for, default_tags
from settings.models.names import Names
from tests.unit import recording
from tests.unit.recording import ACCOUNT_ID, CALLER_ARN, EngineError, run_program

NAMES = Names(project="acme-monitoring", stack="staging")


def test_location_is_plain_so_that_previews_know_it(make_settings: Any) -> None:
    settings = make_settings("staging")
    environment = run_program(lambda: aws_environment_for(settings, NAMES), preview=True).result
    assert environment.location == AwsLocation(
        account_id=ACCOUNT_ID, region="us-west-2", partition="aws", dns_suffix="amazonaws.com"
    )
    assert environment.caller_arn == CALLER_ARN
    assert environment.tags == default_tags(settings, NAMES)


def test_arns_follow_the_partition() -> None:
    china = AwsLocation(account_id="1" * 12, region="cn-north-1", partition="aws-cn", dns_suffix="amazonaws.com.cn")
    assert china.s3_endpoint == "s3.cn-north-1.amazonaws.com.cn"
    assert china.bucket_arn("b") == "arn:aws-cn:s3:::b"
    assert china.cluster_arn("c") == "arn:aws-cn:eks:cn-north-1:111111111111:cluster/c"
    assert china.managed_policy_arn("P") == "arn:aws-cn:iam::aws:policy/P"
    assert china.account_root_arn == "arn:aws-cn:iam::111111111111:root"


def test_without_credentials_one_message_says_what_to_do(make_settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> Any:
        raise EngineError("no valid credential sources found")

    monkeypatch.setattr(recording.RecordingMocks, "call", refuse)
    with pytest.raises(pulumi.RunError) as refusal:
        run_program(lambda: aws_environment_for(make_settings("staging"), NAMES))
    message = str(refusal.value)
    assert "aws sts get-caller-identity" in message
    assert "no valid credential sources found" in message
    assert "\n" not in message
