"""The life of a resource as the tests of the simulated AWS take it through, and what many of them need."""

from __future__ import annotations

import json

from sandbox.providers.properties import Properties
from tests.artefacts.provider_driver import REGION, Engine, Resource

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "eks.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
)


def life(engine: Engine, token: str, inputs: Properties, *updates: Properties, name: str = "thing") -> Resource:
    """Create, see no difference, refresh without change, and go through the updates."""
    resource = engine.create(token, name, inputs)
    stays_the_same(engine, resource, inputs)
    for update in updates:
        resource = engine.update(resource, update)
        stays_the_same(engine, resource, update)
    return resource


def stays_the_same(engine: Engine, resource: Resource, inputs: Properties) -> None:
    assert engine.diff(resource, inputs).paths == {}
    refreshed = engine.refresh(resource)
    assert refreshed is not None
    assert refreshed.state == resource.state
    assert refreshed.inputs == resource.inputs
    assert engine.diff(refreshed, inputs).paths == {}


def end(engine: Engine, *resources: Resource) -> None:
    """Delete in order; each is gone, and deleting again is no error."""
    for resource in resources:
        engine.delete(resource)
        assert engine.refresh(resource) is None, f"{resource.token} is still there"
        engine.delete(resource)


class Network:
    """A VPC with two subnets, for what needs one."""

    def __init__(self, engine: Engine, name: str = "shared") -> None:
        self.vpc = engine.create("aws:ec2/vpc:Vpc", name, {"cidrBlock": "10.8.0.0/16"})
        self.subnets = [
            engine.create(
                "aws:ec2/subnet:Subnet",
                f"{name}-{zone}",
                {"vpcId": self.vpc.id, "cidrBlock": f"10.8.{index}.0/24", "availabilityZone": f"{REGION}{zone}"},
            )
            for index, zone in enumerate("ab")
        ]

    @property
    def subnet_ids(self) -> list[str]:
        return [subnet.id for subnet in self.subnets]
