"""The load that services name one by one, added up before the document is laid over its defaults.

It works on raw tables: what isn't a number yet is the models' to refuse.
"""

from collections.abc import Mapping
from typing import TypeGuard

from planning.json_value import Json
from planning.workload import PLATFORM_SERIES

Number = int | float
SUMMED = ("requests_per_second", "active_series", "log_lines_per_request")
"""Keys of `workload` that services' numbers add up to."""


def summed_workload(document: Mapping[str, Json], default_requests_per_second: Json) -> dict[str, Json]:
    """What the services of a document add up to, by key of `workload`; only sums of which every service has its part.

    Log lines are counted by the request: the file's requests a second, else the services', else the default.
    """
    services = document.get("services")
    own = document.get("workload")
    found: dict[str, Json] = {}
    requests = _sum(services, "requests_per_second")
    if requests is not None:
        found["requests_per_second"] = requests
    series = _sum(services, "series")
    if series is not None:
        found["active_series"] = int(series) + PLATFORM_SERIES
    lines = _sum(services, "log_lines_per_second")
    given = own.get("requests_per_second") if isinstance(own, dict) else None
    per_second = given or requests or default_requests_per_second
    if lines is not None and _is_number(per_second) and per_second > 0:
        found["log_lines_per_request"] = round(lines / per_second, 4)
    return found


def assumed_workload(document: Mapping[str, Json]) -> list[str]:
    """The keys of `workload` that are an environment's defaults: neither the file nor its services say them."""
    own = document.get("workload")
    given = set(own) if isinstance(own, dict) else set[str]()
    summed = summed_workload(document, 1)
    return [key for key in SUMMED if key not in given and key not in summed]


def _sum(services: Json, key: str) -> Number | None:
    if not isinstance(services, list) or not services:
        return None
    numbers = [one.get(key) if isinstance(one, dict) else None for one in services]
    return sum(number for number in numbers if _is_number(number)) if all(map(_is_number, numbers)) else None


def _is_number(value: Json) -> TypeGuard[Number]:
    return isinstance(value, int | float) and not isinstance(value, bool)
