"""What import-linter's contracts can't say: no file imports, on any way round, a file that imports it."""

from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter

import grimp

ROOMS = ("benchmarks", "components", "ops", "planning", "policies", "sandbox", "settings", "telemetry")


def test_no_file_imports_itself_by_way_of_others() -> None:
    """Imports inside functions count too: they only hide a circle until the function runs."""
    graph = grimp.build_graph(*ROOMS, cache_dir=None)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    assert list(_circle(imports)) == [], "files that import each other in a circle, each the next"


def test_a_circle_would_be_found() -> None:
    assert set(_circle({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}})) == {"a", "b", "c"}


def _circle(imports: dict[str, set[str]]) -> Iterator[str]:
    """The files of one circle, if there is any."""
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        yield from error.args[1]
