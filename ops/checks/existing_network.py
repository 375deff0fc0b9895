"""`validate --aws`: whether a network that is there already has what the stack needs."""

from collections.abc import Iterator

from ops.backends.network import found_network
from ops.report.checks import Check, State
from planning.aws.existing_network import judged
from settings.models.platform import PlatformSettings
from telemetry.kubernetes.existing_network import wanted_of

NAME = "network"


def existing_network(settings: PlatformSettings) -> Iterator[Check]:
    """One line for each finding. Raises `LiveError` where AWS gives no answer."""
    existing, wanted = settings.network and settings.network.existing, wanted_of(settings)
    if not existing or wanted is None:
        yield Check(name=NAME, state=State.OK, detail="the stack makes its own, or has none: nothing to look at in AWS")
        return
    findings = [*judged(found_network(existing, settings.region), wanted)]
    for one in findings:
        state = State.FINDING if one.wrong else State.WARNING
        yield Check(name=NAME, state=state, detail=one.what, advice=one.advice)
    if not findings:
        yield Check(
            name=NAME, state=State.OK,
            detail=f"{existing.vpc_id}: {len(existing.private_subnet_ids)} private subnets with a way out, "
            f"{wanted.addresses} addresses for nodes and pods at their most",
        )  # fmt: skip
