"""The list of `telemetry.preflight` in the program: said in every preview and update; examples stop an update."""

import pulumi

from components.aws_environment import AwsEnvironment
from settings.document.pulumi_config import assumed_keys
from settings.models.names import Names
from settings.models.platform import PlatformSettings
from telemetry.preflight import Situation, concerns, example_blocks

# The account of AWS's own examples, and of the simulated cloud: documentation addresses are at home there.
EXAMPLE_ACCOUNT = "123456789012"


def preflight(
    settings: PlatformSettings, owner: PlatformSettings | None, names: Names, aws: AwsEnvironment | None
) -> None:
    """Warns of each concern. Raises `pulumi.RunError` where an update would let documentation addresses in."""
    for concern in concerns(Situation(settings, names.stack, owner, assumed_keys())):
        pulumi.warn(f"lgtm:platform: {concern.sentence}")
    examples = example_blocks(settings)
    real = aws is not None and aws.location.account_id != EXAMPLE_ACCOUNT
    if examples and real and not pulumi.runtime.is_dry_run():
        raise pulumi.RunError(
            f"lgtm:platform.cluster.public_access_cidrs: {', '.join(examples)} are documentation addresses; nothing "
            "was made; accepted: the blocks of your offices, VPN and CI, or [] for a private endpoint"
        )
