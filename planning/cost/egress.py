"""Traffic to other back ends: out to the internet, and through the NAT gateway where nodes have one before them.

Sources: AWS price list, EC2 data transfer out and NAT gateway data processed. The account's free 100 GB a month are
AWS's to give to any of its stacks, so they aren't taken off here.
"""

from planning.aws.types import NAT_GATEWAY
from planning.capacity.ingest import MB
from planning.cost.bill import Bill
from planning.cost.inputs import Egress
from planning.cost.model import LineKind
from planning.registered import Resource
from planning.retention import Signal

SENDER = "collector-gateway"
SECONDS_PER_HOUR = 3600
OUT, THROUGH_NAT = "transfer.internet.out", "nat_gateway.data.processed"


def price_egress(sender: Resource, bill: Bill) -> None:
    """What the gateway's release sends to each destination; nothing for other releases, and off AWS."""
    if not sender.name.startswith(SENDER) or not bill.on_aws:
        return
    for one in bill.load.destinations or ():
        gigabytes = _wire_mb_per_second(one, bill) * SECONDS_PER_HOUR * bill.assumptions.hours / 1000
        note = f"{', '.join(one.signals)}{_share(one)}, compressed {_compression(one, bill):g} to 1"
        bill.add(sender, LineKind.EGRESS, f"to {one.name}, out to the internet", gigabytes, OUT, note)
        if bill.of_type(NAT_GATEWAY):
            bill.add(sender, LineKind.EGRESS, f"to {one.name}, through NAT", gigabytes, THROUGH_NAT, note)


def _share(destination: Egress) -> str:
    return "" if destination.share_percent == 100 else f", {destination.share_percent:g} % of them"


def _compression(destination: Egress, bill: Bill) -> float:
    assumed = bill.assumptions
    return assumed.sample_replica_compression if destination.remote_write else assumed.wire_compression


def _wire_mb_per_second(destination: Egress, bill: Bill) -> float:
    ingest, assumed = bill.ingest, bill.assumptions
    rates = {
        Signal.LOGS: ingest.logs.kept_mb_per_second,
        Signal.TRACES: ingest.traces.kept_mb_per_second,
        Signal.METRICS: ingest.samples_per_second * assumed.wire_bytes_per_sample / MB,
    }
    sent = sum(rates[signal] for signal in dict.fromkeys(destination.signals))
    return sent * destination.share_percent / 100 / _compression(destination, bill)
