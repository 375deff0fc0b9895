"""EBS: root volumes of nodes, data volumes that Helm releases and Kubernetes objects claim, single volumes."""

from collections.abc import Sequence

from planning.aws.types import LAUNCH_TEMPLATE, STORAGE_CLASS
from planning.cost.bill import Bill
from planning.cost.charts import Claim, chart_of, claims_of
from planning.cost.compute import node_count
from planning.cost.model import LineKind, UnpricedCause
from planning.cost.reading import quantity_gib, text
from planning.registered import UNKNOWN, Property, Resource, is_list, is_table, number, value_at

# Amazon EBS User Guide, "General Purpose SSD volumes": what the price of gp3 includes.
GP3_IOPS, GP3_MB_PER_SECOND = 3000, 125
DEFAULT_TYPE = "gp3"


def price_root_volumes(group: Resource, bill: Bill) -> None:
    """Root and further volumes of a node group's launch template, for every node."""
    count = node_count(group, bill)
    if not count:
        return
    template = launch_template_of(group, bill)
    if template is None and group.at("launchTemplate") is not None:
        bill.leave_out(
            group,
            UnpricedCause.NOT_COVERED,
            "its launch template isn't known, so its nodes' root volumes aren't priced",
        )
        return
    mappings = template.at("blockDeviceMappings") if template else None
    volumes = [value_at(item, "ebs") for item in mappings] if is_list(mappings) else []
    if not volumes:
        size = number(group.at("diskSize")) or bill.assumptions.default_root_volume_gib
        volumes = [{"volumeSize": size, "volumeType": DEFAULT_TYPE}]
    for ebs in volumes:
        _volume(group, LineKind.ROOT_VOLUME, "root volume", ebs, count, bill, f"{count:g} nodes")


def launch_template_of(group: Resource, bill: Bill) -> Resource | None:
    """By where the id came from, by id or name; in an event log, which has neither, by the same logical name."""
    if found := bill.sources_of(group, "launchTemplate", LAUNCH_TEMPLATE):
        return found[0]
    templates = bill.of_type(LAUNCH_TEMPLATE)
    named = {value for key in ("id", "name") if isinstance(value := group.at("launchTemplate", key), str)}
    for template in templates:
        if named & {text(template.at("id")), text(template.at("name"))}:
            return template
    alike = [template for template in templates if template.name == group.name and template.parent == group.parent]
    return alike[0] if len(alike) == 1 else None


def price_volume(volume: Resource, bill: Bill) -> None:
    """A single EBS volume."""
    ebs: Property = {
        "volumeSize": volume.at("size"),
        "volumeType": volume.at("type") or "gp2",
        "iops": volume.at("iops"),
        "throughput": volume.at("throughput"),
    }
    _volume(volume, LineKind.DATA_VOLUME, "volume", ebs, 1, bill, "1 volume")


def _volume(resource: Resource, kind: LineKind, what: str, ebs: Property, count: float, bill: Bill, note: str) -> None:
    """One EBS volume as EC2 describes it, `count` times."""
    size, volume_type = number(value_at(ebs, "volumeSize")), text(value_at(ebs, "volumeType"), DEFAULT_TYPE)
    if size is None:
        bill.leave_out(resource, UnpricedCause.NOT_KNOWN_YET, f"the size of its {what} isn't known yet")
        return
    if kind is LineKind.DATA_VOLUME:
        bill.data_volume_gib += size * count
    bill.add(
        resource, kind, f"{volume_type} {what}", size * count, f"ebs.storage.{volume_type}", f"{note} x {size:g} GiB"
    )
    _performance(resource, kind, volume_type, ebs, count, bill)


def _performance(resource: Resource, kind: LineKind, volume_type: str, ebs: Property, count: float, bill: Bill) -> None:
    """IOPS and throughput beyond what the size's price includes."""
    included = GP3_IOPS if volume_type == "gp3" else 0
    iops = (number(value_at(ebs, "iops")) or 0) - included
    throughput = (number(value_at(ebs, "throughput")) or 0) - GP3_MB_PER_SECOND
    if iops > 0 and volume_type in ("gp3", "io1", "io2"):
        bill.add(resource, kind, f"{volume_type} IOPS", iops * count, f"ebs.iops.{volume_type}",
                 f"{count:g} volumes x {iops:g} beyond {included}")  # fmt: skip
    if throughput > 0 and volume_type == "gp3":
        bill.add(resource, kind, "gp3 throughput", throughput * count, "ebs.throughput.gp3",
                 f"{count:g} volumes x {throughput:g} MB/s beyond {GP3_MB_PER_SECOND}")  # fmt: skip


def price_release(release: Resource, bill: Bill) -> None:
    """The volumes that a chart claims with the release's values."""
    if not bill.on_aws:
        return
    values = release.at("values")
    if values is UNKNOWN:
        bill.leave_out(
            release, UnpricedCause.NOT_KNOWN_YET, "its values aren't known yet, so its volumes aren't priced"
        )
        return
    if release.at("valueYamlFiles"):
        bill.leave_out(
            release,
            UnpricedCause.NOT_COVERED,
            "values from files aren't read, so volumes that they change aren't priced",
        )
    claims = claims_of(chart_of(text(release.at("chart"))), values if is_table(values) else {})
    if claims is None:
        bill.leave_out(
            release,
            UnpricedCause.NOT_COVERED,
            f"nothing is known of the volumes of chart {text(release.at('chart'), 'unknown')}",
        )
        return
    _claims(release, claims, bill)


def price_claim(claim: Resource, bill: Bill) -> None:
    """A PersistentVolumeClaim."""
    if bill.on_aws:
        _claims(claim, [_claim(claim.name, 1, claim.at("spec"))], bill)


def price_stateful_set(stateful_set: Resource, bill: Bill) -> None:
    """The volumes that a StatefulSet claims for each replica."""
    templates = stateful_set.at("spec", "volumeClaimTemplates")
    if not bill.on_aws or not is_list(templates):
        return
    replicas = number(stateful_set.at("spec", "replicas"))
    names = [text(value_at(template, "metadata", "name"), "data") for template in templates]
    _claims(
        stateful_set,
        [
            _claim(name, 1 if replicas is None else replicas, value_at(template, "spec"))
            for name, template in zip(names, templates, strict=True)
        ],
        bill,
    )


def _claim(name: str, count: float, spec: Property) -> Claim:
    size = value_at(spec, "resources", "requests", "storage")
    return Claim(name, count, size, value_at(spec, "storageClassName"))


def _claims(resource: Resource, claims: Sequence[Claim], bill: Bill) -> None:
    for claim in claims:
        size = quantity_gib(claim.size)
        if size is None or claim.volumes is None:
            bill.leave_out(
                resource, UnpricedCause.NOT_KNOWN_YET, f"the size of its volume {claim.workload} isn't known yet"
            )
            continue
        parameters = _storage_class(text(claim.storage_class), bill)
        ebs: Property = {
            "volumeSize": size,
            "volumeType": value_at(parameters, "type") or DEFAULT_TYPE,
            "iops": value_at(parameters, "iops"),
            "throughput": value_at(parameters, "throughput"),
        }
        note = f"{claim.volumes:g} x {claim.workload}"
        _volume(resource, LineKind.DATA_VOLUME, f"volume, {claim.workload}", ebs, claim.volumes, bill, note)


def _storage_class(name: str, bill: Bill) -> Property:
    """Parameters of a StorageClass of the stack; gp3 with its defaults where it is another's."""
    for storage_class in bill.of_type(STORAGE_CLASS):
        if name in (text(storage_class.at("metadata", "name")), storage_class.name):
            return storage_class.at("parameters")
    return {"type": DEFAULT_TYPE}
