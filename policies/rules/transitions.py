"""Moves between storage classes: legal, readable while queried, and worth their money."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from planning.aws.lifecycle import RegisteredMove, RegisteredRule
from planning.aws.purpose import purpose_of
from planning.aws.types import BUCKET, INTELLIGENT_TIERING, LIFECYCLE, RELEASE
from planning.buckets import BucketPurpose, ObjectClass, may_follow
from planning.objects import Cohort, ObjectFlow
from planning.registered import UNKNOWN, Resource, of_type
from policies.buckets import bucket_rules, rules_of
from policies.facts import leaves, show
from policies.limits import Limits
from policies.rule import NotYetKnown, ResourceRule, Severity, StackRule, Subject, Verdict, Violation

TARGETS = tuple(name.value for name in ObjectClass if name is not ObjectClass.STANDARD)
ARCHIVED = tuple(name.value for name in ObjectClass if not name.rules.queryable)
# Amazon S3 API reference, PutBucketLifecycleConfiguration.
MAX_RULES, MAX_ID_LENGTH = 1000, 255


def _refused_lifecycle(lifecycle: Resource, _limits: Limits) -> Iterator[Verdict]:
    if lifecycle.type == BUCKET:
        # Judged by its inputs: the provider writes the bucket's real lifecycle into the outputs of the same name.
        if lifecycle.at("lifecycleRules") is not None:
            yield Violation("has lifecycleRules of its own; accepted: a BucketLifecycleConfiguration")
        return
    rules = rules_of(lifecycle)
    if rules is UNKNOWN:
        yield NotYetKnown("rules")
        return
    if not 0 < len(rules) <= MAX_RULES:
        yield Violation(f"has {len(rules)} rules; S3 accepts 1 to {MAX_RULES}")
    ids = [rule.id for rule in rules]
    for repeated in sorted({name for name in ids if ids.count(name) > 1}):
        yield Violation(f"rule id {repeated} is used twice")
    for rule in rules:
        for problem in (*_rule_problems(rule), *_order_problems(rule.moves)):
            yield Violation(f"rule {rule.id}: {problem}")


def _rule_problems(rule: RegisteredRule) -> Iterator[str]:
    if len(rule.id) > MAX_ID_LENGTH:
        yield f"its id has {len(rule.id)} characters; S3 accepts {MAX_ID_LENGTH}"
    if rule.expiration_days is not None and rule.expiration_days < 1:
        yield f"expiration at day {rule.expiration_days}; S3 accepts 1 or later"
    days = [move.days for move in rule.moves if move.days is not None]
    if rule.expiration_days is not None and days and rule.expiration_days <= max(days):
        yield f"expiration at day {rule.expiration_days} comes before the move at day {max(days)}"
    if rule.abort_days is not None and rule.min_object_bytes is not None:
        yield "S3 takes no size filter on a rule that aborts multipart uploads"


def _order_problems(moves: Sequence[RegisteredMove]) -> Iterator[str]:
    for move in moves:
        if move.storage_class not in TARGETS:
            yield f"{move.storage_class} is no class to move to; accepted: {', '.join(TARGETS)}"
        if move.days is None or move.days < 0:
            yield f"the move to {move.storage_class} has no day"
    ordered = sorted((move for move in moves if move.days is not None), key=lambda move: move.days or 0)
    for earlier, later in pairwise(ordered):
        if {earlier.storage_class, later.storage_class} <= set(TARGETS) and not may_follow(
            ObjectClass(earlier.storage_class), ObjectClass(later.storage_class)
        ):
            yield f"S3 moves no objects from {earlier.storage_class} to {later.storage_class}"
        elif earlier.days == later.days:
            yield f"two moves at day {earlier.days}"


TRANSITIONS_LEGAL = ResourceRule(
    id="transitions-legal",
    subject=Subject.RETENTION,
    title="S3 accepts every lifecycle rule",
    why="A lifecycle that S3 refuses fails in the middle of an update, after the bucket is there without one; rules "
    "written into the bucket itself are deprecated, and the other rules of this pack don't read them.",
    fix="Let the tier plan make the lifecycle, or correct the rule as the message says.",
    types=(LIFECYCLE, BUCKET),
    limits=Limits,
    check=_refused_lifecycle,
    severity=Severity.MEDIUM,
)


class ReadableLimits(Limits):
    """What nobody queries."""

    archives: tuple[str, ...] = ()
    """Purposes of buckets that no querier reads, whose objects may freeze."""


def _archived_data(resources: Sequence[Resource], limits: ReadableLimits) -> Iterator[Verdict]:
    for bucket, rules in bucket_rules(resources):
        purpose = purpose_of(bucket, limits.archives)
        if purpose is UNKNOWN or rules is UNKNOWN:
            yield NotYetKnown("the purpose tag" if purpose is UNKNOWN else "the lifecycle rules", bucket.urn)
        elif purpose is None:
            yield from _archiving_rules(bucket, rules)
    for tiering in of_type(resources, INTELLIGENT_TIERING):
        archive_tiers = [str(value) for path, value in leaves(tiering.at("tierings")) if path[-1:] == ("accessTier",)]
        if archive_tiers:
            yield Violation(
                f"turns on {', '.join(archive_tiers)}: objects there answer 403 until restored", tiering.urn
            )
    for release in of_type(resources, RELEASE):
        yield from _archived_uploads(release)


def _archiving_rules(bucket: Resource, rules: Sequence[RegisteredRule]) -> Iterator[Verdict]:
    for rule in rules:
        for move in rule.moves:
            if move.storage_class in ARCHIVED:
                yield Violation(
                    f"rule {rule.id} moves objects to {move.storage_class} at day {move.days}, where a GET answers 403 "
                    "InvalidObjectState until a restore of hours; queriers and compactors read this bucket. "
                    "Accepted: GLACIER_IR or INTELLIGENT_TIERING",
                    bucket.urn,
                )


def _archived_uploads(release: Resource) -> Iterator[Verdict]:
    for path, value in leaves(release.at("values"), ("values",)):
        if path[-1] in ("storage_class", "storageClass") and value in ARCHIVED:
            yield Violation(
                f"{show(path)} is {value}: every object would be unreadable as soon as it is written", release.urn
            )


QUERIED_DATA_READABLE = StackRule(
    id="queried-data-readable",
    subject=Subject.RETENTION,
    title="Nothing that a querier reads goes to GLACIER or DEEP_ARCHIVE",
    why="Frozen objects make queries, compaction and retention fail until each is restored by hand.",
    fix="Use GLACIER_IR, which answers in milliseconds, or leave the data in STANDARD.",
    types=(BUCKET, LIFECYCLE, INTELLIGENT_TIERING, RELEASE),
    limits=ReadableLimits,
    check=_archived_data,
    severity=Severity.CRITICAL,
)


class WorthLimits(Limits):
    """What the arithmetic rests on."""

    life_days: Mapping[str, int] = {}
    """By purpose: the age in days at which the application deletes; else the expiration in the lifecycle."""
    objects_per_gib: int = 200
    """Objects in a GiB of data: 200 objects of 5 MiB, as Loki, Tempo and Mimir write when they are not idle."""


def _unprofitable_transitions(resources: Sequence[Resource], limits: WorthLimits) -> Iterator[Verdict]:
    for bucket, rules in bucket_rules(resources):
        if rules is UNKNOWN:
            yield NotYetKnown("the lifecycle rules", bucket.urn)
            continue
        purpose = purpose_of(bucket, limits.life_days)
        moves = sorted((m for rule in rules for m in rule.moves if m.days is not None), key=lambda m: m.days or 0)
        ends = [rule.expiration_days for rule in rules if rule.expiration_days is not None]
        life = limits.life_days.get(str(purpose), min(ends, default=0))
        if life and moves and all(move.storage_class in TARGETS for move in moves):
            yield from _compared_with_standard(bucket, moves, life, limits.objects_per_gib)


def _compared_with_standard(
    bucket: Resource, moves: Sequence[RegisteredMove], life: int, objects_per_gib: int
) -> Iterator[Verdict]:
    with_moves, standard = life_cost(moves, life, objects_per_gib), life_cost((), life, objects_per_gib)
    if with_moves > standard:
        chain = ", ".join(f"{move.storage_class} at day {move.days}" for move in moves)
        yield Violation(
            f"{chain} costs {with_moves:.3f} USD a month for each GiB a day that lives {life} days, STANDARD alone "
            f"{standard:.3f} ({with_moves / standard:.1f} times as much): {_cause(moves, life)}",
            bucket.urn,
        )


def life_cost(moves: Sequence[RegisteredMove], life_days: int, objects_per_gib: int) -> float:
    """US dollars a month for one GiB written each day and never read: storage with minimums, PUT and moves."""
    from planning.prices.s3 import PRICES_WITHOUT_REGION, s3_prices_near
    from planning.tiers.lifetime_cost import Ages, Residency, chain_cost  # heavy, and needed only where there are moves

    flow = ObjectFlow(
        purpose=BucketPurpose.LOKI_CHUNKS,  # any: without reads the purpose changes nothing
        cohorts=(
            Cohort(name="data", gib_per_day=1, objects_per_day=objects_per_gib, put_requests_per_day=objects_per_gib),
        ),
    )
    stays = [Residency(ObjectClass.STANDARD, 0)]
    stays += [Residency(ObjectClass(move.storage_class), float(move.days or 0)) for move in moves]
    return chain_cost(flow, stays, Ages(0, 0, life_days), s3_prices_near(PRICES_WITHOUT_REGION)).total


def _cause(moves: Sequence[RegisteredMove], life: int) -> str:
    """The class whose minimum duration is missed most, or the price of the moves themselves."""
    ends = [*(move.days or 0 for move in moves[1:]), life]
    short = [
        (ObjectClass(move.storage_class), end - (move.days or 0))
        for move, end in zip(moves, ends, strict=True)
        if end - (move.days or 0) < ObjectClass(move.storage_class).rules.minimum_days
    ]
    if not short:
        return "the moves cost more than the cheaper storage saves"
    return "; ".join(
        f"{name} bills {name.rules.minimum_days} days and would be used for {used}" for name, used in short
    )


TRANSITIONS_PAY = StackRule(
    id="transitions-pay",
    subject=Subject.COST,
    title="Moves to colder classes are cheaper than STANDARD alone",
    why="IA is billed for at least 30 days and the Glacier classes for 90, so tiers that look cheaper cost several "
    "times as much for data that lives days.",
    fix="Remove the moves, or move later and for longer; `life_days` must be what the application really keeps.",
    types=(BUCKET, LIFECYCLE),
    limits=WorthLimits,
    check=_unprofitable_transitions,
    severity=Severity.MEDIUM,
)
