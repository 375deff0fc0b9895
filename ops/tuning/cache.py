"""`cache status` and `cache enable`: Loki's two caches, what they hit, and what turning them on takes."""

from pathlib import Path

from ops.backends.errors import LiveError
from ops.backends.loki import Loki
from ops.backends.target import Target
from ops.report.checks import Check, Report, State
from ops.report.model import Text, document
from ops.stacks import settings_of
from ops.tuning.effects import effect
from ops.tuning.stack_file import Change, apply, proposed
from settings.models.platform import PlatformSettings
from settings.models.sizes import cache_memory_request_mib

# The sizes that staging and prod start with.
CHUNKS_CACHE_MB, RESULTS_CACHE_MB = 256, 64
LEAST_HIT_RATIO = 0.2
PARTS = {"chunks": ("chunks",), "results": ("results", "frontend")}
KEYS = {"chunks": "sizes.loki.chunks_cache_mb", "results": "sizes.loki.results_cache_mb"}


def cache_status(target: Target) -> Report:
    """Size and hit ratio of both caches."""
    sizes = configured(target.settings)
    checks = [_cache(target, name, sizes[name]) for name in KEYS]
    return Report(title=f"Query caches of {target.stack}", checks=tuple(checks))


def configured(settings: PlatformSettings) -> dict[str, int]:
    """Size of each cache in MB; 0 is off."""
    return {"chunks": settings.sizes.loki.chunks_cache_mb, "results": settings.sizes.loki.results_cache_mb}


def _cache(target: Target, name: str, size_mb: int) -> Check:
    if not size_mb:
        advice = f"turn it on: python -m ops cache enable --stack {target.stack}"
        return Check(name=f"{name} cache", state=State.FINDING, detail="off", advice=advice)
    try:
        ratio = hit_ratio(target.loki(), name)
    except LiveError as error:
        return Check(name=f"{name} cache", state=State.UNKNOWN, detail=f"{size_mb} MB; {error}")
    if ratio is None:
        return Check(name=f"{name} cache", state=State.UNKNOWN, detail=f"{size_mb} MB; nothing has been asked of it")
    low = ratio < LEAST_HIT_RATIO
    return Check(
        name=f"{name} cache",
        state=State.FINDING if low else State.OK,
        detail=f"{size_mb} MB, {ratio:.0%} of keys found",
        advice=f"few hits: {_better(name)}" if low else "",
        value=ratio,
        limit=LEAST_HIT_RATIO,
        unit="ratio",
    )


def _better(name: str) -> str:
    if name == "results":
        return "queries differ each time; dashboards with rounded ranges repeat theirs"
    return f"it may be too small: raise {KEYS[name]}, or turn it off with 0"


def hit_ratio(loki: Loki, name: str) -> float | None:
    """Share of keys that were found, of the pod that answers and since its start; None when none was asked for.

    The `name` of a cache in Loki's metrics is the prefix of its flags, such as store.chunks-cache.
    """
    hits, asked = (
        sum(
            count
            for cache, count in loki.counters(counter, "name").items()
            if any(part in cache for part in PARTS[name])
        )
        for counter in ("loki_cache_hits", "loki_cache_fetched_keys")
    )
    return hits / asked if asked else None


def cache_change(stack: str, chunks_mb: int, results_mb: int, project: Path | None = None) -> Change:
    """The stack file with both sizes. Raises `SettingsError` when they don't fit the stack."""
    return proposed(stack, {KEYS["chunks"]: chunks_mb, KEYS["results"]: results_mb}, project)


def enable(
    stack: str, chunks_mb: int, results_mb: int, *, yes: bool, as_json: bool = False, project: Path | None = None
) -> int:
    """Shows what the caches take and changes the stack file."""
    before = settings_of(stack, project)
    change = cache_change(stack, chunks_mb, results_mb, project)
    pods = ", ".join(
        f"{name} {mb} MB in a pod of {cache_memory_request_mib(mb)} MiB" if mb else f"{name} off"
        for name, mb in configured(change.settings).items()
    )
    seen = effect(stack, before, change.settings)
    report = document("", Text(words=f"caches: {pods}"), seen.table())
    return apply(change, stack, seen, report, yes=yes, as_json=as_json)
