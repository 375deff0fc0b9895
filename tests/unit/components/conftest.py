"""The AWS side of a whole stack under the recording engine, as the program composes it."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from components.aws_environment import aws_environment_for
from components.cluster import connect_cluster
from components.object_storage import object_storage_for
from components.workload_identity import workload_identities
from settings.models.names import Names
from settings.models.platform import PlatformSettings
from tests.unit.recording import ACCOUNT_ID, Graph, run_program

OWNER = "organization/lgtm/staging"
OWNER_OUTPUTS: Mapping[str, Any] = {
    "cluster_name": "acme-monitoring-staging-cluster",
    "cluster_arn": f"arn:aws:eks:us-west-2:{ACCOUNT_ID}:cluster/acme-monitoring-staging-cluster",
    "cluster_version": "1.35",
    "node_subnet_ids": ["subnet-a", "subnet-b"],
    "storage_class": "gp3",
    "kubeconfig": '{"kind": "Config"}',
}


@pytest.fixture(scope="session")
def compose() -> Callable[..., Graph]:
    """`compose(settings)`: every AWS component of the stack; the graph's result is (cluster, objects, identities).

    Equal settings share one run: graphs are only read.
    """
    graphs: dict[str, Graph] = {}

    def cached(settings: PlatformSettings, **engine: Any) -> Graph:
        key = settings.model_dump_json() + repr(sorted(engine.items()))
        if key not in graphs:
            graphs[key] = run(settings, **engine)
        return graphs[key]

    def run(settings: PlatformSettings, **engine: Any) -> Graph:
        stack = settings.environment.value
        names = Names(project=settings.project, stack=stack)

        def program() -> Any:
            aws = aws_environment_for(settings, names)
            cluster = connect_cluster(settings, names, aws)
            objects = object_storage_for(settings, names, aws, settings.tier_plans)
            return cluster, objects, workload_identities(settings, names, aws, cluster, objects)

        engine.setdefault("stacks", {OWNER: OWNER_OUTPUTS})
        return run_program(program, stack=stack, **engine)

    return cached
