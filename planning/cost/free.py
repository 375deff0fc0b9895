"""Resource types that cost nothing by themselves, and why; every other type without a price is named as unpriced."""

from collections.abc import Mapping

from planning.aws import types

# By type token, or by its beginning up to a colon.
FREE: Mapping[str, str] = {
    "pulumi:": "Pulumi's own",
    "lgtm:": "a component: what it registers is priced",
    "random:": "kept in the state only",
    "kubernetes:": "a Kubernetes object: nodes, volumes and load balancers are priced where they are asked for",
    "aws:iam/": "IAM is free",
    types.VPC: "free",
    types.SUBNET: "free; public addresses are priced with the nodes",
    types.ROUTE_TABLE: "free",
    types.ROUTE: "free",
    types.ROUTE_TABLE_ASSOCIATION: "free",
    types.INTERNET_GATEWAY: "free; traffic to the internet isn't expected beyond the free 100 GB",
    types.SECURITY_GROUP: "free",
    types.DEFAULT_SECURITY_GROUP: "free",
    types.SECURITY_GROUP_RULE: "free",
    types.FLOW_LOG: "free; what it writes is priced with its log group",
    types.NETWORK_ACL: "free",
    types.LAUNCH_TEMPLATE: "free; its volumes are priced with the nodes",
    "aws:vpc/": "security group rules are free",
    types.ADDON: "free; add-ons run on nodes that are priced",
    types.ACCESS_ENTRY: "free",
    types.ACCESS_POLICY_ASSOCIATION: "free",
    types.POD_IDENTITY: "free",
    types.KEY_ALIAS: "free",
    types.AWS_BUDGET: "free: a budget that only tells; actions, of which the first two are free, aren't used",
    "aws:costexplorer/": "free: anomaly detection, its mails and first thousand of SNS's",
    "aws:sns/": "free at alert volume: the first 1000 e-mails and a million requests a month",
    types.SCHEDULE: "free: 14 million invocations a month, of which a stack needs some hundred",
    types.SCHEDULE_GROUP: "free",
    types.QUEUE: "free: a million requests a month, of which a controller that asks every 20 seconds makes 131,400",
    types.QUEUE_POLICY: "free",
    types.EVENT_RULE: "free for events of AWS services",
    types.EVENT_TARGET: "free",
    types.NODE_POOL: "free; what its nodes cost at its limits is a sum of its own",
    types.LIFECYCLE: "free; transitions are priced with the bucket",
    types.LIFECYCLE_V2: "free; transitions come with the bucket",
    types.PUBLIC_ACCESS_BLOCK: "free",
    types.BUCKET_POLICY: "free",
    types.BUCKET_OWNERSHIP: "free",
    types.BUCKET_ENCRYPTION: "free",
    types.VERSIONING: "free; superseded versions are priced with the bucket",
    types.SECRET_VERSION: "free; the secret is priced",
    types.VPC_ENDPOINT: "gateway endpoints are free",
}


def free_reason(type_token: str) -> str | None:
    """Why a type costs nothing; None for a type that isn't known to be free."""
    if type_token in FREE:
        return FREE[type_token]
    for end in (":", "/"):
        beginning = type_token.partition(end)[0] + end
        if beginning in FREE:
            return FREE[beginning]
    return None
