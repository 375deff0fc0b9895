"""What alerts' receivers need of the rest of the document."""

from collections.abc import Iterator

from settings.models.platform import PlatformSettings
from settings.rules.broken import BrokenRule


def receivers_have_their_place(settings: PlatformSettings) -> Iterator[BrokenRule]:
    """A team hears of services that name it; topics of SNS need an identity on AWS."""
    receivers, path = settings.alerting.receivers, ("alerting", "receivers")
    teams = sorted({one.team for one in settings.services if one.team})
    for name in receivers.teams:
        if name not in teams:
            accepted = ", ".join(teams) or "none, as no service names a team"
            yield BrokenRule((*path, "teams", name), f"no service names this team; accepted: {accepted}")
    if receivers.topics and not settings.on_aws:
        yield BrokenRule(
            (*path, "sns"), "a stack with an object_store of its own has no identity on AWS; accepted: another way"
        )
