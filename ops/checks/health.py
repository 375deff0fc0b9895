"""`health`: whether every part of a running platform answers, has its ring members and is scraped."""

from collections.abc import Callable, Iterator, Sequence

from ops.backends.errors import LiveError, Problem
from ops.backends.loki import Loki
from ops.backends.prometheus import Mimir
from ops.backends.target import Role, Target
from ops.report.checks import Check, Report, State
from planning.backends import BACKENDS, backends_of
from settings.rules.sizing import least_pool_cores
from telemetry.collector.scrapes import scrapes
from telemetry.kubernetes.endpoints import POOL_LIMIT, POOL_USAGE, Endpoints

# Every member of a ring reports all of its members.
RINGS = "max by (job, name, state) (cortex_ring_members)"
# Scrape targets by job, as the agents name them.
TARGETS = "sum by (job) (up)"
TARGETS_ALL = "count by (job) (up)"
# One name each: a rate over several names at once would have series with equal labels.
FAILED_SENDS = tuple(
    f"sum by (exporter) (rate(otelcol_exporter_send_failed_{kind}_total[5m]))"
    for kind in ("spans", "log_records", "metric_points")
)
QUEUE_FILL = "max by (exporter) (otelcol_exporter_queue_size / otelcol_exporter_queue_capacity)"
FULL_QUEUE = 0.8
ACTIVE = "ACTIVE"
RING_ADVICE = "wait for a restart to end; forget a member that won't come back on the component's ring page"
MOST_NAMED = 5
NO_ANSWER = (Problem.UNREACHABLE, Problem.TIMEOUT, Problem.TLS, Problem.TOOL, Problem.ABSENT)
Probe = Callable[[], str]


def health(target: Target) -> Report:
    """Every check; one service that is down doesn't stop the others from being asked."""
    checks = [
        *_back_ends(target),
        attempt("grafana", lambda: _grafana(target)),
        attempt("alerts", lambda: "", inner=lambda: _alerts(target)),
        attempt("loki ring", lambda: "", inner=lambda: _loki_ring(target.loki())),
        *_from_metrics(target),
        *_pods(target),
    ]
    namespace = target.settings.namespace
    filled = tuple(one.model_copy(update={"advice": one.advice.replace("{namespace}", namespace)}) for one in checks)
    return Report(title=f"Health of {target.stack}", checks=filled)


def _back_ends(target: Target) -> Iterator[Check]:
    for backend in backends_of(target.settings.retention):
        role = Role(backend.name)
        if role is Role.MIMIR:
            yield attempt(role, lambda: _mimir(target.mimir()))
        else:
            yield attempt(role, lambda role=role: _ready(target.service(role).ready().seconds))


def attempt(name: str, probe: Probe, inner: Callable[[], Check] | None = None) -> Check:
    """A probe's words as a check; its `LiveError` as a finding."""
    try:
        return inner() if inner else Check(name=name, state=State.OK, detail=probe())
    except LiveError as error:
        return failed(name, error)


def failed(name: str, error: LiveError) -> Check:
    """A `LiveError` as a check: a wrong answer is a finding; no answer, or a tool that fails, is unreachable."""
    tool_failed = error.problem is Problem.FAILED and error.status is None
    state = State.UNREACHABLE if tool_failed or error.problem in NO_ANSWER else State.FINDING
    return Check(name=name, state=state, detail=str(error), advice=_ADVICE.get(name, ""))


_ADVICE = {
    **{one.name: f"its log says why: kubectl -n {{namespace}} logs statefulset/{one.name}" for one in BACKENDS},
    "mimir": "look at its gateway and query frontend: kubectl -n {namespace} get pods",
    "grafana": "its log says why: kubectl -n {namespace} logs deployment/grafana",
    "pods": "name a kubeconfig with --kubeconfig when the stack's own can't be used here",
}


def _ready(seconds: float) -> str:
    return f"ready, answered in {seconds * 1000:.0f} ms"


def _mimir(mimir: Mimir) -> str:
    answer = mimir.answer("vector(1)")
    if mimir.number("vector(1)") != 1:
        raise LiveError("mimir", Problem.GARBAGE, "vector(1) isn't 1")
    return f"answers queries, in {answer.seconds * 1000:.0f} ms"


def _grafana(target: Target) -> str:
    state = target.grafana().health()
    if state.database != "ok":
        raise LiveError("grafana", Problem.FAILED, f"database {state.database}", status=200)
    return f"version {state.version}, database {state.database}"


def _alerts(target: Target) -> Check:
    # The dead man's switch fires for ever; that is its purpose.
    firing = [one for one in target.alertmanager().firing() if one.get("severity") in ("critical", "warning")]
    if not firing:
        return Check(name="alerts", state=State.OK, detail="none critical or warning is firing")
    names = sorted({one.get("alertname", "?") for one in firing})
    return Check(
        name="alerts",
        state=State.FINDING,
        detail=f"{len(firing)} firing: {', '.join(names)}",
        advice=f"each has a page: runbooks --stack {target.stack} --alert {names[0]}",
    )


def _loki_ring(loki: Loki) -> Check:
    """Loki's own ring page: its ring isn't among the metrics that agents keep."""
    members = loki.ring()
    bad = [f"{name} {state}" for name, state in members.items() if state != ACTIVE]
    if bad:
        return Check(name="loki ring", state=State.FINDING, detail=", ".join(bad), advice=RING_ADVICE)
    return Check(name="loki ring", state=State.OK, detail=f"{len(members)} members, all active")


def _from_metrics(target: Target) -> Iterator[Check]:
    try:
        mimir = target.mimir()
        yield _rings(mimir)
        yield _targets(mimir, [scrape.job for scrape in scrapes(target.settings)])
        yield _collectors(mimir)
        yield from _node_pools(mimir, least_pool_cores(target.settings))
    except LiveError as error:
        yield Check(
            name="metrics", state=State.UNKNOWN, detail=f"rings, targets and queues aren't known: {error}", advice=""
        )


def _rings(mimir: Mimir) -> Check:
    members = mimir.query(RINGS)
    if not members:
        return Check(name="rings", state=State.UNKNOWN, detail="no ring metrics yet")
    bad = [
        f"{one.labels.get('job')} {one.labels.get('name')}: {one.value:.0f} {one.labels.get('state')}"
        for one in members
        if one.labels.get("state") != ACTIVE and one.value > 0
    ]
    rings = {(one.labels.get("job"), one.labels.get("name")) for one in members}
    if bad:
        return Check(name="rings", state=State.FINDING, detail="; ".join(bad), advice=RING_ADVICE)
    return Check(name="rings", state=State.OK, detail=f"{len(rings)} rings, every member active")


def _targets(mimir: Mimir, expected: Sequence[str]) -> Check:
    up, known = mimir.by("job", TARGETS), mimir.by("job", TARGETS_ALL)
    missing = [job for job in expected if job not in known]
    down = [
        f"{job}: {known[job] - up.get(job, 0):.0f} of {known[job]:.0f} down"
        for job in known
        if up.get(job, 0) < known[job]
    ]
    if not known:
        return Check(name="targets", state=State.UNKNOWN, detail="no target has been scraped yet")
    if missing or down:
        said = "; ".join([*down, *([f"not scraped: {', '.join(missing)}"] if missing else [])])
        return Check(name="targets", state=State.FINDING, detail=said, advice="see `connectivity` and the agents' logs")
    return Check(name="targets", state=State.OK, detail=f"{sum(known.values()):.0f} targets of {len(known)} jobs up")


def _node_pools(mimir: Mimir, least_cores: int) -> Iterator[Check]:
    """Karpenter's pools against their limits; nothing where there are none."""
    limits, used = mimir.by("nodepool", POOL_LIMIT), mimir.by("nodepool", POOL_USAGE)
    said = [f"{name}: {used.get(name, 0):g} of {limit:g} cores" for name, limit in limits.items()]
    full = [name for name, limit in limits.items() if limit - used.get(name, 0) < least_cores]
    if full:
        advice = "the budget allows no further node: docs/runbooks/node-pool-at-limit.md"
        yield Check(name="node pool", state=State.FINDING, detail=f"{'; '.join(said)}: at its limit", advice=advice)
    elif said:
        yield Check(name="node pool", state=State.OK, detail="; ".join(said))


def failed_sends(mimir: Mimir) -> dict[str, float]:
    """Items a second that each exporter of the collectors couldn't deliver, over five minutes."""
    rates: dict[str, float] = {}
    for query in FAILED_SENDS:
        for exporter, rate in mimir.by("exporter", query).items():
            rates[exporter] = rates.get(exporter, 0.0) + rate
    return rates


def _collectors(mimir: Mimir) -> Check:
    failing = {name: rate for name, rate in failed_sends(mimir).items() if rate > 0}
    full = {name: fill for name, fill in mimir.by("exporter", QUEUE_FILL).items() if fill >= FULL_QUEUE}
    if failing or full:
        said = [f"{name} fails {rate:.1f}/s" for name, rate in failing.items()]
        said += [f"queue of {name} is {fill:.0%} full" for name, fill in full.items()]
        advice = "the back end behind the exporter refuses or is away; queued data is lost when the queue is full"
        return Check(name="collectors", state=State.FINDING, detail="; ".join(said), advice=advice)
    return Check(name="collectors", state=State.OK, detail="no failed sends, queues have room")


def _pods(target: Target) -> Iterator[Check]:
    endpoints = Endpoints.of(target.settings)
    try:
        kubernetes = target.kubernetes()
        pods = [pod for name in (endpoints.namespace, endpoints.agent_namespace) for pod in kubernetes.pods(name)]
    except LiveError as error:
        yield failed("pods", error)
        return
    if not pods:
        detail = f"no pods in {endpoints.namespace} and {endpoints.agent_namespace}"
        yield Check(name="pods", state=State.FINDING, detail=detail, advice=f"pulumi up --stack {target.stack}")
        return
    if bad := [pod for pod in pods if not pod.well]:
        named = [f"{pod.name} {pod.reason}" + (f" ({pod.restarts} restarts)" if pod.restarts else "") for pod in bad]
        more = f" and {len(bad) - MOST_NAMED} more" if len(bad) > MOST_NAMED else ""
        detail = f"{len(bad)} of {len(pods)} not ready: {', '.join(named[:MOST_NAMED])}{more}"
        advice = f"kubectl -n {bad[0].namespace} describe pod {bad[0].name}"
        yield Check(name="pods", state=State.FINDING, detail=detail, advice=advice)
        return
    yield Check(name="pods", state=State.OK, detail=f"all {len(pods)} ready")
