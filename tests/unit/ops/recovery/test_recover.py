"""`recover`: what is judged to hang, with stand-ins for states, locks and clusters; the engine's part is in e2e."""

import base64
import gzip
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest

from ops.backends.errors import LiveError
from ops.backends.pulumi import Deployment
from ops.errors import CommandError
from ops.recovery.aws_lookup import AwsLookup
from ops.recovery.locks import Life, locks, refuse_alive
from ops.recovery.pending import PendingOperation, pending_operations
from ops.recovery.releases import Cure, HangingRelease, hanging_releases
from planning.aws.types import ROLE, VPC
from tests.stacks import PROJECT
from tests.unit.ops.running import run

URN = "urn:pulumi:staging::lgtm::"
Tools = Callable[[str, str], Path]


def record(name: str, number: int, status: str, chart: str) -> dict[str, Any]:
    """One revision, as Helm keeps it."""
    inner = base64.b64encode(gzip.compress(json.dumps({"chart": {"metadata": {"name": chart}}}).encode()))
    return {
        "metadata": {
            "name": f"sh.helm.release.v1.{name}.v{number}",
            "labels": {"owner": "helm", "name": name, "version": str(number), "status": status},
        },
        "data": {"release": base64.b64encode(inner).decode()},
    }


class Cluster:
    """A cluster with these records."""

    def __init__(self, *records: dict[str, Any]) -> None:
        self._records = records

    def read(self, kind: type[Any], path: str, wrong: str) -> Any:
        assert path == "/api/v1/namespaces/monitoring/secrets?labelSelector=owner%3Dhelm", wrong
        return kind.model_validate({"items": self._records})


def state(*known: str, components: tuple[str, ...] = ("Loki",)) -> Deployment:
    """A state that knows these releases and components."""
    releases = [
        {
            "urn": f"{URN}kubernetes:helm.sh/v3:Release::{name}", "type": "kubernetes:helm.sh/v3:Release",
            "inputs": {"namespace": "monitoring", "name": name},
        }
        for name in known
    ]  # fmt: skip
    made = [{"urn": f"{URN}lgtm:components:{one}::x", "type": f"lgtm:components:{one}"} for one in components]
    return Deployment.model_validate({"resources": [*releases, *made]})


def judged(deployment: Deployment, *records: dict[str, Any]) -> tuple[HangingRelease, ...]:
    return hanging_releases(Cluster(*records), deployment, ("monitoring",))  # type: ignore[arg-type]


def test_a_release_that_is_well_or_somebody_elses_does_not_hang() -> None:
    assert judged(state("loki"), record("loki", 1, "superseded", "loki"), record("loki", 2, "deployed", "loki")) == ()
    assert judged(state(), record("stranger", 1, "pending-install", "stranger")) == ()
    # What failed is upgraded from what was deployed before.
    assert judged(state("loki"), record("loki", 1, "deployed", "loki"), record("loki", 2, "failed", "loki")) == ()


def test_a_half_installed_release_is_forgotten() -> None:
    (found,) = judged(state(), record("loki", 1, "pending-install", "loki"))
    assert (found.cure, found.secrets, found.status) == (
        Cure.FORGET,
        ("sh.helm.release.v1.loki.v1",),
        "pending-install",
    )


def test_of_an_upgrade_only_the_revision_that_did_not_end_is_forgotten() -> None:
    records = [record("loki", n, one, "loki") for n, one in ((9, "deployed"), (10, "failed"), (11, "pending-rollback"))]
    (found,) = judged(state("loki"), *records)
    assert (found.cure, found.secrets) == (Cure.FORGET, ("sh.helm.release.v1.loki.v11",))


def test_a_whole_release_that_the_state_does_not_know_is_adopted_not_installed_again() -> None:
    (found,) = judged(state(), record("loki", 1, "deployed", "loki"), record("loki", 2, "pending-upgrade", "loki"))
    assert (found.cure, found.secrets) == (Cure.ADOPT, ("sh.helm.release.v1.loki.v2",))
    assert found.component.endswith("lgtm:components:Loki::x")
    (found,) = judged(state(components=()), record("loki", 1, "deployed", "loki"))
    assert found.cure is Cure.NONE


def test_a_release_of_another_chart_under_the_same_name_is_left_alone() -> None:
    (found,) = judged(state(), record("loki", 1, "pending-install", "loki-stack"))
    assert (found.cure, found.secrets) == (Cure.NONE, ())
    assert "somebody else's" in found.reason


def test_a_half_removed_release_is_replaced() -> None:
    (found,) = judged(state("loki"), record("loki", 1, "uninstalling", "loki"))
    assert found.cure is Cure.REPLACE
    assert found.urn.endswith("::loki")


# --- locks


def lock(folder: Path, host: str, pid: int) -> str:
    """A lock in a folder of states; the folder's URL."""
    place = folder / ".pulumi" / "locks" / "organization" / "lgtm" / "staging"
    place.mkdir(parents=True, exist_ok=True)
    content = {"pid": pid, "username": "runner", "hostname": host, "timestamp": "2026-11-28T09:54:56.5Z"}
    (place / f"{pid}.json").write_text(json.dumps(content), encoding="utf-8")
    return f"file://{folder}"


def ended_pid() -> int:
    """Of a process that was here and isn't any more."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    return ended.pid


def test_a_lock_of_a_process_that_ended_here_is_dead(tmp_path: Path) -> None:
    (held,) = locks("staging", lock(tmp_path, socket.gethostname(), ended_pid()), PROJECT, "us-west-2")
    assert (held.life, held.holder) == (Life.DEAD, f"runner@{socket.gethostname()}")
    refuse_alive((held,), ())


def test_a_number_that_another_program_has_now_is_dead(tmp_path: Path) -> None:
    (held,) = locks("staging", lock(tmp_path, socket.gethostname(), os.getpid()), PROJECT, "us-west-2")
    assert held.life is Life.DEAD


def test_a_lock_of_another_machine_needs_somebody_who_knows(tmp_path: Path) -> None:
    held = locks("staging", lock(tmp_path, "runner-7", 1), PROJECT, "us-west-2")
    with pytest.raises(
        LiveError, match="it may be at work on its machine; if it is surely gone: --lost 'runner@runner-7'"
    ):
        refuse_alive(held, ("alice", "runner@runner-8"))
    refuse_alive(held, ("runner",))
    refuse_alive(held, ("runner@runner-7",))


def test_locks_beside_states_in_s3(s3: Any, tmp_path: Path) -> None:
    s3.create_bucket(Bucket="states", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    lock(tmp_path, "runner-7", 1)
    (path,) = tmp_path.rglob("1.json")
    s3.put_object(Bucket="states", Key=f"team/{path.relative_to(tmp_path)}", Body=path.read_bytes())
    (held,) = locks("staging", "s3://states/team?region=us-west-2", PROJECT, "us-west-2")
    assert (held.holder, held.since) == ("runner@runner-7", "2026-11-28 09:54 UTC")
    assert locks("prod", "s3://states/team", PROJECT, "us-west-2") == ()


def test_states_without_a_way_in_are_one_message() -> None:
    with pytest.raises(CommandError, match="states are kept at gs://, whose locks can't be looked at; accepted: "):
        locks("staging", "gs://states", PROJECT, "us-west-2")


# --- the command


@pytest.mark.usefixtures("alone", "aws")
def test_credentials_of_another_account_are_refused(tools: Tools, tmp_path: Path) -> None:
    arn = "arn:aws:iam::999999999999:role/x"
    exported = {
        "deployment": {"resources": [{"urn": f"{URN}x::x", "type": "aws:iam/role:Role", "outputs": {"arn": arn}}]}
    }
    answers = {"whoami": {"url": f"file://{tmp_path}"}, "stack": exported}
    tools("pulumi", f"print({json.dumps(answers)!r} and __import__('json').dumps({answers!r}[arguments[0]]))")
    ran = run("recover", "--stack", "staging")
    assert ran.code == 2
    assert "these credentials are of account 123456789012, the stack is in 999999999999" in ran.err


# --- begun operations


def begun(kind: str, inputs: dict[str, Any], *made: dict[str, Any], operation: str = "creating") -> PendingOperation:
    """What is found of one operation that was begun."""
    resource = {"urn": f"{URN}{kind}::one", "type": kind, "inputs": inputs}
    deployment = Deployment.model_validate(
        {"resources": made, "pending_operations": [{"type": operation, "resource": resource}]}
    )
    (found,) = pending_operations(deployment, AwsLookup("us-west-2"))
    return found


def role(name: str) -> None:
    boto3.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument="{}")


@pytest.mark.usefixtures("aws")
def test_what_aws_made_meanwhile_is_imported_by_its_name() -> None:
    inputs: dict[str, Any] = {"name": "acme-cluster"}
    assert begun(ROLE, inputs).import_id is None
    role("acme-cluster")
    # Another kind's of the same name is no reason to think that the state knows it.
    other = {"urn": f"{URN}x::x", "type": "aws:eks/cluster:Cluster", "id": "acme-cluster"}
    assert begun(ROLE, inputs, other).import_id == "acme-cluster"


@pytest.mark.usefixtures("aws")
def test_what_has_no_name_is_found_by_all_of_its_tags() -> None:
    ec2 = boto3.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    tags = {"Name": "acme-vpc", "stack": "staging"}
    assert begun(VPC, {"tagsAll": tags}).import_id is None
    ec2.create_tags(Resources=[vpc], Tags=[{"Key": key, "Value": value} for key, value in tags.items()])
    assert begun(VPC, {"tagsAll": tags}).import_id == vpc
    assert begun(VPC, {"tagsAll": tags | {"stack": "prod"}}).import_id is None
    assert begun(VPC, {"tagsAll": {"stack": "staging"}}).import_id is None, "without a name it may be anybody's"
    assert begun(VPC, {"tagsAll": tags}, {"urn": "u", "type": VPC, "id": vpc}).import_id is None


@pytest.mark.usefixtures("aws")
def test_two_that_could_be_meant_are_for_a_person() -> None:
    for _ in range(2):
        tags = [{"Key": "Name", "Value": "acme-vpc"}]
        boto3.client("ec2").create_vpc(
            CidrBlock="10.0.0.0/16", TagSpecifications=[{"ResourceType": "vpc", "Tags": tags}]
        )
    with pytest.raises(LiveError, match=f"2 have the tags of one {VPC}: vpc-"):
        begun(VPC, {"tagsAll": {"Name": "acme-vpc"}})


@pytest.mark.usefixtures("aws")
def test_a_replacement_beside_the_old_one_is_told_not_imported() -> None:
    role("acme-new")
    old = {"urn": f"{URN}{ROLE}::one", "type": ROLE, "id": "acme-old"}
    found = begun(ROLE, {"name": "acme-new"}, old)
    assert (found.import_id, found.beside) == (None, "acme-new")


@pytest.mark.usefixtures("aws")
def test_what_nothing_here_can_look_for_is_for_a_person() -> None:
    assert begun("aws:rds/instance:Instance", {}).unclear
    assert not begun("kubernetes:core/v1:ConfigMap", {}).unclear
    assert not begun("aws:s3/bucketPolicy:BucketPolicy", {}).unclear
    assert not begun("aws:rds/instance:Instance", {}, operation="updating").unclear
