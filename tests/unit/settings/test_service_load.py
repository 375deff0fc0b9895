"""Services' own loads make the workload: sums, what stays a default, and what the file says itself."""

from typing import Any

import pytest

from planning.workload import PLATFORM_SERIES
from settings.document.loader import parse_settings
from settings.document.service_load import assumed_workload
from settings.models.platform import PlatformSettings
from settings.models.services import Service
from tests.unit.settings.documents import minimal

LOADS: list[dict[str, Any]] = [
    {"requests_per_second": 30, "series": 4000, "log_lines_per_second": 45},
    {"requests_per_second": 0, "series": 2500, "log_lines_per_second": 15},
]


def with_loads(*loads: dict[str, Any], **changes: Any) -> dict[str, Any]:
    document = minimal("prod") | changes
    for service, load in zip(document["services"], loads, strict=False):
        service.update(load)
    return document


def parsed(document: dict[str, Any]) -> PlatformSettings:
    return parse_settings(document, stack="prod")


def test_the_workload_is_the_sum_of_the_services() -> None:
    document = with_loads(*LOADS)
    workload = parsed(document).workload
    assert workload.requests_per_second == 30
    assert workload.active_series == 6500 + PLATFORM_SERIES
    assert workload.log_lines_per_request == 2
    assert assumed_workload(document) == []


def test_what_the_file_says_wins_and_log_lines_are_counted_by_its_requests() -> None:
    workload = parsed(with_loads(*LOADS, workload={"requests_per_second": 60})).workload
    assert workload.requests_per_second == 60
    assert workload.log_lines_per_request == 1


def test_a_sum_needs_every_service() -> None:
    document = with_loads(LOADS[0])
    assert parsed(document).workload == parsed(with_loads()).workload
    assert assumed_workload(document) == ["requests_per_second", "active_series", "log_lines_per_request"]


@pytest.mark.parametrize("services", [None, [], "all", [None], [{"requests_per_second": "30"}]])
def test_what_isn_t_a_number_adds_nothing(services: object) -> None:
    assert assumed_workload({"services": services, "workload": 3})  # pyright: ignore[reportArgumentType]


def test_services_share_a_port_or_have_none() -> None:
    document = minimal("prod")
    document["services"][1]["port"] = document["services"][0]["port"]
    assert parsed(document).services[1].port == 8000
    del document["services"][1]["port"]
    assert parsed(document).services[1] == Service.model_validate(document["services"][1])
