"""Values as Grafana writes them, by unit."""

from telemetry.grafana.dashboards.model import Unit

_SI = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))
_IEC = ((2**40, "Ti"), (2**30, "Gi"), (2**20, "Mi"), (2**10, "Ki"))
_AGES = ((86_400, "d"), (3600, "h"), (60, "min"))
_SUFFIXES = {
    Unit.REQUESTS_PER_SECOND: " req/s",
    Unit.PER_SECOND: " /s",
    Unit.BYTES: "B",
    Unit.BYTES_PER_SECOND: "B/s",
    Unit.CORES: " cores",
    Unit.COUNT: "",
    Unit.SCORE: "",
}


def formatted(value: float, unit: Unit, decimals: int | None = None) -> str:
    """A value with its unit, with three significant digits unless the panel says otherwise."""
    match unit:
        case Unit.RATIO:
            return f"{value * 100:.{1 if decimals is None else decimals}f}%"
        case Unit.USD:
            return f"${value:,.{2 if decimals is None else decimals}f}"
        case Unit.SECONDS:
            return f"{_digits(value)} s" if value >= 1 else f"{_digits(value * 1000)} ms"
        case Unit.AGE:
            return _scaled(value, _AGES, "s", " ")
        case Unit.MEMORY:
            return _scaled(value, _IEC, "B", " ")
        case _ if decimals == 0 and abs(value) < 1000:
            return f"{value:.0f}{_SUFFIXES[unit]}"
        case _:
            return _scaled(value, _SI, _SUFFIXES[unit], " " if unit in (Unit.BYTES, Unit.BYTES_PER_SECOND) else "")


def _scaled(value: float, steps: tuple[tuple[float, str], ...], suffix: str, space: str) -> str:
    for size, name in steps:
        if abs(value) >= size:
            ends = "" if name in ("d", "h", "min") else suffix
            return f"{_digits(value / size)}{space}{name}{ends}"
    return f"{_digits(value)}{space if suffix else ''}{suffix.lstrip()}" if space else f"{_digits(value)}{suffix}"


def _digits(value: float) -> str:
    if value == 0:
        return "0"
    text = f"{value:.3g}"
    return f"{value:.0f}" if "e" in text else text
