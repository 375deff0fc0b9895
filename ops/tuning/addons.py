"""`addons pin`: EKS's default version of each add-on, as AWS says it today, into the stack's file."""

from collections.abc import Mapping
from pathlib import Path

from ops.backends.eks_addons import Offered, offered, wanted
from ops.errors import CommandError
from ops.report.model import document, table
from ops.stacks import settings_of
from ops.tuning.effects import effect
from ops.tuning.stack_file import apply, proposed
from planning.aws.addons import SHIPPED, AddonName
from settings.models.addons import addon_key
from settings.models.cluster import EksCluster


def pin(stack: str, *, yes: bool, as_json: bool, project: Path | None = None) -> int:
    """Writes EKS's default version of each add-on of today into the stack's file, after it was shown and agreed to.

    Raises `LiveError` where AWS can't be asked, `CommandError` for a stack without a cluster of its own.
    """
    before = settings_of(stack, project)
    cluster = before.cluster
    if not isinstance(cluster, EksCluster):
        raise CommandError(f"stack {stack} has no EKS cluster of its own: its add-ons are its cluster's owner's")
    offers = {name: offered(name, cluster.kubernetes_version, before.region) for name in wanted(cluster)}
    change = proposed(stack, _values(cluster, offers), project)
    rows = [
        (name, cluster.addon_versions.choice(name, cluster.kubernetes_version) or "none", offer.default or "not said")
        for name, offer in offers.items()
    ]
    report = document(f"Add-ons of Kubernetes {cluster.kubernetes_version}", table(("add-on", "now", "then"), rows))
    return apply(change, stack, effect(stack, before, change.settings), report, yes=yes, as_json=as_json)


def _values(cluster: EksCluster, offers: Mapping[AddonName, Offered]) -> dict[str, str]:
    """What isn't shipped with that version already."""
    shipped = SHIPPED.get(cluster.kubernetes_version, {})
    return {
        f"cluster.addon_versions.{addon_key(name)}": offer.default
        for name, offer in offers.items()
        if offer.default is not None
        and (offer.default != shipped.get(name) or getattr(cluster.addon_versions, addon_key(name)) is not None)
    }
