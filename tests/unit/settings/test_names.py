"""Names fit what AWS and Kubernetes take, or the message says what to shorten."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planning.buckets import BucketPurpose
from settings.models.names import MAX_ROLE_PURPOSE, Names, length_problems, stack_name_problems
from tests.unit.settings.documents import STACKS

ACCOUNT = "123456789012"


@pytest.mark.parametrize("stack", STACKS)
def test_the_promised_names(stack: str) -> None:
    names = Names(project="acme-monitoring", stack=stack)
    assert names.cluster == f"acme-monitoring-{stack}-cluster"
    assert names.log_group == f"/aws/eks/acme-monitoring-{stack}-cluster/cluster"
    assert stack_name_problems(stack) == length_problems(names) == []


@given(
    project=st.from_regex(r"[a-z]([a-z0-9-]{0,18}[a-z0-9])?", fullmatch=True),
    stack=st.from_regex(r"[a-z0-9]([a-z0-9-]{0,98}[a-z0-9])?", fullmatch=True),
)
def test_names_that_pass_are_legal_and_names_that_fail_are_not(project: str, stack: str) -> None:
    names = Names(project=project, stack=stack)
    buckets = [names.bucket(purpose, ACCOUNT) for purpose in BucketPurpose]
    legal = (
        all(len(bucket) <= 63 for bucket in buckets)
        and len(names.role("x" * MAX_ROLE_PURPOSE)) <= 64
        and len(stack) <= 63
    )
    assert (length_problems(names) == []) == legal
    if legal:
        assert all(re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", bucket) for bucket in buckets)


def test_the_longer_of_project_and_stack_is_to_be_shortened() -> None:
    (line,) = length_problems(Names(project="a" * 20, stack="b" * 19))
    assert line.endswith("accepted: 63; shorten lgtm:platform.project by 4")
    (line,) = length_problems(Names(project="a" * 19, stack="b" * 20))
    assert line.endswith("accepted: 63; shorten the stack name by 4")


@pytest.mark.parametrize("stack", ["Prod", "a.b", "a_b", "-a", "a-", ""])
def test_stack_names_that_buckets_or_labels_refuse(stack: str) -> None:
    assert len(stack_name_problems(stack)) == 1
