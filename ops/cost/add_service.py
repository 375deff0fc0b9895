"""`cost add-service`: what one more service costs, as the difference of two plans."""

from collections.abc import Mapping

from ops.cost.what_if import what_if
from ops.cost.what_if_model import WhatIf
from ops.errors import CommandError
from ops.report.model import Document, Listing, Text, document
from ops.report.output import Answer
from ops.report.what_if import what_if_document
from ops.report.words import signed_usd, usd
from ops.stacks import settings_of
from ops.tuning.effects import priced_settings
from planning.base import Frozen
from settings.models.platform import PlatformSettings
from settings.rules.senders import ServiceLoad, service_loads
from telemetry.cost.planned import bill_by_service

LINES_DIGITS = 4
UNDO = "undo: take the service and these values out of the stack's file again, and deploy"


class AddedService(Frozen):
    """The answer."""

    stack: str
    """The stack."""
    load: ServiceLoad
    """What the service sends."""
    usd_per_month: float
    """What the stack costs more, in US dollars a month; sizes and nodes that the load takes are in it."""
    mean_usd_per_month: float
    """What a service of the stack bears today, on average: the fixed part is in it, which a new one doesn't add."""
    plan: WhatIf
    """Both plans."""

    def document(self) -> Document:
        """The difference first, then the plans."""
        load, plan = self.load, what_if_document(self.plan)
        snippet = "\n".join(
            (
                "- name: new-service # and its language and tier",
                f"  requests_per_second: {load.requests_per_second:g}",
                f"  log_lines_per_second: {load.log_lines_per_second:g}",
                f"  series: {load.series:.0f}",
            )
        )
        head = document(
            f"One more service in {self.stack}: {signed_usd(self.usd_per_month)} USD a month",
            Text(
                words=f"It sends {load.requests_per_second:g} requests/s, {load.log_lines_per_second:g} log lines/s "
                f"and {load.series:,.0f} series. A service bears {usd(self.mean_usd_per_month)} USD a month today, the "
                "fixed part among it: that part doesn't grow until nodes or sizes do."
            ),
            Listing(title="to write below services:", text=snippet),
        )
        return head.model_copy(update={"sections": (*head.sections, *plan.sections), "footer": (Text(words=UNDO),)})


def add_service(
    stack: str,
    *,
    like: str | None = None,
    requests_per_second: float | None = None,
    log_lines_per_second: float | None = None,
    series: float | None = None,
    settings: PlatformSettings | None = None,
) -> Answer:
    """Prices the stack with and without it. Raises `CommandError` for a service that isn't there, for no load at all,
    and for loads beyond this layout."""
    now = settings or settings_of(stack)
    load = _load(
        now,
        like,
        {
            "requests_per_second": requests_per_second,
            "log_lines_per_second": log_lines_per_second,
            "series": series,
        },
    )
    found = added(stack, now, load)
    return Answer(found, found.document)


def added(stack: str, settings: PlatformSettings, load: ServiceLoad) -> AddedService:
    """The answer for one load."""
    workload = settings.workload
    requests = workload.requests_per_second + load.requests_per_second
    lines = workload.requests_per_second * workload.log_lines_per_request + load.log_lines_per_second
    streams = max(1, workload.log_streams // len(settings.services))
    wanted = workload.model_copy(
        update={
            "requests_per_second": requests,
            "log_lines_per_request": round(lines / requests, LINES_DIGITS),
            "active_series": workload.active_series + round(load.series),
            "log_streams": workload.log_streams + streams,
        }
    )
    plan = what_if(stack, workload=wanted, settings=settings)
    bill = bill_by_service(priced_settings(stack, settings), settings)
    return AddedService(
        stack=stack,
        load=load,
        usd_per_month=plan.cost.difference,
        mean_usd_per_month=bill.usd_per_month / len(bill.services),
        plan=plan,
    )


def _load(settings: PlatformSettings, like: str | None, given: Mapping[str, float | None]) -> ServiceLoad:
    loads = service_loads(settings)
    if like is not None and like not in loads:
        raise CommandError(f"--like: got {like!r}; accepted: a service of the stack: {', '.join(sorted(loads))}")
    numbers = {key: value for key, value in given.items() if value is not None}
    if like is None and not numbers:
        raise CommandError(
            "needed: --like SERVICE, or at least one of --requests-per-second, --log-lines-per-second, --series"
        )
    start = loads[like] if like else ServiceLoad(requests_per_second=0, log_lines_per_second=0, series=0)
    return start.model_copy(update=numbers)
