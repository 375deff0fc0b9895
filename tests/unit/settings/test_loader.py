"""What the program sees: one `pulumi.RunError` with everything that is wrong, also outside the document."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pulumi
import pytest
from pulumi.runtime import config as pulumi_config
from pulumi.runtime import mocks

from settings.document.pulumi_config import load_settings
from tests.unit.recording import ensure_event_loop
from tests.unit.settings.documents import changed, minimal

Load = Callable[..., Any]


class NoResources(mocks.Mocks):
    """An engine that is asked for nothing."""

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        raise AssertionError(f"loading settings registered {args.typ}")

    def call(self, args: mocks.MockCallArgs) -> Any:
        raise AssertionError(f"loading settings called {args.token}")


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Iterator[Load]:
    """`load(document, stack="dev", **{"aws:region": ...})` in a program of that stack."""
    monkeypatch.delenv("LGTM_CHART_MIRROR", raising=False)
    before = dict(pulumi_config.CONFIG.get())

    def run(document: Any = None, *, stack: str = "dev", **other: str) -> Any:
        ensure_event_loop()
        mocks.set_mocks(NoResources(), project="lgtm", stack=stack)
        config = dict(other)
        if document is not None:
            config["lgtm:platform"] = document if isinstance(document, str) else json.dumps(document)
        pulumi_config.set_all_config(config)
        return load_settings()

    yield run
    pulumi_config.set_all_config(before)


def lines_of(load: Load, *args: Any, **kwargs: Any) -> list[str]:
    with pytest.raises(pulumi.RunError) as caught:
        load(*args, **kwargs)
    first, *lines = str(caught.value).splitlines()
    assert first == f"Pulumi.{kwargs.get('stack', 'dev')}.yaml can't be used:"
    return [line.removeprefix("  - ") for line in lines]


def test_a_good_document_is_read(load: Load) -> None:
    assert load(minimal("dev"), **{"aws:region": "us-west-2", "kubernetes:context": "x"}).owner == "platform-team"


def test_the_mirror_comes_from_the_environment(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LGTM_CHART_MIRROR", "./charts")
    assert load(minimal("dev")).charts.mirror == "./charts"


def test_a_missing_document(load: Load) -> None:
    assert lines_of(load) == [
        "lgtm:platform: is missing; accepted: a table with at least environment, project, owner, cost_centre and "
        "services"
    ]


def test_a_document_that_is_text(load: Load) -> None:
    assert lines_of(load, "prod, please") == [
        'lgtm:platform: got "prod, please"; not a table; accepted: a table with at least environment, project, owner, '
        "cost_centre and services"
    ]


def test_a_misspelt_key_alone_is_not_also_a_missing_document(load: Load) -> None:
    assert lines_of(load, **{"lgtm:plattform": json.dumps(minimal("dev"))}) == [
        "lgtm:plattform: there is no such key; did you mean lgtm:platform? accepted: lgtm:platform"
    ]


def test_a_second_key_stands_beside_what_is_wrong_in_the_document(load: Load) -> None:
    lines = lines_of(load, changed("dev", {"services.1.port": 0}), **{"lgtm:region": "eu-west-1"})
    assert lines == [
        "lgtm:region: there is no such key; accepted: lgtm:platform",
        "lgtm:platform.services[1].port: got 0; too small; accepted: a whole number from 1 to 65535",
    ]


def test_the_provider_and_the_platform_are_in_one_region(load: Load) -> None:
    assert lines_of(load, minimal("dev"), **{"aws:region": "eu-west-1"}) == [
        'aws:region: got "eu-west-1"; lgtm:platform.region is "us-west-2"; accepted: the same region in both, or no '
        "aws:region"
    ]
    settings = load(changed("dev", {"region": "eu-west-1"}), **{"aws:region": "eu-west-1"})
    assert settings.region == "eu-west-1"


@pytest.mark.parametrize(
    ("stack", "expected"),
    [
        (
            "Prod_1",
            "stack name: got 'Prod_1'; it becomes part of S3 bucket names and a Kubernetes label; accepted: lower-case "
            "letters, digits and inner hyphens",
        ),
        (
            "a-stack-name-that-is-too-long",
            "stack name: got 'a-stack-name-that-is-too-long'; with project 'acme-monitoring', the bucket name "
            "acme-monitoring-a-stack-name-that-is-too-long-audit-archive-<account id> would have 72 characters; "
            "accepted: 63; shorten the stack name by 9",
        ),
    ],
)
def test_a_stack_name_that_names_can_not_be_made_of(load: Load, stack: str, expected: str) -> None:
    assert lines_of(load, minimal("dev"), stack=stack) == [expected]
