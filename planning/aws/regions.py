"""The regions of AWS's commercial partition, and whose prices stand in where a region has no table.

Source: Amazon EC2 User Guide, "Regions and Zones", as known on 2026-11-28. Other partitions have other ARNs, endpoints
and prices, and this project was never tried there.
"""

import difflib
from collections.abc import Mapping

# Whose list prices are nearest, and rather above than below.
STAND_INS: Mapping[str, str] = {
    "ap-east-2": "ap-northeast-1",
    "ap-south-2": "ap-southeast-1",
    "ap-southeast-5": "ap-southeast-1",
    "ap-southeast-6": "ap-southeast-2",
    "ap-southeast-7": "ap-southeast-1",
    "ca-west-1": "ca-central-1",
    "eu-central-2": "eu-central-1",
    "il-central-1": "eu-central-1",
    "mx-central-1": "us-west-1",
}
# fmt: off
WITH_PRICES = (
    "af-south-1", "ap-east-1", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1",
    "ap-southeast-2", "ap-southeast-3", "ap-southeast-4", "ca-central-1", "eu-central-1", "eu-north-1", "eu-south-1",
    "eu-south-2", "eu-west-1", "eu-west-2", "eu-west-3", "me-central-1", "me-south-1", "sa-east-1", "us-east-1",
    "us-east-2", "us-west-1", "us-west-2",
)
# fmt: on
REGIONS = tuple(sorted((*WITH_PRICES, *STAND_INS)))
OTHER_PARTITIONS: Mapping[str, str] = {
    "cn-": "China (aws-cn)",
    "us-gov-": "GovCloud (aws-us-gov)",
    "us-iso": "the isolated partitions (aws-iso)",
    "eu-isoe-": "the isolated partitions (aws-iso-e)",
    "eusc-": "the European Sovereign Cloud (aws-eusc)",
}


def wrong_region(region: str) -> str:
    """Why a region can't be used, with what is meant where it looks like a typo; empty for one that can."""
    if region in REGIONS:
        return ""
    for prefix, partition in OTHER_PARTITIONS.items():
        if region.startswith(prefix):
            return f"belongs to {partition}, a partition that isn't supported: its ARNs, endpoints and prices differ"
    close = difflib.get_close_matches(region, REGIONS, n=1, cutoff=0.8)
    hint = f"did you mean {close[0]}? " if close else ""
    return f"{hint}AWS has no such region, as far as this release knows"
