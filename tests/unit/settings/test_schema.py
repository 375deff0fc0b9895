"""The exported JSON Schema says what the models say, and the committed file is the exported one."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from settings.document import schema
from settings.document.defaults import MODE_TABLE, SIZE_TABLE, TABLE
from settings.document.loader import parse_settings
from tests.stacks import stack_file
from tests.unit.settings.documents import MODES, ROOT, STACKS, changed, minimal

VALIDATOR = jsonschema.Draft7Validator(schema.stack_schema())
CASES: list[dict[str, Any]] = yaml.safe_load(
    (ROOT / "tests/unit/settings/bad_documents.yaml").read_text(encoding="utf-8")
)
# Rules between values, and checks that JSON Schema has no words for: left to the models.
MODELS_ONLY = {
    "the controller of another stack's cluster",
    "a public load balancer without public subnets",
    "a team that no service names",
    "a team's way that nobody describes",
    "a topic of AWS elsewhere",
    "an address without its name",
    "an address by no way",
    "a proxy that can't reach Grafana",
    "Grafana open to the world with a password",
    "a certificate of another region",
    "a load balancer of AWS elsewhere",
    "sign-on by two providers",
    "roles of a proxy's groups",
    "a secret for a proxy",
    "a proxy anywhere",
    "strangers refused and nobody known",
    "a GitHub team without its organization",
    "a pool of burstable nodes",
    "a pool of two types",
    "working hours with Karpenter",
    "Loki in no mode",
    "budget below its parts",
    "baseline without its whole",
    "baseline below its parts",
    "memory ceiling below the requests",
    "CPU ceiling below the requests",
    "hashes that have a key and shall have none",
    "storage ceiling below the volumes",
    "version in extended support",
    "network taken away",
    "a network of its own without a block",
    "a network that is there, with gateways of its own",
    "a network that is there, with one subnet twice",
    "a policy engine that the cluster doesn't have",
    "strictness of another stack's cluster",
    "half an address block of the cluster",
    "the whole internet as the cluster",
    "access open to the world",
    "access block with host bits",
    "more nodes than the most",
    "new node group without its values",
    "no nodes at all",
    "nodes too small for the pods",
    "existing cluster without a store",
    "irsa on a shared cluster",
    "public VPC block",
    "protected and destroyed",
    "days out of order",
    "bucket expiration beyond all ages",
    "archive expires before it freezes",
    "archive gets warmer",
    "burst below the rate",
    "limit below the request",
    "more Loki replicas than nodes",
    "no volume where data is",
    "pod larger than any node",
    "two bucket expirations beyond all ages",
    "a Graviton type of another family",
    "an Intel type of another family",
    "Intel nodes",
    "cost alerts for nobody",
    "Graviton nodes of an Intel cluster",
    "private addresses at a public endpoint",
    "a stack on its own cluster",
    "an override of nothing",
    "an override of a service that isn't there",
    "two overrides of one language",
    "a metric that is dropped and merged",
    "a metric that is merged twice",
    "lines that are thinned twice",
    "a typo in the region",
    "a region that nobody has",
    "another partition",
    "the cluster's namespace",
    "an add-on's namespace",
    "services with more requests than the workload",
    "one service with more series than the default",
    "services without any request",
    "same name twice",
    "a dimension that span metrics have",
    "snapshots of an existing cluster's volumes",
    "access logs of buckets that aren't on AWS",
    "backups of an object store that isn't on AWS",
    "tls without the add-on that issues certificates",
    "cert-manager elsewhere than its add-on puts it",
    "an attribute both hashed and ignored",
    "a time zone that is none",
    "quiet hours that end when they begin",
    "a way to people that isn't described",
    "more faulty traces than traces",
    "objectives of no service",
    "retention of profiles that aren't kept",
    "working hours of prod",
    "ingesters that scale by themselves",
    "fewer pods at most than at least",
    "more pods at most than nodes can hold",
    "working hours on nodes of somebody else",
    "a heartbeat that ends every evening",
    "working hours that overlap",
    "working hours over midnight",
    "working hours of a day named twice",
    "working hours of a zone that is none",
    "a vendor without its credential",
    "a vendor without an address of its own",
    "a header of one's own for a vendor that has one",
    "a header without the Secret that it carries",
    "a secret in plain sight",
    "a credential over plain http",
    "metrics for a vendor that can't take them",
    "profiles for another back end",
    "a share of metrics",
    "a part elsewhere and the rest nowhere",
    "metrics elsewhere instead",
    "a condition on what isn't sent",
    "a port that doesn't exist",
    "two destinations of one name",
    "CloudWatch's logs without CloudWatch",
    "AWS in Grafana without Pod Identity",
}


def errors(document: Any) -> list[str]:
    return [error.message for error in VALIDATOR.iter_errors({"config": {"lgtm:platform": document}})]


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft7Validator.check_schema(schema.stack_schema())


def test_a_stale_file_is_noticed_and_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(schema, "SCHEMA_FILE", tmp_path / "stack.schema.json")
    assert schema.main(["--check"]) == 1
    assert "is stale: run python -m settings.document.schema" in capsys.readouterr().err
    assert schema.main([]) == 0
    assert schema.main(["--check"]) == 0
    assert json.loads((tmp_path / "stack.schema.json").read_text()) == schema.stack_schema()


@pytest.mark.parametrize("stack", STACKS)
def test_whole_stack_files_pass(stack: str) -> None:
    assert list(VALIDATOR.iter_errors(stack_file(stack))) == []


@pytest.mark.parametrize("case", CASES, ids=[case["case"].replace(" ", "-") for case in CASES])
def test_editors_see_what_the_models_refuse(case: dict[str, Any]) -> None:
    found = errors(changed(case["environment"], case["changes"]))
    assert bool(found) == (case["case"] not in MODELS_ONLY)


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("mode", list(MODES))
def test_every_mode_passes_in_every_environment(stack: str, mode: str) -> None:
    assert errors(minimal(stack) | {"cluster": MODES[mode]}) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"budget.compute_usd_per_month": None},
        {"cluster.node_groups.on-demand": None, "cluster.node_groups.spot.nodes": 4},
        {"sizes.tempo.replicas": None},
        {"sizes.mimir.querier.volume_gib": None},
        {"charts.mirror": None},
    ],
)
def test_null_passes_where_the_models_take_it(changes: dict[str, Any]) -> None:
    document = changed("prod", changes)
    parse_settings(document, stack="prod")
    assert errors(document) == []


@pytest.mark.parametrize(
    "stack_document",
    [
        {"encryptionsalt": "v1:abc", "config": {"aws:region": "us-west-2", "lgtm:platform": minimal("dev")}},
        {"secretsprovider": "awskms://alias/x", "encryptedkey": "AQ==", "config": {"lgtm:platform": minimal("dev")}},
    ],
)
def test_pulumis_own_keys_pass(stack_document: dict[str, Any]) -> None:
    assert list(VALIDATOR.iter_errors(stack_document)) == []


def test_misspelt_keys_beside_the_document_are_seen() -> None:
    assert list(VALIDATOR.iter_errors({"config": {"lgtm:plattform": minimal("dev")}}))
    assert list(VALIDATOR.iter_errors({"konfig": {}, "config": {"lgtm:platform": minimal("dev")}}))


def test_every_key_has_a_description_and_every_default_is_told() -> None:
    text = json.dumps(schema.stack_schema(), ensure_ascii=False)
    assert "Default: dev 75, staging 165, prod 387." in text
    assert "Default: us-west-2." in text
    assert text.count("Default: ") > len(TABLE) + len(SIZE_TABLE) + sum(map(len, MODE_TABLE.values()))

    def undescribed(node: Any, path: str) -> list[str]:
        found: list[str] = []
        for key, inner in node.get("properties", {}).items():
            if "description" not in inner and inner.get("type") != "null":
                found.append(f"{path}.{key}")
            found += undescribed(inner, f"{path}.{key}")
        return found

    assert undescribed(schema.stack_schema()["properties"]["config"]["properties"]["lgtm:platform"], "") == []
