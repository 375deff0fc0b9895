"""`lgtm init`: what it asks, what it writes and what it refuses; what it wrote is a project that commands take."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from ops.__main__ import main
from ops.setup.company.discover import of_compose, of_context, service_of
from settings.document.policy_config import config_files
from settings.document.stack_files import stack_settings
from tests.stacks import NAMES, PROJECT

FRANKFURT = (
    "--company",
    "acme",
    "--region",
    "eu-central-1",
    "--service",
    "checkout:java:critical:payments, web:nodejs",
)
COMPOSE = """
services:
  Checkout_API:
    build: {context: ./checkout}
    ports: ["127.0.0.1:80:8080/tcp"]
  web:
    image: registry.example/acme/web-node:20
    ports: [{target: 3000, published: 80}]
  worker:
    build: worker
    expose: [9000]
  db: {image: "postgres:17"}
  cache: {image: "docker.io/library/redis:8@sha256:abc"}
  nginx:
"""
DEPLOYMENTS = [
    ("shop", "checkout", {"team": "Payments"}, "registry.example/checkout-temurin:1", 8080),
    ("default", "web", {"app.kubernetes.io/name": "storefront"}, "node:22", None),
    ("kube-system", "coredns", {}, "coredns:1.11", 53),
    ("cert-manager", "webhook", {}, "webhook:1", 10250),
    ("shop", "broker", {}, "rabbitmq:4", 5672),
]


def run(*arguments: object) -> int:
    return main(["init", *map(str, arguments)])


@pytest.fixture
def acme(tmp_path: Path) -> Path:
    folder = tmp_path / "acme"
    assert run(*FRANKFURT, "--yes", "--output", folder) == 0
    return folder


def test_a_company_s_stacks_are_written_with_limits_and_within_their_budgets(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    acme = tmp_path / "acme"
    assert run(*FRANKFURT, "--yes", "--output", acme) == 0
    out = capsys.readouterr().out
    assert "acme: 3 stacks in eu-central-1" in out
    assert "over budget" not in out
    assert "203.0.113.0/24 are documentation addresses" in out
    assert "make preview STACK=prod" in out
    for stack in NAMES:
        settings = stack_settings(stack, acme)
        assert (settings.project, settings.region) == ("acme", "eu-central-1")
        assert [(one.name, one.team) for one in settings.services] == [("checkout", "payments"), ("web", None)]
    assert [stack_settings(stack, acme).workload.requests_per_second for stack in NAMES] == [20, 100, 400]
    assert {path.read_text(encoding="utf-8") for path in config_files(acme)} == set(config_files(acme).values())


@pytest.mark.parametrize("command", ["validate", "capacity", "tiers", "integrate web"])
def test_commands_take_what_was_written(
    command: str, acme: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(acme)
    assert main([*command.split(), "--stack", "prod"]) == 0, capsys.readouterr().err


def test_what_is_there_is_refused_and_untouched(acme: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {path: path.read_bytes() for path in acme.rglob("*") if path.is_file()}
    assert run("--company", "other", "--yes", "--output", acme) == 2
    assert "Pulumi.dev.yaml, Pulumi.staging.yaml, Pulumi.prod.yaml are in" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in acme.rglob("*") if path.is_file()} == before
    assert run("--company", "other", "--environment", "prod", "--yes", "--replace", "--output", acme) == 0
    assert "also there, and not written: Pulumi.dev.yaml, Pulumi.staging.yaml" in capsys.readouterr().out
    assert stack_settings("prod", acme).project == "other"


def test_a_wrong_answer_is_asked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = "prod\nAcme!\nacme\n\n\neu-wesst-1\neu-west-1\nweb:cobol\nweb:other\n500,00\n250\n198.18.0.0/24\n$400\n700\n"
    monkeypatch.setattr("sys.stdin", io.StringIO(said))
    assert run("--output", tmp_path / "new") == 0
    asked = capsys.readouterr().err
    for refused in (
        "got 'Acme!'; accepted: lower-case",
        "did you mean eu-west-1?",
        "'cobol' is no language; accepted: go",
        "got '500,00'; accepted: a number",
        "got '$400'",
    ):
        assert refused in asked
    settings = stack_settings("prod", tmp_path / "new")
    assert (settings.workload.requests_per_second, settings.budget.usd_per_month) == (250, 700)
    assert settings.budget.parts == {}


def test_the_input_s_end_names_the_flag(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("\n"))
    assert run("--output", tmp_path) == 2
    assert "no answer to 'Company or product': give --company, or --yes" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--region", "us-gov-west-1"], "isn't supported"),
        (["--environment", "test"], "--environment: got 'test'; accepted: dev, staging, prod"),
        (["--budget", "test=4"], "--budget: there is no environment test"),
        (["--budget", "free"], "--budget: got 'free'; accepted: a number above 0"),
        (["--access-cidr", "0.0.0.0/0"], "is open to the world"),
        (["--compose", "nowhere.yml"], "nowhere.yml can't be read"),
    ],
)
def test_a_flag_that_can_t_be_used_writes_nothing(
    arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*arguments, "--yes", "--output", tmp_path) == 2
    assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_dev_alone_has_a_cluster_of_its_own_and_a_budget_for_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--environment", "dev", "--yes", "--json", "--output", tmp_path) == 0
    (cost,) = json.loads(capsys.readouterr().out)["costs"]
    assert cost["within"]
    settings = stack_settings("dev", tmp_path)
    assert settings.cluster.mode == "eks"
    assert settings.budget.usd_per_month > 75


def test_budgets_by_environment(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--budget", "prod=300", "--yes", "--output", tmp_path) == 0
    assert "over budget: prod" in capsys.readouterr().out
    assert [stack_settings(stack, tmp_path).budget.usd_per_month for stack in NAMES] == [75, 165, 300]


def test_services_of_a_compose_file(tmp_path: Path) -> None:
    for name, file in (("checkout", "pom.xml"), ("worker", "requirements.txt")):
        (tmp_path / name).mkdir()
        (tmp_path / name / file).touch()
    file = tmp_path / "compose.yaml"
    file.write_text(COMPOSE, encoding="utf-8")
    assert of_compose(file) == (
        {"name": "checkout-api", "language": "java", "port": 8080, "tier": "standard"},
        {"name": "web", "language": "nodejs", "port": 3000, "tier": "standard"},
        {"name": "worker", "language": "python", "port": 9000, "tier": "standard"},
    )
    assert run("--environment", "prod", "--compose", file, "--yes", "--output", tmp_path) == 0
    assert len(stack_settings("prod", tmp_path).services) == 3


def test_a_compose_file_beside_is_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "docker-compose.yml").write_text("services: {orders: {image: golang}}", encoding="utf-8")
    monkeypatch.setattr("sys.stdin", io.StringIO("prod\nacme\n" + "\n" * 8))
    assert run("--output", tmp_path) == 0
    assert "(found in docker-compose.yml) [orders:go:standard]" in capsys.readouterr().err
    assert stack_settings("prod", tmp_path).services[0].name == "orders"


@pytest.mark.parametrize("text", ["[]", "services: 3", "a: [", "services: {db: {image: mysql}}"])
def test_a_compose_file_without_services_is_one_message(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "compose.yaml"
    file.write_text(text, encoding="utf-8")
    assert run("--compose", file, "--yes", "--output", tmp_path / "new") == 2
    assert f"--compose {file}: " in capsys.readouterr().err


def test_services_of_a_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    items = [
        {
            "metadata": {"namespace": namespace, "name": name, "labels": labels},
            "spec": {
                "template": {
                    "spec": {
                        "containers": [
                            {"image": image, "ports": [{"containerPort": port}] if port else None},
                        ]
                    }
                }
            },
        }
        for namespace, name, labels, image, port in DEPLOYMENTS
    ]
    asked: list[list[str]] = []

    def kubectl(name: str, arguments: list[str]) -> str:
        asked.append([name, *arguments])
        return json.dumps({"items": items})

    monkeypatch.setattr("ops.setup.company.discover.run_tool", kubectl)
    assert of_context("prod-eu", Path("kube.yaml")) == (
        {"name": "checkout", "language": "java", "port": 8080, "tier": "standard", "team": "payments"},
        {"name": "storefront", "language": "nodejs", "tier": "standard"},
    )
    assert asked[0][:5] == ["kubectl", "--kubeconfig", "kube.yaml", "--context", "prod-eu"]


def test_a_service_in_words() -> None:
    assert service_of("web") == {"name": "web", "language": "other", "tier": "standard"}
    for wrong in ("", "a:b:c:d:e", "web:go:gold"):
        with pytest.raises(ValueError, match="accepted"):
            service_of(wrong)


def test_the_project_file_is_like_the_repository_s(acme: Path) -> None:
    made: Any = yaml.safe_load((acme / "Pulumi.yaml").read_text(encoding="utf-8"))
    ours: Any = yaml.safe_load((PROJECT / "Pulumi.yaml").read_text(encoding="utf-8"))
    assert (made["name"], made["runtime"]) == (ours["name"], ours["runtime"])
