"""Which resources hold something that a new one of the same kind would not: what is lost with the old one."""

from planning.aws import types

# Type token → what goes with it. Types without data (roles, rules, policies, routes) are left out on purpose.
LOST_WITH = {
    types.BUCKET: "every object in the bucket",
    types.BUCKET_V2: "every object in the bucket",
    types.KEY: "whatever is encrypted with the key can't be read any more",
    types.VOLUME: "the volume's data",
    types.CLUSTER: "everything that runs on the cluster, with its volumes; tenant stacks on it too",
    types.LOG_GROUP: "the logs in the group",
    types.SECRET: "the secret's value",
    types.NAMESPACE: "everything in the namespace, with its volumes",
    types.PERSISTENT_VOLUME: "the volume's data",
    types.CLAIM: "the volume's data",
    types.STATEFUL_SET: "the pods' volumes, unless their claims are kept",
    types.RELEASE: "the release's volumes, and its service until the new one is ready",
    types.CHART_V4: "the release's volumes, and its service until the new one is ready",
    types.RANDOM_PASSWORD: "the password: everybody who uses it needs the new one",
}
