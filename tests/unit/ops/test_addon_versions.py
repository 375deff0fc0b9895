"""Versions of EKS's add-ons, as AWS's own client hands over what AWS answers."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from ops.backends import eks_addons
from ops.backends.eks_addons import offered
from ops.backends.errors import LiveError
from ops.checks.addon_versions import addon_checks
from ops.report.checks import Check, State
from ops.tuning.addons import pin
from planning.aws.addons import ADDON_VERSION, DEFAULT, SHIPPED, AddonName
from settings.models.platform import PlatformSettings
from tests.unit.ops.running import run

pytestmark = pytest.mark.usefixtures("alone")

Make = Callable[..., PlatformSettings]


def _version(version: str, *, default: bool = False, cluster: str = "1.36") -> dict[str, Any]:
    fit = {"clusterVersion": cluster, "platformVersions": ["*"], "defaultVersion": default}
    return {"addonVersion": version, "architecture": ["amd64", "arm64"], "compatibilities": [fit]}


@pytest.fixture
def eks(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    untyped: Any = boto3  # its stubs name clients that aren't installed
    real: Any = untyped.client("eks", region_name="us-west-2", aws_access_key_id="a", aws_secret_access_key="b")
    monkeypatch.setattr(eks_addons, "untyped_client", lambda service, region: real)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    with Stubber(real) as stub:
        yield stub


def _answer(stub: Stubber, name: AddonName, *pages: list[dict[str, Any]]) -> None:
    for number, versions in enumerate(pages):
        more = {"nextToken": "more"} if number < len(pages) - 1 else {}
        asked = {"addonName": name.value, "kubernetesVersion": "1.36"} | ({"nextToken": "more"} if number else {})
        answer = {"addons": [{"addonName": name.value, "addonVersions": versions}], **more}
        stub.add_response("describe_addon_versions", answer, asked)


def _answer_all(stub: Stubber, **others: str) -> None:
    for name in AddonName:
        version = others.get(name.replace("-", "_"), SHIPPED["1.36"][name].replace(DEFAULT, "v9.9.9-eksbuild.1"))
        _answer(stub, name, [_version(version, default=True)])


def test_versions_of_all_pages_by_number_and_the_default_of_this_kubernetes(eks: Stubber) -> None:
    _answer(
        eks,
        AddonName.VPC_CNI,
        [_version("v1.9.0-eksbuild.1"), _version("v1.23.1-eksbuild.2")],
        [_version("v1.23.1-eksbuild.10", default=True), _version("v1.24.0-eksbuild.1", default=True, cluster="1.37")],
    )
    offer = offered(AddonName.VPC_CNI, "1.36", "us-west-2")
    assert offer.versions == (
        "v1.24.0-eksbuild.1", "v1.23.1-eksbuild.10", "v1.23.1-eksbuild.2", "v1.9.0-eksbuild.1",
    )  # fmt: skip
    assert offer.default == "v1.23.1-eksbuild.10"


def test_refusals_of_aws_are_one_message(eks: Stubber) -> None:
    eks.add_client_error("describe_addon_versions", "AccessDeniedException", "not authorized")
    with pytest.raises(LiveError, match="AccessDeniedException: not authorized"):
        offered(AddonName.VPC_CNI, "1.36", "us-west-2")


def _checks(settings: PlatformSettings, *, online: bool) -> dict[str, Check]:
    return {check.name: check for check in addon_checks(settings, online=online)}


def test_each_addon_is_listed_with_what_is_chosen(make_settings: Make) -> None:
    found = _checks(make_settings("prod"), online=False)
    assert set(found) == {f"add-on {name}" for name in AddonName}
    assert found["add-on vpc-cni"].detail == f"pinned to {SHIPPED['1.36'][AddonName.VPC_CNI]}"
    assert found["add-on cert-manager"].detail == "what EKS takes for 1.36, by choice"
    newer = _checks(make_settings("prod", cluster={"kubernetes_version": "1.37"}), online=False)
    assert newer["add-on vpc-cni"].state is State.FINDING
    plain = make_settings("prod", cluster={"addons": {"cert_manager": False}}, tls={"mode": "plain"})
    without = _checks(plain, online=False)
    assert "add-on cert-manager" not in without
    assert _checks(make_settings("dev"), online=False) == {}


@pytest.mark.parametrize(
    ("offers", "state", "words"),
    [
        ([_version("v1.23.1-eksbuild.1", default=True)], State.OK, "EKS's default is v1.23.1-eksbuild.1"),
        ([_version("v1.24.0-eksbuild.1", default=True)], State.FINDING, "isn't offered for 1.36: pulumi up will fail"),
        (
            [_version("v1.24.0-eksbuild.1", default=True), _version("v1.23.1-eksbuild.1")],
            State.FINDING,
            "older than the default",
        ),
        ([_version("v1.24.0-eksbuild.1"), _version("v1.23.1-eksbuild.1")], State.OK, "the newest v1.24.0-eksbuild.1"),
    ],
)
def test_a_pin_against_what_aws_offers(
    eks: Stubber, make_settings: Make, offers: list[dict[str, Any]], state: State, words: str
) -> None:
    _answer(eks, AddonName.VPC_CNI, offers)
    check = next(addon_checks(make_settings("prod"), online=True))
    assert (check.name, check.state) == ("add-on vpc-cni", state)
    assert words in f"{check.detail}; {check.advice}"


def test_aws_out_of_reach_is_unknown(eks: Stubber, make_settings: Make) -> None:
    eks.add_client_error("describe_addon_versions", "ExpiredTokenException", "expired")
    check = next(addon_checks(make_settings("prod"), online=True))
    assert check.state is State.UNKNOWN
    assert "pinned to" in check.detail
    assert "ExpiredTokenException" in check.detail


def test_pin_writes_the_defaults_that_are_not_shipped(eks: Stubber, checkout: Path) -> None:
    _answer_all(eks, vpc_cni="v1.99.0-eksbuild.1")
    assert pin("prod", yes=True, as_json=False, project=checkout) == 0
    text = (checkout / "Pulumi.prod.yaml").read_text(encoding="utf-8")
    assert "vpc_cni: v1.99.0-eksbuild.1" in text
    assert "cert_manager: v9.9.9-eksbuild.1" in text
    assert "coredns" not in text


def test_a_stack_in_anothers_cluster_has_none_to_pin() -> None:
    ran = run("addons", "pin", "--stack", "dev")
    assert ran.code == 2
    assert "its add-ons are its cluster's owner's" in ran.err


@pytest.mark.parametrize("kubernetes_version", sorted(SHIPPED))
def test_what_is_shipped_has_a_version_or_a_choice_for_every_addon(kubernetes_version: str) -> None:
    table = SHIPPED[kubernetes_version]
    assert set(table) == set(AddonName)
    assert all(version == DEFAULT or re.fullmatch(ADDON_VERSION, version) for version in table.values())
    assert table[AddonName.KUBE_PROXY].startswith(f"v{kubernetes_version}.")
