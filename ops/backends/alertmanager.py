"""What commands ask Mimir's Alertmanager.

Sources: Grafana Mimir, "HTTP API" (the prefix); Alertmanager's OpenAPI, v2, and its handlers, 0.34 (2026-08).
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from urllib.parse import quote, urlencode

from pydantic import AwareDatetime, Field

from ops.backends.errors import LiveError
from ops.backends.foreign import CamelCase, parsed
from ops.backends.http import HttpService
from ops.errors import CommandError

API = "/alertmanager/api/v2"
_ESCAPE = re.compile(r'\\(["\\n])')
_BARE_QUOTE = re.compile(r'(?:^|[^\\])(?:\\\\)*"')
_MATCHER = re.compile(r"(?P<label>[a-zA-Z_]\w*)\s*(?P<operator>=~|!~|!=|=)\s*(?P<value>.*)", re.DOTALL)
ACCEPTED_MATCHER = "LABEL=VALUE, or with != =~ !~, such as alertname=VolumeFilling"


class Matcher(CamelCase):
    """What one label must be."""

    name: str
    value: str
    is_regex: bool = False
    is_equal: bool = True

    @property
    def text(self) -> str:
        """As Alertmanager's filters and configuration have it."""
        operator = ("=" if self.is_equal else "!") + ("~" if self.is_regex else "" if self.is_equal else "=")
        value = self.value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'{self.name}{operator}"{value}"'


def matcher(text: str) -> Matcher:
    """A matcher as a person writes it, read as amtool does: quotes around the value are left out, escapes of quotes,
    backslashes and line ends undone. Raises `CommandError`."""
    found = _MATCHER.fullmatch(text.strip())
    value = found["value"].strip() if found else ""
    if len(value) >= 2 and value[0] == value[-1] == '"':
        value = value[1:-1]
    if found is None or _BARE_QUOTE.search(value):
        raise CommandError(f"--matcher: got {text!r}; accepted: {ACCEPTED_MATCHER}")
    value, operator = _ESCAPE.sub(lambda one: one[1].replace("n", "\n"), value), found["operator"]
    kind = {"isRegex": operator.endswith("~"), "isEqual": operator[0] == "="}
    return Matcher.model_validate({"name": found["label"], "value": value, **kind})


class AlertState(StrEnum):
    """What Alertmanager does with an alert."""

    ACTIVE = "active"
    SUPPRESSED = "suppressed"
    UNPROCESSED = "unprocessed"


class AlertStatus(CamelCase):
    """State of an alert, and what holds it back."""

    state: AlertState = AlertState.UNPROCESSED
    silenced_by: tuple[str, ...] = ()
    """Ids of silences."""
    inhibited_by: tuple[str, ...] = ()
    """Fingerprints of alerts."""
    muted_by: tuple[str, ...] = ()
    """Names of time intervals; known once its group's wait is over."""


class Receiver(CamelCase):
    """Who is told."""

    name: str


class Alert(CamelCase):
    """One alert."""

    labels: Mapping[str, str]
    status: AlertStatus = AlertStatus()
    receivers: tuple[Receiver, ...] = ()


class SilenceState(StrEnum):
    """Whether a silence holds now."""

    ACTIVE = "active"
    PENDING = "pending"
    EXPIRED = "expired"


class SilenceStatus(CamelCase):
    """State of a silence."""

    state: SilenceState


class Silence(CamelCase):
    """One silence."""

    id: str
    status: SilenceStatus
    matchers: tuple[Matcher, ...]
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    created_by: str = ""
    comment: str = ""


class _Filed(CamelCase):
    silence_id: str = Field(alias="silenceID")


class Alertmanager:
    """Mimir's Alertmanager. Raises `CommandError` for what it calls a bad request."""

    def __init__(self, service: HttpService) -> None:
        self.service = service

    def firing(self) -> list[Mapping[str, str]]:
        """Labels of active alerts that aren't silenced or inhibited."""
        wanted = {"active": "true", "silenced": "false", "inhibited": "false"}
        found = self.service.read(tuple[Alert, ...], f"{API}/alerts", wanted)
        return [one.labels for one in found]

    def alerts(self, matchers: Sequence[Matcher]) -> tuple[Alert, ...]:
        """All that fire and fit every matcher, held back or not."""
        filters = urlencode([("filter", one.text) for one in matchers])
        try:
            return self.service.read(tuple[Alert, ...], f"{API}/alerts?{filters}")
        except LiveError as error:
            raise _worded(error) from None

    def post(
        self, labels: Mapping[str, str], annotations: Mapping[str, str], starts_at: datetime, ends_at: datetime
    ) -> None:
        """Sends one alert, as a ruler does; an end that has come resolves it."""
        times = {"startsAt": starts_at.isoformat(), "endsAt": ends_at.isoformat()}
        document = [{"labels": dict(labels), "annotations": dict(annotations), **times}]
        self.service.post(f"{API}/alerts", document=document)

    def silences(self) -> tuple[Silence, ...]:
        """All that it still has; expired ones are kept for some days."""
        return self.service.read(tuple[Silence, ...], f"{API}/silences")

    def silence(
        self, matchers: Sequence[Matcher], starts_at: datetime, ends_at: datetime, created_by: str, comment: str
    ) -> str:
        """Adds a silence; its id."""
        path = f"{API}/silences"
        document = {
            "matchers": [one.model_dump(by_alias=True) for one in matchers],
            "startsAt": starts_at.isoformat(),
            "endsAt": ends_at.isoformat(),
            "createdBy": created_by,
            "comment": comment,
        }
        try:
            body = self.service.post(path, document=document).body
        except LiveError as error:
            raise _worded(error) from None
        return parsed(_Filed, body, self.service.name, path).silence_id

    def expire(self, silence_id: str) -> None:
        """Ends a silence. Raises `CommandError` where there is none of this id."""
        try:
            self.service.delete(f"{API}/silence/{quote(silence_id, safe='')}")
        except LiveError as error:
            # An id that is no UUID is 422 to its OpenAPI, before anything looks for it.
            if error.status in (404, 422):
                raise CommandError(f"--expire: Alertmanager knows no silence {silence_id}; see --list") from None
            raise


def _worded(error: LiveError) -> LiveError | CommandError:
    """400 is what Alertmanager says of matchers that it can't use."""
    return CommandError(f"--matcher: {error}; accepted: {ACCEPTED_MATCHER}") if error.status == 400 else error
