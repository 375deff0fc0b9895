"""The Kubernetes version: in EKS's standard support, and set to leave it never."""

import re
from collections.abc import Iterator
from datetime import date, timedelta

from pydantic import Field

from planning.aws.types import CLUSTER
from planning.registered import UNKNOWN, Resource
from policies.limits import Limits
from policies.rule import NotYetKnown, ResourceRule, Subject, Verdict, Violation

STANDARD_USD, EXTENDED_USD = 73, 438


class SupportLimits(Limits):
    """How long before the end of standard support."""

    min_days_left: int = 0
    """Days of standard support that a version must still have."""
    as_of: date = Field(default_factory=date.today)
    """The day to judge by, YYYY-MM-DD; default: today."""


def _unsupported_version(cluster: Resource, limits: SupportLimits) -> Iterator[Verdict]:
    version = cluster.at("version")
    if version is UNKNOWN:
        yield NotYetKnown("version")
    elif version is None:
        yield Violation("version is absent: EKS would choose, and change with its default")
    else:
        yield from _version_problems(str(version), limits)
    support = cluster.at("upgradePolicy", "supportType")
    if support is UNKNOWN:
        yield NotYetKnown("upgradePolicy.supportType")
    elif support != "STANDARD":
        yield Violation(
            f"upgradePolicy.supportType is {support or 'absent, which means EXTENDED'}: once standard support ends, "
            f"the control plane costs {EXTENDED_USD} USD a month instead of {STANDARD_USD}; accepted: STANDARD"
        )


def _version_problems(version: str, limits: SupportLimits) -> Iterator[Verdict]:
    if re.fullmatch(r"1\.\d+", version) is None:
        yield Violation(f"version is {version!r}; accepted: a minor version such as 1.35")
        return
    from planning.cost.eks_versions import standard_support_ends  # with the cost engine, which a preview loads late

    ends = standard_support_ends(version)
    if ends is not None and limits.as_of + timedelta(days=limits.min_days_left) > ends:
        left = "left" if limits.as_of > ends else "leaves"
        yield Violation(f"version {version} {left} standard support by {ends}: {_extended_support_cost()}")


def _extended_support_cost() -> str:
    return f"{EXTENDED_USD} USD a month for the control plane instead of {STANDARD_USD}"


CLUSTER_IN_STANDARD_SUPPORT = ResourceRule(
    id="cluster-in-standard-support",
    subject=Subject.COST,
    title="The Kubernetes version is in EKS's standard support",
    why="Extended support costs six times as much: more than prod's whole budget.",
    fix="Raise cluster.kubernetes_version by one minor version at a time, and keep upgradePolicy STANDARD.",
    types=(CLUSTER,),
    limits=SupportLimits,
    check=_unsupported_version,
)
