"""What every ring shares: property tests that try the same examples on every CI run; a project."""

import os
import shutil
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.stacks import PROJECT, policy_configs

settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("desk", deadline=None, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "desk")


@pytest.fixture(scope="session", autouse=True)
def _in_the_tests_own_project() -> Iterator[None]:  # pyright: ignore[reportUnusedFunction]
    """Commands find their project by the working directory."""
    before = os.getcwd()  # noqa: PTH109
    os.chdir(PROJECT)
    yield
    os.chdir(before)
    if policy_configs.cache_info().currsize:
        shutil.rmtree(policy_configs(), ignore_errors=True)
