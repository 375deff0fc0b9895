"""What a cost can't read from resources: one value each, with the reason beside it. Change them by passing others."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from planning.base import Frozen

NotNegative = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]


class NodeCount(StrEnum):
    """Which size of a node group is paid for."""

    DESIRED = "desired"
    MOST = "most"


class Assumptions(Frozen):
    """Defaults are for this platform; amounts are per month unless they say otherwise."""

    hours: NotNegative = 730
    """Hours of a month: 8760 / 12, as AWS's own calculators have it."""
    nodes: NodeCount = NodeCount.DESIRED
    """Nothing scales the groups by itself (no autoscaler is installed), so the desired size is what runs; the sum at
    the largest size stands beside the total."""
    spot_share_of_on_demand: Share = 0.55
    """Spot is budgeted at the higher of a high percentile of what was seen and this share of on-demand: a mean is what
    a bad month exceeds. Of a group's types the cheapest counts, as EKS asks for the price-capacity-optimized one."""
    system_cores_per_node: NotNegative = 0.05
    """What EKS's and the add-ons' pods on each node use on average, far below what they ask for: CNI, proxy, volume
    driver, identity agent, node exporter."""
    system_cores_per_cluster: NotNegative = 0.1
    """The same for those once in a cluster, on its owner's nodes: DNS, metrics server, volume controller."""
    default_root_volume_gib: NotNegative = 20
    """What EKS gives a node whose launch template names no volume."""
    nat_gb: NotNegative = 50
    """Through all NAT gateways: image pulls of new and replaced nodes (about 2 GB each) and calls of AWS APIs; bucket
    traffic takes the free gateway endpoint."""
    endpoint_gb: NotNegative = 10
    """Through each interface endpoint: API calls, no bulk data."""
    load_balancer_capacity_units: NotNegative = 1
    """Average capacity units of a load balancer: Grafana's users and little else go through one."""
    load_balancer_zones: Annotated[int, Field(ge=1)] = 3
    """Zones, and so public addresses, of a load balancer whose subnets aren't known."""
    tenant_stack_nodes_public: bool = True
    """Nodes in another stack's subnets pay for a public address each: the dearer case, as those subnets aren't seen."""
    kms_requests: NotNegative = 50_000
    """Requests to each key: bucket keys and volume keys ask rarely."""
    audit_log_gb: NotNegative = 23.2
    """A quiet control plane's EKS audit log, whatever nodes it has: leaders renew their leases, and standbys read them,
    every two seconds, each a line of 1 kB. Measured with `python -m benchmarks.audit_log`; see docs/cost-model.md."""
    audit_log_gb_per_node: NotNegative = 0.8
    """Of each node beside that: its lease, status and tokens, and the watches of its kubelet and daemons. Measured
    likewise."""
    other_control_plane_log_gb: NotNegative = 0.5
    """Each further EKS log type: api, authenticator, controllerManager, scheduler."""
    flow_log_gb_per_node: NotNegative = 6
    """VPC flow logs, where they are on: a record of some 120 bytes for each connection and direction in ten minutes.
    Ten name look-ups a second, each a connection of its own, are most of it; look at the log group after a day."""
    access_log_bytes: NotNegative = 600
    """S3's access logs, where they are on: one record, with the names of bucket, object and caller in it."""
    other_log_group_gb: NotNegative = 1
    """A log group of anything else."""
    log_compression: Share = 0.15
    """Share of ingested log bytes that CloudWatch bills as stored: it compresses."""
    snapshot_share: Share = 0.3
    """Size of a first snapshot against its volume: a snapshot holds no free blocks."""
    snapshot_changed_share: Share = 1
    """Share of a snapshot's blocks that are others a day later. Write-ahead logs and the newest blocks are rewritten
    within hours, so every daily snapshot is counted as if it were the first: the dear side."""
    unbounded_days: Annotated[int, Field(ge=1)] = 365
    """Age up to which objects are counted in a bucket that nothing ever expires: a year of growth."""
    plain_bucket_gib: NotNegative = 10
    """A bucket whose purpose isn't known."""
    wire_compression: Annotated[float, Field(ge=1)] = 8
    """OTLP bytes per byte on the wire between collectors and back ends: zstd and gzip over batches of thousands."""
    log_replica_compression: Annotated[float, Field(ge=1)] = 3
    """Log bytes per byte on the wire between Loki's replicas when gRPC compression is on: snappy on text."""
    sample_replica_compression: Annotated[float, Field(ge=1)] = 5
    """The same for Mimir's write requests: snappy on labels that repeat in every series."""
    wire_bytes_per_sample: NotNegative = 200
    """A sample with its labels in a write request, uncompressed: every request repeats some 20 labels, mostly short."""
