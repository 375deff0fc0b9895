"""A team's own folder, with the service dashboard over the team's services alone.

Grafana's file provisioning makes folders; who may open one it doesn't say (Grafana documentation, "Provision Grafana":
dashboards carry a folder, and no permissions).
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from hashlib import sha256

from settings.models.services import Service
from telemetry.grafana.dashboards.model import Dashboard
from telemetry.grafana.dashboards.queries import SERVICES
from telemetry.grafana.dashboards.service import service
from telemetry.grafana.datasources import SPAN_CALLS

# Grafana documentation, "Dashboard HTTP API": a uid has at most 40 characters.
UID_CHARACTERS = 40


def teams_of(services: Sequence[Service]) -> dict[str, tuple[str, ...]]:
    """Names of services by the team that they name, in alphabetical order."""
    teams = sorted({one.team for one in services if one.team})
    return {team: tuple(sorted(one.name for one in services if one.team == team)) for team in teams}


def team_dashboards(services: Sequence[Service]) -> Iterator[Dashboard]:
    """One for each team that some service names."""
    for team, names in teams_of(services).items():
        theirs = "|".join(names)
        choice = replace(
            SERVICES,
            values=f'label_values({SPAN_CALLS}{{service_name=~"{theirs}"}}, service_name)',
            all_values=theirs,
        )
        everybodys = service()
        yield replace(
            everybodys,
            uid=_uid(team),
            title=f"Services of {team}",
            description=f"The services of team {team} from their requests down to their pods, logs and traces.",
            folder=team,
            variables=tuple(choice if one is SERVICES else one for one in everybodys.variables),
        )


def _uid(team: str) -> str:
    uid = f"lgtm-team-{team}"
    if len(uid) <= UID_CHARACTERS:
        return uid
    digest = sha256(team.encode()).hexdigest()[:8]
    return f"{uid[: UID_CHARACTERS - len(digest) - 1]}-{digest}"
