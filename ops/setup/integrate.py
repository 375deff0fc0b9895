"""`python -m ops integrate` and `python -m ops sampling advice`: what a service's team needs to send telemetry."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from ops.errors import CommandError
from ops.report.model import Block, Bullets, Document, Listing, document, table
from ops.report.output import Answer
from ops.stacks import settings_of
from planning.sampling_advice import BUSY_FACTOR, Sampler, ServiceAdvice
from settings.models.platform import PlatformSettings
from settings.models.services import Service
from telemetry.integration.sampling import StackAdvice, stack_advice
from telemetry.integration.snippets import Snippet, kinds_for, snippets_for

ALL = "all"


def integration(
    service: str,
    stack: str,
    *,
    kind: str = ALL,
    output: Path | None = None,
    spans_per_second: float | None = None,
) -> Answer:
    """A service's snippets with its head-sampling advice; with `output` they are written into that folder.

    `spans_per_second` is the service's daily mean; without it, it is an even part of the stack's workload. Raises
    `CommandError`, `SettingsError`.
    """
    settings = settings_of(stack)
    found = _service(settings, service, stack)
    given = {} if spans_per_second is None else {service: _rate(service, spans_per_second)}
    advice = stack_advice(settings, given)
    snippets = [one for one in snippets_for(settings, found, advice.of(service)) if _wanted(one, kind, found)]
    files: list[Block] = [Listing(title=f"{one.file}: {one.purpose}", text=one.text, file=True) for one in snippets]
    if output is not None:
        _write(snippets, output)
        files = [Listing(text="\n".join(f"{output / one.file}: {one.purpose}" for one in snippets))]
    return Answer(
        {"service": service, "stack": stack, "snippets": snippets, "head_sampling": _row(advice.of(service))}
        | _capacity(advice),
        lambda: document("", *files, _explained(advice, advice.of(service))),
    )


def sampling_advice(stack: str, rates: Sequence[str] = ()) -> Answer:
    """Head-sampling advice for every service of a stack.

    `rates` are daily means such as `api-gateway=1200`, in spans a second; services without one get an even part of the
    stack's workload. Raises `CommandError`, `SettingsError`.
    """
    settings = settings_of(stack)
    advice = stack_advice(settings, _rates(rates, settings, stack))
    services = [_row(one) for one in advice.services]
    value = {"stack": stack, "services": services, "surge": advice.surge} | _capacity(advice)
    return Answer(value, lambda: _advised(stack, advice))


def _advised(stack: str, advice: StackAdvice) -> Document:
    rows = [
        (
            one.service,
            f"{one.spans_per_second:,.0f}",
            _threshold(one),
            one.sampler.value,
            f"{one.ratio:g}",
            f"{one.lost_errors_per_day:,.0f}",
            f"{one.metric_factor:.3g}",
            f"{one.precision_percent:.1f}",
        )
        for one in advice.services
    ]
    header = ("service", "spans/s", "advised from", "sampler", "ratio", "errors lost a day", "factor", "± %")
    remedy = [_remedy(advice)] if any(one.sampler is Sampler.RATIO for one in advice.services) else []
    return document(
        f"head sampling in {stack}, by spans of the traces that start in a service (daily means)",
        table(header, rows, numbers=(1, 2, 4, 5, 6, 7)),
        Bullets(items=(*_limits(advice), *remedy, *_LEGEND)),
    )


_LEGEND = (
    "Where the sampler is parentbased_always_on, services send everything and tail sampling decides: no error is lost.",
    "A ratio acts in the service where a trace starts; services that are called follow their caller.",
    "factor: multiply request counts from span metrics by it; shares such as error rates stay right. ± %: how far such "
    "a count over five minutes may be off, 19 times of 20.",
)


def _service(settings: PlatformSettings, name: str, stack: str) -> Service:
    services = {one.name: one for one in settings.services}
    if name not in services:
        raise CommandError(
            f"there is no service {name!r} in the settings of stack {stack}; accepted: {', '.join(sorted(services))}"
        )
    return services[name]


def _wanted(snippet: Snippet, kind: str, service: Service) -> bool:
    accepted = [ALL, *kinds_for(service.language)]
    if kind not in accepted:
        raise CommandError(
            f"--kind {kind}: {service.name} is written in {service.language}; accepted: {', '.join(accepted)}"
        )
    return kind in (ALL, snippet.kind)


def _rates(rates: Sequence[str], settings: PlatformSettings, stack: str) -> Mapping[str, float]:
    found: dict[str, float] = {}
    for text in rates:
        name, equals, number = text.partition("=")
        try:
            value = float(number)
        except ValueError:
            value = math.nan
        if not equals or math.isnan(value):
            raise CommandError(f"rate {text!r}: accepted: a service, = and spans a second, such as api-gateway=1200")
        _service(settings, name, stack)
        found[name] = _rate(name, value)
    return found


def _rate(service: str, spans_per_second: float) -> float:
    if not 0 <= spans_per_second < math.inf:
        raise CommandError(f"rate of {service}: got {spans_per_second:g}; accepted: spans a second, 0 or more")
    return spans_per_second


def _write(snippets: Sequence[Snippet], output: Path) -> None:
    """Nothing is written where a file of another content would be lost."""
    try:
        for one in snippets:
            path = output / one.file
            if path.exists() and path.read_text(encoding="utf-8") != one.text:
                raise CommandError(f"{path} exists with other content; accepted: a folder without it")
        output.mkdir(parents=True, exist_ok=True)
        for one in snippets:
            (output / one.file).write_text(one.text, encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"--output {output} can't be written: {error}") from None


def _explained(advice: StackAdvice, one: ServiceAdvice) -> Bullets:
    if one.sampler is Sampler.ALWAYS_ON:
        return Bullets(
            title=f"head sampling of {one.service}: none ({one.sampler}), tail sampling decides and keeps every error.",
            items=(
                f"Advised from {_threshold(one)} spans/s on (daily mean of the traces that start here, the others as "
                f"they are); expected are {one.spans_per_second:,.0f}.",
                *_limits(advice),
            ),
        )
    return Bullets(
        title=f"head sampling of {one.service}: {one.sampler}, {one.ratio:g} of the traces that start here.",
        items=(
            f"Expected are {one.spans_per_second:,.0f} spans/s (daily mean), advised from {_threshold(one)} on.",
            f"Price: about {one.lost_errors_per_day:,.0f} traces with an error a day are lost before anyone can see "
            "them, slow ones alike. Log lines all stay.",
            f"Request counts from span metrics must be multiplied by {one.metric_factor:.3g}, and one over five "
            f"minutes is within {one.precision_percent:.1f} % of the truth 19 times of 20. Shares such as error rates "
            "need no factor.",
            *_limits(advice),
            _remedy(advice),
        ),
    )


def _limits(advice: StackAdvice) -> tuple[str, str]:
    capacity = advice.capacity
    return (
        f"The collectors take in {capacity.spans_per_second:,.0f} spans/s, which must do for busy hours of "
        f"{BUSY_FACTOR} times the mean; {capacity.limited_by} sets that limit.",
        f"A surge needs no head sampling: tail sampling cuts ordinary traces at {advice.surge.spans_per_second:,} "
        "spans/s by itself and keeps errors and slow traces.",
    )


def _remedy(advice: StackAdvice) -> str:
    key = advice.capacity.limited_by
    return f"Raising {key} avoids head sampling where the nodes have room for it: no trace is lost then."


def _threshold(one: ServiceAdvice) -> str:
    return f"{one.threshold_spans_per_second:,.0f}"


def _row(one: ServiceAdvice) -> Mapping[str, object]:
    return one.model_dump() | {"sampler": one.sampler}


def _capacity(advice: StackAdvice) -> dict[str, object]:
    capacity = advice.capacity
    derived = {"spans_per_second": capacity.spans_per_second, "limited_by": capacity.limited_by}
    return {"capacity": capacity.model_dump() | derived}
