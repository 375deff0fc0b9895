"""What the simulated EKS remembers. Records have the shape that the API's Describe calls return."""

from __future__ import annotations

import threading
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.cloud.eks.control_planes import ControlPlane, ControlPlaneStarter
from sandbox.cloud.eks.errors import ResourceNotFoundException

Record = dict[str, Any]


@dataclass
class AccessEntry:
    """An access entry and the access policies associated with it, by policy ARN."""

    record: Record
    policies: dict[str, Record] = field(default_factory=dict[str, Record])


@dataclass
class Cluster:
    """A cluster, what hangs on it, and the Kubernetes control plane behind it."""

    name: str
    region: str
    record: Record
    control_plane: ControlPlane
    node_groups: dict[str, Record] = field(default_factory=dict[str, Record])
    addons: dict[str, Record] = field(default_factory=dict[str, Record])
    access_entries: dict[str, AccessEntry] = field(default_factory=dict[str, AccessEntry])
    pod_identity_associations: dict[str, Record] = field(default_factory=dict[str, Record])
    updates: dict[str, Record] = field(default_factory=dict[str, Record])

    def node_group(self, name: str) -> Record:
        if name not in self.node_groups:
            raise ResourceNotFoundException(f"No node group found for name: {name}.")
        return self.node_groups[name]

    def addon(self, name: str) -> Record:
        if name not in self.addons:
            raise ResourceNotFoundException(f"No addon: {name} found in cluster: {self.name}")
        return self.addons[name]

    def access_entry(self, principal_arn: str) -> AccessEntry:
        if principal_arn not in self.access_entries:
            raise ResourceNotFoundException(
                f"The specified principalArn could not be found. You can view your available access entries with "
                f"'list-access-entries'. (principal {principal_arn}, cluster {self.name})"
            )
        return self.access_entries[principal_arn]

    def pod_identity_association(self, association_id: str) -> Record:
        if association_id not in self.pod_identity_associations:
            raise ResourceNotFoundException(f"No association found with associationId: {association_id}")
        return self.pod_identity_associations[association_id]

    def record_update(self, kind: str) -> Record:
        """An update that has already succeeded: everything here takes effect at once."""
        update: Record = {
            "id": str(uuid.uuid4()), "status": "Successful", "type": kind, "params": [], "createdAt": time.time(),
            "errors": [],
        }  # fmt: skip
        self.updates[update["id"]] = update
        return update


@dataclass
class EksState:
    """All clusters of the account. A cluster's name is unique in the sandbox, whatever its region.

    `starting` holds the names of clusters whose control plane is still coming up, so that a second CreateCluster of the
    same name is refused while the first one is under way without holding the lock for seconds.
    """

    directory: Path
    start_control_plane: ControlPlaneStarter
    authentication_webhook_url: str
    clusters: dict[str, Cluster] = field(default_factory=dict[str, Cluster])
    starting: set[str] = field(default_factory=set[str])
    lock: threading.RLock = field(default_factory=threading.RLock)

    def cluster(self, name: str) -> Cluster:
        if name not in self.clusters:
            raise ResourceNotFoundException(f"No cluster found for name: {name}.")
        return self.clusters[name]

    def stop(self) -> None:
        """Stop every control plane; used when the cloud goes down."""
        with self.lock:
            for cluster in self.clusters.values():
                cluster.control_plane.stop()
            self.clusters.clear()
