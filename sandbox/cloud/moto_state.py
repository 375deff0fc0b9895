"""The few looks into moto's in-memory state that our own EKS needs.

moto is untyped for our purposes: only in this module are its objects `Any`, and it hands out plain values.
Import it only after `MOTO_IAM_LOAD_MANAGED_POLICIES` has been set (see `server.py`).
"""

from __future__ import annotations

import importlib
from typing import Any, NamedTuple

ACCOUNT_ID = "123456789012"  # moto's account unless a request assumes a role elsewhere


class Subnet(NamedTuple):
    """Where a subnet is."""

    zone: str
    vpc_id: str


def _backend(service: str, region: str) -> Any:
    backends: Any = importlib.import_module("moto.backends")
    return backends.get_backend(service)[ACCOUNT_ID][region]


def find_subnet(region: str, subnet_id: str) -> Subnet | None:
    """The subnet of that id in the region, or None if there is none."""
    for subnets in _backend("ec2", region).subnets.values():
        if subnet_id in subnets:
            subnet: Any = subnets[subnet_id]
            return Subnet(zone=str(subnet.availability_zone), vpc_id=str(subnet.vpc_id))
    return None


def create_cluster_security_group(region: str, cluster: str, vpc_id: str) -> str:
    """The security group that EKS makes for each cluster; returns its id."""
    group: Any = _backend("ec2", region).create_security_group(
        f"eks-cluster-sg-{cluster}",
        "EKS created security group applied to ENI that is attached to EKS Control Plane master nodes, "
        "as well as any managed workloads.",
        vpc_id,
        tags={"Name": f"eks-cluster-sg-{cluster}", f"kubernetes.io/cluster/{cluster}": "owned"},
    )
    return str(group.id)


def delete_security_group(region: str, group_id: str) -> None:
    """Delete a group that EKS made; one that is already gone is no error."""
    from moto.ec2.exceptions import InvalidSecurityGroupNotFoundError

    try:
        _backend("ec2", region).delete_security_group(group_id=group_id)
    except InvalidSecurityGroupNotFoundError:
        return


def set_log_group_key(region: str, name: str, key_arn: str | None) -> bool:
    """Encrypt a log group with a key, or with none; whether there is such a group."""
    group: Any = _backend("logs", region).groups.get(name)
    if group is not None:
        group.kms_key_id = key_arn
    return group is not None


def caller_arn(access_key_id: str, region: str) -> str:
    """The ARN that STS GetCallerIdentity answers for this access key."""
    identity: Any = _backend("sts", "aws").get_caller_identity(access_key_id, region)
    return str(identity[1])


def secret_access_key(access_key_id: str) -> str:
    """The secret that belongs to an access key.

    moto knows those that it handed out. For any other key, which stands for its default user, the secret is the key id
    itself: that is how the sandbox sets its own credentials.
    """
    role: Any = _backend("sts", "aws").get_assumed_role_from_access_key(access_key_id)
    if role is not None:
        return str(role.secret_access_key)
    key: Any = _backend("iam", "aws").access_keys.get(access_key_id)
    return access_key_id if key is None else str(key.secret_access_key)


class LaunchTemplate:
    """A launch template of moto, read only."""

    def __init__(self, template: Any) -> None:
        self._template = template
        self.id = str(template.id)
        self.name = str(template.name)
        self.default_version = int(template.default_version_number)

    def data_of_version(self, version: str) -> dict[str, Any]:
        """The template's data under a version number, `$Latest` or `$Default`. Raises KeyError for an unknown one."""
        if version == "$Latest":
            return dict(self._template.latest_version().data)
        number = self.default_version if version == "$Default" else int(version) if version.isdigit() else 0
        if not 1 <= number <= len(self._template.versions):
            raise KeyError(version)
        return dict(self._template.get_version(number).data)


def find_launch_template(region: str, template_id: str | None, name: str | None) -> LaunchTemplate | None:
    """The launch template of that id or name, or None."""
    for template in _backend("ec2", region).launch_templates.values():
        if template.id == template_id or template.name == name:
            return LaunchTemplate(template)
    return None
