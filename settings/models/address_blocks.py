"""Address blocks as settings name them, and those that nobody can reach an API endpoint from.

Sources: RFC 6890 and its registry (special purposes), RFC 5737 (documentation); Amazon EKS API reference,
VpcConfigRequest: publicAccessCidrs takes no reserved addresses.
"""

from collections.abc import Mapping
from ipaddress import IPv4Network

from pydantic import AfterValidator, Field
from pydantic.fields import FieldInfo

from planning.base import broken_rule
from settings.models.fields import accepts

CIDR_PATTERN = r"^\d{1,3}(\.\d{1,3}){3}/\d{1,2}$"
WIDEST_PREFIX = 8
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


def block(example: str) -> FieldInfo:
    """A field that holds any IPv4 block."""
    return _accepting("an IPv4 block", example)


def narrow_block(example: str) -> FieldInfo:
    """A field that holds an IPv4 block with `no_wider`."""
    return _accepting(f"an IPv4 block of /{WIDEST_PREFIX} or narrower", example)


def _accepting(form: str, example: str) -> FieldInfo:
    return Field(json_schema_extra=accepts(f"{form}, such as {example}", pattern=CIDR_PATTERN))


def no_wider(why: str) -> AfterValidator:
    """Refuses blocks that are wider than anything somebody has, with the reason in words."""

    def narrow(cidr: IPv4Network) -> IPv4Network:
        if cidr.prefixlen < WIDEST_PREFIX:
            raise broken_rule(why)
        return cidr

    return AfterValidator(narrow)


def unreachable(block: IPv4Network) -> str:
    """What a block is that no public traffic comes from; empty for public ones and those of documentation."""
    return next((kind for known, kind in _UNREACHABLE.items() if block.subnet_of(IPv4Network(known))), "")


def is_documentation(block: IPv4Network) -> bool:
    """Whether a block is an example: it stands in files until somebody puts their own there."""
    return any(block.subnet_of(known) for known in DOCUMENTATION)
