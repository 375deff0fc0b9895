"""`cost services`: who pays, by the plan."""

from ops.cost.plan import priced
from ops.files import text_of
from ops.report.output import Answer
from ops.report.services import services_document
from ops.stacks import settings_of
from ops.tuning.effects import priced_settings
from telemetry.cost.planned import bill_by_service

BASIS = "Shares are those that the stack's file expects: workload and services."


def services(stack: str, file: str | None, *, by_team: bool) -> Answer:
    """The bill by service, of the settings or of a preview, event log or state.

    Raises `PriceTableError` for a region without prices, `UnreadableResourcesError` for a file without resources.
    """
    settings = settings_of(stack)
    report = priced_settings(stack, settings) if file is None else priced(text_of(file), file, settings)
    bill = bill_by_service(report, settings)
    return Answer(bill, lambda: services_document(bill, f"Who pays for {stack}", BASIS, by_team=by_team))
