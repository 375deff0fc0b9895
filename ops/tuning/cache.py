"""`cache status` and `cache enable`: Loki's two caches, what they hit, and what turning them on takes."""

from pathlib import Path
from typing import NamedTuple

from ops.backends.errors import LiveError
from ops.backends.loki import Loki
from ops.backends.target import Target
from ops.report.checks import Check, Report, State, checked
from ops.report.model import Text, document
from ops.stacks import settings_of
from ops.tuning.effects import effect
from ops.tuning.stack_file import Change, apply, proposed
from settings.models.platform import PlatformSettings
from settings.models.sizes import cache_memory_request_mib

# The sizes that staging and prod start with.
CHUNKS_CACHE_MB, RESULTS_CACHE_MB = 256, 64
LEAST_HIT_RATIO = 0.2
MOST_FAILURES = 0.5
REQUESTS, FETCH = "loki_memcache_request_duration_seconds_count", "Memcache.GetMulti"
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
        counted = counts(target.loki(), name)
    except LiveError as error:
        return Check(name=f"{name} cache", state=State.UNKNOWN, detail=f"{size_mb} MB; {error}")
    if counted.unreachable:
        return Check(
            name=f"{name} cache",
            state=State.UNREACHABLE,
            detail=f"{size_mb} MB; Loki reaches no server of it: {counted.failures:,.0f} of {counted.requests:,.0f} "
            "requests failed",
            advice=f"kubectl -n {target.settings.namespace} get pods -l "
            f"app.kubernetes.io/component=memcached-{name}-cache; a larger one would not help",
        )
    ratio = counted.hit_ratio
    if ratio is None:
        return Check(name=f"{name} cache", state=State.UNKNOWN, detail=f"{size_mb} MB; nothing has been asked of it")
    return checked(
        f"{name} cache",
        f"{size_mb} MB, {ratio:.0%} of keys found",
        f"few hits: {_better(name)}",
        bad=ratio < LEAST_HIT_RATIO,
        value=ratio,
        limit=LEAST_HIT_RATIO,
        unit="ratio",
    )


def _better(name: str) -> str:
    if name == "results":
        return "queries differ each time; dashboards with rounded ranges repeat theirs"
    return f"it may be too small: raise {KEYS[name]}, or turn it off with 0"


class Counts(NamedTuple):
    """What one Loki pod counted of one cache since its start."""

    hits: float
    """Keys that were found."""
    keys: float
    """Keys that were asked for."""
    requests: float
    """Requests to memcached for keys; one may ask for many."""
    failures: float
    """Of these, the ones that got no answer."""

    @property
    def hit_ratio(self) -> float | None:
        """Share of keys that were found; None when none was asked for."""
        return self.hits / self.keys if self.keys else None

    @property
    def unreachable(self) -> bool:
        """Whether most requests failed: nothing that is found or not says anything about the size then."""
        return self.failures > self.requests * MOST_FAILURES


def counts(loki: Loki, name: str) -> Counts:
    """Of the pod that answers. The `name` of a cache in Loki's metrics is the prefix of its flags, such as
    store.chunks-cache; memcached's answers are counted by HTTP's numbers, with 500 for none (Loki 3.7)."""
    series = [one for one in loki.own_series() if any(part in one.labels.get("name", "") for part in PARTS[name])]

    def total(metric: str, **labels: str) -> float:
        return sum(one.value for one in series if one.name == metric and labels.items() <= one.labels.items())

    return Counts(
        hits=total("loki_cache_hits"),
        keys=total("loki_cache_fetched_keys"),
        requests=total(REQUESTS, method=FETCH),
        failures=total(REQUESTS, method=FETCH, status_code="500"),
    )


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
