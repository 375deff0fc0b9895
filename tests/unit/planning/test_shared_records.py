"""Small facts that every room reads: how S3 counts, what back ends answer, how quantities and broken rules are said."""

import inspect
from enum import StrEnum

import pytest

from planning.backends import BACKENDS
from planning.base import broken_rule
from planning.buckets import KIB, ObjectClass
from planning.cost import model
from planning.cost.reading import quantity_gib

GIB = 1024**3


@pytest.mark.parametrize(
    ("value", "gib"),
    [("10Gi", 10), ("1Ti", 1024), ("512Mi", 0.5), (3 * GIB, 3), (f"{2 * GIB}", 2), ("1G", 1e9 / GIB), ("many", None)],
)
def test_quantities_of_storage(value: str | int, gib: float | None) -> None:
    assert quantity_gib(value) == (None if gib is None else pytest.approx(gib))


def test_archives_alone_keep_an_index_beside_each_object() -> None:
    """Amazon S3 user guide, "Understanding S3 storage class for archived objects": 32 KB and 8 KB."""
    found = {name: (name.rules.overhead_bytes, name.rules.overhead_standard_bytes) for name in ObjectClass}
    archives = dict.fromkeys((ObjectClass.GLACIER, ObjectClass.DEEP_ARCHIVE), (32 * KIB, 8 * KIB))
    assert found == dict.fromkeys(ObjectClass, (0, 0)) | archives


def test_every_back_end_says_where_it_answers_without_data() -> None:
    assert {backend.name: backend.probe_path for backend in BACKENDS} == {
        "loki": "/ready",
        "tempo": "/ready",
        # Its gateway passes on no /ready.
        "mimir": "/prometheus/api/v1/query?query=vector(1)",
        "pyroscope": "/ready",
    }


def test_tables_of_charts_are_sequences_of_keys() -> None:
    assert all(isinstance(backend.service_account_values, tuple) for backend in BACKENDS)
    assert any(not backend.service_account_values for backend in BACKENDS)


def test_a_broken_rule_is_said_as_it_is_written() -> None:
    error = broken_rule("50 {percent} of a, and b", "a", "b")
    assert error.message() == "50 {percent} of a, and b"
    assert error.context == {"sentence": "50 {percent} of a, and b", "keys": ("a", "b")}


def test_what_people_read_in_a_bill_is_not_shouted() -> None:
    kinds = [kind for _, kind in inspect.getmembers(model, inspect.isclass) if issubclass(kind, StrEnum)]
    words = [member.value for kind in kinds for member in kind]
    assert "assumed" in words
    assert "load balancer" in words
    assert not [word for word in words if word.isupper() and len(word) > 3]
