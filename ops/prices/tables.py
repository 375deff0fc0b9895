"""`python -m ops prices`: the dated price tables that costs rest on."""

import re
from datetime import UTC, datetime

from ops.errors import CommandError
from ops.prices.price_list import AwsPrices, connect
from ops.prices.refresh import Refreshed, refresh
from ops.report.model import Document, Text, Tone, document, table
from ops.report.output import Answer
from ops.version import CHECKOUT
from planning.prices.document import PriceDocument, dump_document, parse_document
from planning.prices.loader import load_prices, regions_with_prices, table_path
from planning.prices.staleness import staleness_warnings, stand_in_warnings
from planning.prices.table import PriceTable

# The table whose keys a new region's table starts from.
PATTERN_REGION = "us-west-2"
REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")


def listed(region: str) -> Answer:
    """Every price of a region with unit, source and date. Raises `PriceTableError` for one without a table."""
    prices = load_prices(region)
    return Answer(prices, lambda: prices_document(prices))


def prices_document(prices: PriceTable) -> Document:
    """A region's prices, for people."""
    rows = [
        (price.key, f"{price.usd:g}", price.unit, str(price.as_of), price.confidence.value, price.source)
        for price in prices.prices.values()
    ]
    old = staleness_warnings(prices.prices.values(), prices.region, datetime.now(UTC).date())
    warnings = (*stand_in_warnings(prices), *old)
    return document(
        f"{prices.region}, put together {prices.compiled}, US dollars without tax",
        table(("price", "USD", "unit", "as of", "confidence", "source"), rows, numbers=(1,)),
        *(Text(words=f"warning: {warning}", tone=Tone.WARNING) for warning in warnings),
    )


def update(region: str, instance_types: list[str], *, dry_run: bool) -> Answer:
    """Brings a region's table up to date.

    Raises `CommandError` for no region, where AWS can't be asked, and outside a checkout, whose files the tables are.
    """
    if not REGION.fullmatch(region):
        raise CommandError(f"--region: got {region!r}; accepted: the code of an AWS region, such as {PATTERN_REGION}")
    if not dry_run and not CHECKOUT.is_file():
        raise CommandError("the tables belong to the installed package; accepted: --dry-run, or a checkout of it")
    result = _ask(region, instance_types)
    path = table_path(region)
    outcome = f"nothing written; without --dry-run it goes to planning/prices/{path.name}"
    if not dry_run:
        path.write_text(dump_document(result.document), encoding="utf-8")
        outcome = f"written: planning/prices/{path.name}"
    return Answer(result, lambda: refreshed_document(result, outcome), remark=outcome)


def _ask(region: str, extra_types: list[str]) -> Refreshed:
    """Raises `CommandError` where AWS can't be asked."""
    connected = connect(region)
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        prices = AwsPrices(connected, region)
        return refresh(_document(region), region, prices, datetime.now(UTC).date(), extra_types)
    except (BotoCoreError, ClientError) as error:
        raise CommandError(
            f"AWS can't be asked for prices: {error}; needed: credentials with pricing:GetProducts and "
            "ec2:DescribeSpotPriceHistory"
        ) from None
    except ValueError as error:
        raise CommandError(str(error)) from None


def _document(region: str) -> PriceDocument:
    path = table_path(region if region in regions_with_prices() else PATTERN_REGION)
    return parse_document(path.read_text(encoding="utf-8"), f"planning/prices/{path.name}")


def refreshed_document(result: Refreshed, outcome: str) -> Document:
    """What a refresh changed, for people; `outcome` is what became of the file."""
    rows = [
        (change.key, f"{change.old:g}" if change.old else "-", f"{change.new:g}", _percent(change.old, change.new))
        for change in result.changes
    ]
    kept = [(one.key, one.reason) for one in result.kept]
    return document(
        f"{len(rows)} prices changed, {result.confirmed} confirmed, {len(kept)} not answered",
        *([table(("price", "old USD", "new USD", "change"), rows, numbers=(1, 2, 3))] if rows else []),
        *([table(("not answered", "why"), kept)] if kept else []),
        Text(words=outcome),
    )


def _percent(old: float | None, new: float) -> str:
    return "new" if not old else f"{new / old - 1:+.1%}"
