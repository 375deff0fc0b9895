"""The filter that leaves out log lines of a known form, in the gateway before anything dear is done to them.

Warnings and errors pass, by their severity and by their words: a line without a severity that reads like an error does
too. A share is kept by the hundredth of a second that a line was written in, which no service chooses; lines
whose time has whole seconds only are all kept.

Sources: README of the filter processor and of OTTL's functions, OpenTelemetry Collector contrib 0.149.
"""

import re
from typing import Any

from settings.models.logs import ANY, LogSettings, ThinnedLines
from telemetry.collector.place import quoted

THINNED = "filter/thinned"
# Words of failure in any case of letters, at a word's beginning; `failures=0` is kept as well: rather one too many.
FAILURE_WORDS = (
    "err|fail|fatal|panic|critical|crit|alert|emerg|warn|exception|traceback|denied|refused|timeout|timed out|abort|"
    "corrupt|unable|cannot|can't|killed|oom|segfault|unauthori|forbidden|rejected|lost"
)
FAILURE = rf"(?i)(^|[^a-z])({FAILURE_WORDS})|[a-z](Error|Exception|Failure|Warning)"
MESSAGE_KEYS = ("msg", "message", "event", "log", "body")
# Nineteen digits of nanoseconds: the two after the tenth are hundredths of a second.
HUNDREDTH, DIGITS = 10, 2


def thinning(settings: LogSettings) -> dict[str, dict[str, Any]]:
    """The processor; none where nothing is thinned."""
    if not settings.thin:
        return {}
    records = [thinned(one) for one in settings.thin]
    return {THINNED: {"error_mode": "ignore", "logs": {"log_record": records}}}


def thinned(one: ThinnedLines) -> str:
    """An OTTL condition that is true for lines to be left out."""
    conditions = [
        f'resource.attributes["service.name"] == {quoted(one.service)}',
        "log.severity_number < SEVERITY_NUMBER_WARN",
        "IsString(log.body)",
        f"IsMatch(log.body, {quoted(line_pattern(one.template))})",
        f"not IsMatch(log.body, {quoted(FAILURE)})",
    ]
    if one.keep_percent:
        hundredth = f"Substring(String(log.time_unix_nano), {HUNDREDTH}, {DIGITS})"
        conditions.append(f'Len(String(log.time_unix_nano)) == 19 and {hundredth} >= "{one.keep_percent:02}"')
        conditions.append('Substring(String(log.time_unix_nano), 10, 9) != "000000000"')
    return " and ".join(conditions)


def line_pattern(template: str) -> str:
    """A regular expression of lines, alone or as the message of JSON or logfmt; RE2 and Python read it alike."""
    parts = ".*".join(re.escape(part) for part in template.split(ANY))
    text = re.sub(r"(\\ )+", r"\\s+", parts)
    keys = "|".join(MESSAGE_KEYS)
    return rf'(?s)^\s*{text}\s*$|"({keys})"\s*:\s*"\s*{text}\s*"|(^|\s)({keys})="?\s*{text}\s*("|\s\w+=|$)'
