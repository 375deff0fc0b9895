"""How the rest of the program reaches the cluster, and what an owner stack exports for its tenant stacks."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

from components.eks_cluster import OidcProvider


@dataclass(frozen=True)
class OwnerOutputs:
    """Stack outputs that a tenant stack needs from its cluster's owner; the field names are the output names."""

    cluster_name: pulumi.Input[str]
    cluster_arn: pulumi.Input[str]
    cluster_version: pulumi.Input[str]
    node_subnet_ids: pulumi.Input[Sequence[pulumi.Input[str]]]
    storage_class: pulumi.Input[str]
    kubeconfig: pulumi.Input[str]
    """Secret."""

    def exports(self) -> dict[str, pulumi.Input[Any]]:
        """By output name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def read(cls, owner_stack: str) -> "OwnerOutputs":
        """The outputs of another stack of this project.

        Raises `pulumi.RunError` at once, before anything is registered, when that stack is missing or owns no cluster.
        """
        full_name = f"{pulumi.get_organization()}/{pulumi.get_project()}/{owner_stack}"
        _check_owner(full_name, owner_stack, [field.name for field in fields(cls)])
        reference = pulumi.StackReference(owner_stack, stack_name=full_name)
        return cls(**{field.name: reference.require_output(field.name) for field in fields(cls)})


@dataclass(frozen=True)
class ClusterAccess:
    """A cluster that pods can run on."""

    name: pulumi.Input[str]
    """EKS cluster name, or the kubeconfig context of a cluster that is none."""
    arn: pulumi.Input[str] | None
    """ARN of an EKS cluster."""
    kubeconfig: pulumi.Output[str]
    """Secret."""
    provider: kubernetes.Provider
    storage_class: pulumi.Input[str]
    """Name of the StorageClass for data volumes."""
    oidc: OidcProvider | None
    """Only with identity irsa."""
    depends_on: Sequence[pulumi.Resource]
    """What must exist before pods can run, and outlive them."""
    owner_outputs: OwnerOutputs | None = None
    """Only for the stack that owns the cluster."""

    def exports(self) -> dict[str, pulumi.Input[Any]]:
        """Stack outputs: kubeconfig and cluster_name, an EKS cluster's ARN, and an owner's for its tenant stacks."""
        own: dict[str, pulumi.Input[Any]] = {"kubeconfig": self.kubeconfig, "cluster_name": self.name}
        if self.arn is not None:
            own["cluster_arn"] = self.arn
        return own | (self.owner_outputs.exports() if self.owner_outputs else {})

    def options(self, depends_on: Sequence[pulumi.Resource] = ()) -> pulumi.ResourceOptions:
        """Options for a component whose Kubernetes objects live here."""
        return pulumi.ResourceOptions(providers=[self.provider], depends_on=[*self.depends_on, *depends_on])


def _check_owner(full_name: str, owner_stack: str, needed: list[str]) -> None:
    """A synchronous look at the owner: a StackReference alone fails late, with the engine's words."""
    advice = f"bring the cluster up first: pulumi up --stack {owner_stack}"
    try:
        answer = pulumi.runtime.invoke("pulumi:pulumi:readStackOutputs", {"name": full_name})
    except Exception as error:  # an invoke raises bare Exception
        raise pulumi.RunError(
            f"lgtm:platform.cluster.owner_stack: the stack {owner_stack!r} can't be read ({_reason(error)}); {advice}"
        ) from None
    value: Any = answer.value
    missing = [name for name in needed if name not in value["outputs"]]
    if missing:
        raise pulumi.RunError(
            f"lgtm:platform.cluster.owner_stack: the stack {owner_stack!r} owns no running cluster (no output "
            f"{missing[0]}; a tenant stack's owner needs cluster mode eks); {advice}"
        )


def _reason(error: Exception) -> str:
    return str(error).rpartition("returned an error: ")[2]
