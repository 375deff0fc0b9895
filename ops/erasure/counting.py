"""How many lines a search finds, piece by piece: a person's lines may be anywhere in all that is kept."""

from datetime import datetime, timedelta

from ops.backends.errors import LiveError, Problem
from ops.backends.loki import Loki

LONGEST = timedelta(hours=12)
SHORTEST = timedelta(minutes=15)
# Gateway Timeout, and what Loki says when a query's own time is over.
_TOO_LONG = (499, 500, 502, 504)


def lines_of(loki: Loki, query: str, start: datetime, end: datetime) -> int:
    """Lines between two moments. Pieces that take too long are asked in halves. Raises `LiveError`."""
    found, piece, until = 0, LONGEST, end
    while until > start:
        since = max(start, until - piece)
        try:
            found += loki.count(query, since, until)
        except LiveError as error:
            if piece <= SHORTEST or not (error.problem is Problem.TIMEOUT or error.status in _TOO_LONG):
                raise
            piece /= 2
            continue
        until = since
    return found
