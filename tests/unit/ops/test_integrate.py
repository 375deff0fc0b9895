"""`ops integrate` and `ops sampling advice` on the stacks of the checkout."""

import json
from pathlib import Path

import pytest

from ops.errors import CommandError
from ops.report.output import show_answer
from ops.setup.integrate import integration, sampling_advice

Capture = pytest.CaptureFixture[str]


def test_everything_for_a_service_is_shown(capsys: Capture) -> None:
    show_answer(integration("order-processing", "prod"), as_json=False)
    text = capsys.readouterr().out
    for file in ("telemetry.py", "app.py", "worker.py", "environment.sh", "logs.md", "deployment-patch.yaml"):
        assert f"\n{file}: " in text
    assert "http://collector.monitoring-agent.svc.cluster.local:4317" in text
    assert "head sampling of order-processing: none" in text


def test_one_kind_alone(capsys: Capture) -> None:
    show_answer(integration("api-gateway", "prod", kind="kubernetes"), as_json=False)
    text = capsys.readouterr().out
    assert "\ndeployment-patch.yaml: " in text
    assert "telemetry.go" not in text


def test_files_are_written_once_and_never_over_others(tmp_path: Path, capsys: Capture) -> None:
    folder = tmp_path / "new" / "api-gateway"
    show_answer(integration("api-gateway", "prod", output=folder), as_json=False)
    printed = capsys.readouterr().out
    files = {path.name for path in folder.iterdir()}
    assert files == {"telemetry.go", "main.go", "environment.sh", "logs.md", "deployment-patch.yaml"}
    assert all(str(folder / name) in printed for name in files)
    show_answer(integration("api-gateway", "prod", output=folder), as_json=False)
    (folder / "main.go").write_text("package mine\n")
    (folder / "logs.md").unlink()
    with pytest.raises(CommandError, match=r"main\.go exists with other content; accepted: a folder without it"):
        show_answer(integration("api-gateway", "prod", output=folder), as_json=False)
    assert (folder / "main.go").read_text() == "package mine\n"
    assert not (folder / "logs.md").exists()


def test_a_folder_that_cannot_be_written_is_one_message(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CommandError, match="can't be written"):
        show_answer(integration("api-gateway", "prod", output=tmp_path / "file"), as_json=False)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("checkout", "all"), r"no service 'checkout' in the settings of stack prod; accepted: api-gateway, "),
        (("api-gateway", "python"), "--kind python: api-gateway is written in go; accepted: all, go, env, logs, kube"),
        (("api-gateway", "rust"), "--kind rust: api-gateway is written in go; accepted: all, go"),
    ],
)
def test_what_there_is_not(arguments: tuple[str, str], message: str) -> None:
    service, kind = arguments
    with pytest.raises(CommandError, match=message):
        show_answer(integration(service, "prod", kind=kind), as_json=False)


def test_a_service_that_floods_the_collectors_is_told_the_price(capsys: Capture) -> None:
    show_answer(integration("api-gateway", "prod", kind="env", spans_per_second=8000), as_json=False)
    text = capsys.readouterr().out
    assert 'OTEL_TRACES_SAMPLER="parentbased_traceidratio"' in text
    assert "traces with an error a day are lost" in text
    assert "must be multiplied by" in text
    assert "Raising sizes.collector_agent.cpu_request_millicores" in text


def test_as_json(capsys: Capture) -> None:
    show_answer(integration("api-gateway", "prod", spans_per_second=8000), as_json=True)
    document = json.loads(capsys.readouterr().out)
    assert {one["kind"] for one in document["snippets"]} == {"go", "env", "logs", "kubernetes"}
    assert document["head_sampling"]["sampler"] == "parentbased_traceidratio"
    assert 0 < document["head_sampling"]["ratio"] < 1
    assert document["capacity"]["limited_by"] == "sizes.collector_agent.cpu_request_millicores"


def test_advice_for_all_services(capsys: Capture) -> None:
    show_answer(sampling_advice("prod"), as_json=False)
    calm = capsys.readouterr().out
    assert calm.count("parentbased_always_on") == 6 + 1
    assert "Raising" not in calm
    show_answer(sampling_advice("prod", ["api-gateway=8000", "web-search=10"]), as_json=False)
    text = capsys.readouterr().out
    (flooding,) = [line for line in text.splitlines() if line.startswith("api-gateway ")]
    assert "8,000" in flooding
    assert "parentbased_traceidratio" in flooding
    assert "Raising sizes.collector_agent.cpu_request_millicores" in text


def test_advice_as_json_even_for_a_service_that_sends_nothing(capsys: Capture) -> None:
    show_answer(sampling_advice("prod", ["api-gateway=0"]), as_json=True)
    document = json.loads(capsys.readouterr().out)
    first = document["services"][0]
    assert (first["service"], first["spans_per_second"], first["ratio"]) == ("api-gateway", 0, 1)
    assert document["surge"]["spans_per_second"] > 0


@pytest.mark.parametrize(
    ("rate", "message"),
    [
        ("api-gateway", "rate 'api-gateway': accepted: a service, = and spans a second, such as api-gateway=1200"),
        ("api-gateway=many", "rate 'api-gateway=many': accepted"),
        ("api-gateway=nan", "rate 'api-gateway=nan': accepted"),
        ("api-gateway=-1", "rate of api-gateway: got -1; accepted: spans a second, 0 or more"),
        ("api-gateway=inf", "rate of api-gateway: got inf; accepted"),
        ("nobody=1", "no service 'nobody'"),
    ],
)
def test_a_wrong_rate_is_one_message(rate: str, message: str) -> None:
    with pytest.raises(CommandError, match=message):
        show_answer(sampling_advice("prod", [rate]), as_json=False)
