"""Versions of EKS's add-ons: what a stack pins against what AWS offers for its Kubernetes version."""

from collections.abc import Iterator

from ops.backends.eks_addons import build_number, offered, wanted
from ops.backends.errors import LiveError
from ops.report.checks import Check, State
from planning.aws.addons import DEFAULT, AddonName
from settings.models.cluster import EksCluster
from settings.models.platform import PlatformSettings


def addon_checks(settings: PlatformSettings, *, online: bool) -> Iterator[Check]:
    """One line an add-on of the stack's own cluster."""
    cluster = settings.cluster
    if isinstance(cluster, EksCluster):
        for name in wanted(cluster):
            yield _addon(name, cluster, settings.region, online=online)


def _addon(name: AddonName, cluster: EksCluster, region: str, *, online: bool) -> Check:
    title, kubernetes = f"add-on {name}", cluster.kubernetes_version
    choice = cluster.addon_versions.choice(name, kubernetes)
    said = {None: "no version is chosen", DEFAULT: f"what EKS takes for {kubernetes}, by choice"}
    detail = said.get(choice, f"pinned to {choice}")
    if not online:
        advice = "--online asks AWS what it offers; lgtm addons pin writes it into the stack's file"
        state = State.FINDING if choice is None else State.UNKNOWN
        return Check(name=title, state=state, detail=detail, advice=advice)
    try:
        offer = offered(name, kubernetes, region)
    except LiveError as error:
        return Check(name=title, state=State.UNKNOWN, detail=f"{detail}; {error}")
    detail += f"; EKS's default is {offer.default or 'not said'}, the newest {', '.join(offer.versions[:1]) or 'none'}"
    if choice is None or (choice != DEFAULT and choice not in offer.versions):
        what = "" if choice is None else f"{choice} isn't offered for {kubernetes}: pulumi up will fail; "
        return Check(name=title, state=State.FINDING, detail=detail, advice=f"{what}run lgtm addons pin")
    if choice != DEFAULT and offer.default is not None and build_number(choice) < build_number(offer.default):
        return Check(name=title, state=State.FINDING, detail=detail, advice="older than the default: lgtm addons pin")
    return Check(name=title, state=State.OK, detail=detail)
