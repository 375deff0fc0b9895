"""logfmt lines and Go durations, as Loki, Mimir and Tempo write them to their logs."""

import re

_PAIR = re.compile(r'([^\s="]+)=("(?:[^"\\]|\\.)*"|[^\s"]*)')
_ESCAPE = re.compile(r"\\(.)")
_PART = re.compile(r"(\d+(?:\.\d+)?)(h|ms|m|s|µs|us|ns)")
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "µs": 1e-6, "us": 1e-6, "ns": 1e-9}
_BYTES = re.compile(r"(\d+(?:\.\d+)?)\s*([kMGT]?)(i?)B?")
_POWERS = {"": 0, "k": 1, "M": 2, "G": 3, "T": 4}


def fields(line: str) -> dict[str, str]:
    """Keys and values of a logfmt line; quotes and their escapes are undone."""
    return {key: _unquoted(value) for key, value in _PAIR.findall(line)}


def seconds(duration: str) -> float | None:
    """A Go duration such as 1m2.5s or 12.3ms, or a plain number of seconds."""
    try:
        return float(duration)
    except ValueError:
        pass
    parts = _PART.findall(duration)
    if not parts or "".join(number + unit for number, unit in parts) != duration:
        return None
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)


def size_bytes(size: str) -> float | None:
    """A size such as 12MB, 3.4GiB or a plain number of bytes."""
    match = _BYTES.fullmatch(size)
    if match is None:
        return None
    return float(match[1]) * (1024 if match[3] else 1000) ** _POWERS[match[2]]


def _unquoted(value: str) -> str:
    if not value.startswith('"'):
        return value
    return _ESCAPE.sub(lambda found: {"n": "\n", "t": "\t"}.get(found[1], found[1]), value[1:-1])
