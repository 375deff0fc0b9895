"""What holds for every resource of every stack, whatever the mode."""

import importlib
import inspect
from typing import Any

import pytest

from tests.unit.recording import Graph, Registered

VARIANTS: dict[str, dict[str, Any]] = {
    "dev": {},
    "staging": {},
    "prod": {},
    "staging-irsa": {"identity": "irsa"},
    "prod-private": {"cluster": {"public_access_cidrs": []}},
    "staging-nat-per-az": {"network": {"nat": "per_az"}},
    "prod-sse-s3": {"storage": {"encryption": "sse_s3"}},
    "staging-admins": {"cluster": {"admin_role_arns": ["arn:aws:iam::123456789012:role/ops/admin"]}},
}


@pytest.fixture(params=sorted(VARIANTS))
def graph(request: pytest.FixtureRequest, compose: Any, make_settings: Any) -> Graph:
    return compose(make_settings(request.param.split("-")[0], **VARIANTS[request.param]))


def aws_resources(graph: Graph) -> list[Registered]:
    return [resource for resource in graph.resources if resource.type.startswith("aws:")]


def sdk_class(resource: Registered) -> Any:
    module, name = resource.type.removeprefix("aws:").split("/")[0], resource.type.rpartition(":")[2]
    return getattr(importlib.import_module(f"pulumi_aws.{module}"), name)


def test_everything_that_takes_tags_names_its_component(graph: Graph) -> None:
    taggable = [r for r in aws_resources(graph) if "tags" in inspect.signature(sdk_class(r)._internal_init).parameters]
    assert len(taggable) >= 15
    for resource in taggable:
        assert resource.inputs["tags"]["component"] not in ("", "platform"), resource.name


def test_every_aws_resource_uses_the_stacks_own_provider(graph: Graph) -> None:
    provider = graph.one("pulumi:providers:aws")
    for resource in aws_resources(graph):
        assert resource.provider == f"{provider.urn}::{provider.id}", resource.name


def test_every_aws_resource_belongs_to_a_component(graph: Graph) -> None:
    for resource in aws_resources(graph):
        assert "lgtm:components:" in resource.parent.split("::")[2], resource.name


def test_nothing_drifts_silently(graph: Graph) -> None:
    # What EKS asks once, at creation, and would replace the cluster for.
    creator = ["accessConfig.bootstrapClusterCreatorAdminPermissions"]
    ignored = {r.name: list(r.ignore_changes) for r in graph.resources if r.ignore_changes}
    assert ignored == {r.name: creator for r in graph.of("eks/cluster:Cluster")}


def test_logical_names_are_unique_by_type(graph: Graph) -> None:
    keys = [(r.type, r.name) for r in graph.resources]
    assert len(keys) == len(set(keys))


def test_a_component_hands_its_own_options_to_no_child(graph: Graph) -> None:
    """A dependency on a component's dependency comes through the parent only, unless the resource itself needs it."""
    by_urn = {r.urn: r for r in graph.resources}
    for component in (r for r in graph.resources if r.is_component and r.dependencies):
        for child in (r for r in graph.resources if r.parent == component.urn):
            assert not component.dependencies <= child.dependencies, (component.name, child.name)
            assert child.dependencies <= by_urn.keys()


def test_the_invokes_go_through_the_stacks_own_provider(graph: Graph) -> None:
    provider = graph.one("pulumi:providers:aws")
    asked = [invoke for invoke in graph.invokes if invoke.token.startswith("aws:")]
    assert len(asked) >= 2
    assert {invoke.provider for invoke in asked} == {f"{provider.urn}::{provider.id}"}


def test_the_provider_tags_everything(compose: Any, make_settings: Any) -> None:
    provider = compose(make_settings("prod")).one("pulumi:providers:aws")
    assert provider.inputs["region"] == "us-west-2"
    tags = provider.inputs["defaultTags"]
    assert tags == (
        '{"tags": {"project": "acme-monitoring", "stack": "prod", "component": "platform", "owner": "platform-team", '
        '"cost-centre": "observability", "managed-by": "pulumi"}}'
    )


@pytest.mark.parametrize(("environment", "kept"), [("prod", True), ("staging", False), ("dev", False)])
def test_protect_keeps_buckets_keys_and_cluster(compose: Any, make_settings: Any, environment: str, kept: bool) -> None:
    graph = compose(make_settings(environment))
    buckets = [r for r in graph.resources if r.type.startswith("aws:s3/")]  # with what keeps them private
    # Add-ons go with the cluster (deleted_with): where it is kept, the state must not forget them.
    cluster = [*graph.of("eks/cluster:Cluster"), *graph.of("eks/addon:Addon")]
    valuable = [*buckets, *graph.of("kms/key:Key"), *cluster]
    assert len(buckets) == 6 * 6 + 1
    assert {resource.protect for resource in valuable} == {kept}
    assert {r.retain_on_delete for r in valuable if r.type in ("aws:s3/bucket:Bucket", "aws:kms/key:Key")} == {kept}
    assert not any(r.protect for r in graph.resources if r not in valuable)
