"""Every rule of the pack, one module a subject."""

from policies.rule import ResourceRule, StackRule
from policies.rules.encryption import BUCKETS_ENCRYPTED, CLUSTER_SECRETS_ENCRYPTED, VOLUMES_ENCRYPTED
from policies.rules.public_access import BUCKETS_PRIVATE, CLUSTER_ENDPOINT_LIMITED, NO_OPEN_INGRESS
from policies.rules.tags import REQUIRED_TAGS

RULES: tuple[ResourceRule | StackRule, ...] = (
    REQUIRED_TAGS,
    BUCKETS_ENCRYPTED,
    VOLUMES_ENCRYPTED,
    CLUSTER_SECRETS_ENCRYPTED,
    BUCKETS_PRIVATE,
    CLUSTER_ENDPOINT_LIMITED,
    NO_OPEN_INGRESS,
)
