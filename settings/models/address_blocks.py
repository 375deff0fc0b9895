"""Address blocks that nobody can reach an API endpoint from.

Sources: RFC 6890 and its registry (special purposes), RFC 5737 (documentation); Amazon EKS API reference,
VpcConfigRequest: publicAccessCidrs takes no reserved addresses.
"""

from collections.abc import Mapping
from ipaddress import IPv4Network

DOCUMENTATION = tuple(map(IPv4Network, ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")))
_UNREACHABLE: Mapping[str, str] = {
    "10.0.0.0/8": "private",
    "172.16.0.0/12": "private",
    "192.168.0.0/16": "private",
    "100.64.0.0/10": "a carrier's own (RFC 6598)",
    "127.0.0.0/8": "loopback",
    "169.254.0.0/16": "link-local",
    "224.0.0.0/4": "multicast",
    "240.0.0.0/4": "reserved",
}


def unreachable(block: IPv4Network) -> str:
    """What a block is that no public traffic comes from; empty for public ones and those of documentation."""
    return next((kind for known, kind in _UNREACHABLE.items() if block.subnet_of(IPv4Network(known))), "")


def is_documentation(block: IPv4Network) -> bool:
    """Whether a block is an example: it stands in files until somebody puts their own there."""
    return any(block.subnet_of(known) for known in DOCUMENTATION)
