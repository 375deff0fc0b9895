"""Which metrics of a scraped target are kept: those of its inventory, the list that rules and dashboards are checked
against."""

from functools import cache

from telemetry.alerting.rules.inventory import inventory_files

# What Mimir adds to a counter's name, and the parts of a histogram or summary.
_SUFFIXES = "_total|_bucket|_sum|_count"


@cache
def kept_expression(inventory: str) -> str:
    """A regular expression of the names to keep, as they are scraped. Raises KeyError for an unknown inventory."""
    names = sorted({name.removesuffix("_total") for name in inventory_files()[inventory].metrics})
    return f"({'|'.join(names)})({_SUFFIXES})?"
