"""The part of the EBS CSI driver that a cluster without disks needs: PersistentVolumes for claims.

A claim whose class is provisioned by `ebs.csi.aws.com` gets a volume in the zone of the node that the scheduler chose
(or, in Immediate mode, in one of the cluster's zones), is refused for what EBS refuses, can grow, and loses its volume
when it is released under reclaim policy Delete.
"""

from __future__ import annotations

import hashlib

from sandbox.kubernetes.api import ApiClient, ApiError, JsonObject, child, entries
from sandbox.kubernetes.events import EventRecorder
from sandbox.kubernetes.nodes import EBS_CSI_DRIVER
from sandbox.kubernetes.quantities import gib

ZONE_LABEL = "topology.kubernetes.io/zone"
SELECTED_NODE = "volume.kubernetes.io/selected-node"
EBS_VOLUME_TYPES = ("gp2", "gp3", "io1", "io2", "sc1", "st1", "standard")
EBS_ACCESS_MODES = ("ReadWriteOnce", "ReadWriteOncePod")


class VolumeProvisioner:
    """Call `reconcile` again and again; every call brings claims and volumes one step on."""

    def __init__(self, client: ApiClient) -> None:
        self._client = client
        self._events = EventRecorder(client, EBS_CSI_DRIVER)

    def reconcile(self) -> None:
        """Provision, grow and delete what is due now."""
        listed = self._client.list("/apis/storage.k8s.io/v1/storageclasses")
        classes = {entry["metadata"]["name"]: entry for entry in listed if entry["provisioner"] == EBS_CSI_DRIVER}
        if classes:
            for claim in self._client.list("/api/v1/persistentvolumeclaims"):
                storage_class = classes.get(claim["spec"].get("storageClassName", ""))
                if storage_class is not None and "deletionTimestamp" not in claim["metadata"]:
                    self._advance(claim, storage_class)
        for volume in self._client.list("/api/v1/persistentvolumes"):
            if _is_due_for_deletion(volume):
                self._client.delete(f"/api/v1/persistentvolumes/{volume['metadata']['name']}")

    def _advance(self, claim: JsonObject, storage_class: JsonObject) -> None:
        if claim["status"].get("phase") == "Bound":
            self._grow(claim, storage_class)
            return
        if claim["spec"].get("volumeName"):
            return
        if refusal := refusal_of(claim, storage_class):
            self._events.warn(claim, "PersistentVolumeClaim", "ProvisioningFailed", refusal)
            return
        if zone := self._zone(claim, storage_class):
            self._client.create_if_absent("/api/v1/persistentvolumes", persistent_volume(claim, storage_class, zone))

    def _zone(self, claim: JsonObject, storage_class: JsonObject) -> str | None:
        if storage_class.get("volumeBindingMode") == "WaitForFirstConsumer":
            selected = child(claim["metadata"], "annotations").get(SELECTED_NODE)
            node = self._client.get(f"/api/v1/nodes/{selected}") if selected else None
            return node["metadata"]["labels"].get(ZONE_LABEL) if node else None
        zones = sorted({node["metadata"]["labels"].get(ZONE_LABEL, "") for node in self._client.list("/api/v1/nodes")})
        allowed = _allowed_zones(storage_class)
        usable = [zone for zone in zones if zone and (not allowed or zone in allowed)]
        return usable[int(_digest(claim)[:4], 16) % len(usable)] if usable else None

    def _grow(self, claim: JsonObject, storage_class: JsonObject) -> None:
        wanted = gib(claim["spec"]["resources"]["requests"]["storage"])
        if not storage_class.get("allowVolumeExpansion") or wanted <= gib(claim["status"]["capacity"]["storage"]):
            return
        size = {"storage": f"{wanted}Gi"}
        self._client.patch(f"/api/v1/persistentvolumes/{claim['spec']['volumeName']}", {"spec": {"capacity": size}})
        path = f"/api/v1/namespaces/{claim['metadata']['namespace']}/persistentvolumeclaims/{claim['metadata']['name']}"
        try:
            self._client.patch(f"{path}/status", {"status": {"capacity": size}})
        except ApiError as error:
            if error.status != 404:
                raise


def refusal_of(claim: JsonObject, storage_class: JsonObject) -> str | None:
    """Why EBS would not make a volume for this claim, or None."""
    volume_type = str(child(storage_class, "parameters").get("type", "gp3"))
    if volume_type not in EBS_VOLUME_TYPES:
        name = storage_class["metadata"]["name"]
        return f"StorageClass {name}: volume type {volume_type!r} is none of {', '.join(EBS_VOLUME_TYPES)}"
    refused = [mode for mode in claim["spec"]["accessModes"] if mode not in EBS_ACCESS_MODES]
    if refused:
        return f"an EBS volume can't be {', '.join(refused)}; it can be {' or '.join(EBS_ACCESS_MODES)}"
    return None


def persistent_volume(claim: JsonObject, storage_class: JsonObject, zone: str) -> JsonObject:
    """The PersistentVolume that the EBS CSI driver makes for `claim` in `zone`."""
    metadata = claim["metadata"]
    parameters = child(storage_class, "parameters")
    in_zone = {"matchExpressions": [{"key": ZONE_LABEL, "operator": "In", "values": [zone]}]}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {
            "name": f"pvc-{metadata['uid']}",
            "annotations": {"pv.kubernetes.io/provisioned-by": EBS_CSI_DRIVER},
        },
        "spec": {
            "accessModes": claim["spec"]["accessModes"],
            "capacity": {"storage": f"{gib(claim['spec']['resources']['requests']['storage'])}Gi"},
            "volumeMode": claim["spec"].get("volumeMode", "Filesystem"),
            "storageClassName": storage_class["metadata"]["name"],
            "persistentVolumeReclaimPolicy": storage_class.get("reclaimPolicy", "Delete"),
            "claimRef": {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "namespace": metadata["namespace"],
                "name": metadata["name"],
                "uid": metadata["uid"],
            },
            "csi": {
                "driver": EBS_CSI_DRIVER,
                "volumeHandle": f"vol-{_digest(claim)[:17]}",
                "fsType": parameters.get("csi.storage.k8s.io/fstype", "ext4"),
            },
            "nodeAffinity": {"required": {"nodeSelectorTerms": [in_zone]}},
        },
    }


def _digest(claim: JsonObject) -> str:
    return hashlib.sha256(str(claim["metadata"]["uid"]).encode()).hexdigest()


def _allowed_zones(storage_class: JsonObject) -> set[str]:
    return {
        str(value)
        for term in entries(storage_class, "allowedTopologies")
        for expression in entries(term, "matchLabelExpressions")
        if expression["key"] in (ZONE_LABEL, "topology.ebs.csi.aws.com/zone")
        for value in expression["values"]
    }


def _is_due_for_deletion(volume: JsonObject) -> bool:
    return (
        child(volume["spec"], "csi").get("driver") == EBS_CSI_DRIVER
        and volume["status"].get("phase") == "Released"
        and volume["spec"].get("persistentVolumeReclaimPolicy") == "Delete"
        and "deletionTimestamp" not in volume["metadata"]
    )
