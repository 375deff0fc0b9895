"""The dashboards of each stack, once."""

from collections.abc import Callable

import pytest

from settings.models.platform import PlatformSettings
from telemetry.grafana.dashboards.catalogue import dashboards
from telemetry.grafana.dashboards.model import Dashboard


@pytest.fixture(params=["dev", "staging", "prod"])
def made(request: pytest.FixtureRequest, make_settings: Callable[..., PlatformSettings]) -> tuple[Dashboard, ...]:
    return dashboards(make_settings(request.param))
