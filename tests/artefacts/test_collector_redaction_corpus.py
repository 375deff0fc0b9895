"""Redaction on corpora, through agent and gateway of prod on the real collector; docs/security.md shows the results.

`corpus.yaml` was made beside the patterns. `held_out.yaml` was written before them; what it missed at first was read
and mended, so that it is no longer unseen: it guards against getting worse. `varied.yaml` draws the lengths of its
secrets by chance; its results stand in the page as they are, and are held to no bound but their own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from telemetry.collector.gateway import gateway_config
from tests.artefacts.agent_driver import Cluster, agent_for, running_cluster
from tests.artefacts.collector_driver import POD_ENVIRONMENT, Ports, on_loopback, running
from tests.artefacts.otlp_sink import Sink
from tests.artefacts.redaction_corpus import Case, cases
from tests.artefacts.redaction_run import HASH_KEY, judged, passed
from tests.stacks import REPOSITORY, stack_settings

PERSONAL = {"e-mail", "phone", "iban", "national id", "client address", "cards",
            "email", "national_id", "client_address"}  # fmt: skip
CREDENTIALS_CAUGHT, PERSONAL_CAUGHT, HARMLESS_KEPT = 0.99, 0.97, 0.99
LEAST_CORES, LEAST_CARRIERS = 400, 3


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with running_cluster(tmp_path_factory.mktemp("cluster")) as running_one:
        yield running_one


# What is asked of each corpus; of the third, only that the page says what it shows.
JUDGED = ("corpus", "held_out")


@pytest.mark.parametrize("name", [*JUDGED, "varied"])
def test_a_corpus_through_agent_and_gateway(name: str, cluster: Cluster, tmp_path: Path) -> None:
    made = cases(name)
    right = [
        judged(case, received) for case, received in zip(made, _through_both(made, cluster, tmp_path), strict=True)
    ]
    sent = Counter(case.kind for case in made)
    well = Counter(case.kind for case, good in zip(made, right, strict=True) if good)
    table = "\n".join(
        f"| {kind} | {sent[kind]} | {well[kind] / sent[kind]:.1%} {'kept' if kind == 'harmless' else 'caught'} |"
        for kind in sent
    )
    if name in JUDGED:
        assert _share(sent, well, set(sent) - PERSONAL - {"harmless"}) >= CREDENTIALS_CAUGHT, table
        assert _share(sent, well, PERSONAL) >= PERSONAL_CAUGHT, table
        assert _share(sent, well, {"harmless"}) >= HARMLESS_KEPT, table
    assert table in (REPOSITORY / "docs" / "security.md").read_text(encoding="utf-8"), f"write this there:\n{table}"


def _share(sent: Counter[str], well: Counter[str], kinds: set[str]) -> float:
    return sum(well[kind] for kind in kinds) / sum(sent[kind] for kind in kinds)


def _through_both(made: list[Case], cluster: Cluster, directory: Path) -> list[str]:
    (directory / "state").mkdir()
    prod, ports = stack_settings("prod", sampling={"mode": "full"}), Ports.free()
    with Sink() as sink:
        gateway = on_loopback(gateway_config(prod).document(), ports, directory / "state", sink.back_ends)
        agent = agent_for("prod", cluster, directory / "agent", f"127.0.0.1:{ports.grpc}")
        with (
            running(gateway, ports, directory, {**POD_ENVIRONMENT, **HASH_KEY}),
            running(agent.document, agent.ports, directory / "agent", agent.environment),
        ):
            return passed(made, agent.ports, sink)


def test_the_corpus_is_large_enough() -> None:
    made = cases("corpus")
    secrets = {case.secrets for case in made if case.secrets}
    harmless = [case for case in made if not case.secrets]
    carriers = Counter(case.secrets for case in made if case.secrets)
    assert len(secrets) >= LEAST_CORES
    assert len(harmless) >= LEAST_CORES * LEAST_CARRIERS
    assert min(carriers.values()) >= LEAST_CARRIERS
    assert len({case.kind for case in made} - {"harmless"}) >= 12
