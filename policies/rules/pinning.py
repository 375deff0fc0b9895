"""What is installed is fixed: chart versions, image tags, and what the installed may do in Kubernetes."""

import re
from collections.abc import Callable, Iterator

from planning.aws.addons import ADDON_VERSION
from planning.aws.types import ADDON, CLUSTER_ROLE, KUBERNETES_ROLE, RELEASE, WORKLOADS
from planning.registered import UNKNOWN, Property, Resource, is_list, is_table, tables, value_at
from policies.facts import leaves, show
from policies.limits import Limits
from policies.rule import NotYetKnown, ResourceRule, Severity, Subject, Verdict, Violation

CHART = "kubernetes:helm.sh/v*:Chart"
ROLES = (CLUSTER_ROLE, KUBERNETES_ROLE)

_EXACT_VERSION = re.compile(r"v?\d+\.\d+\.\d+([-+][0-9A-Za-z.+-]+)?")
_LOCAL_CHART = re.compile(r"^(/|\.{1,2}/)|\.tgz$|^[^:]*/")
# Tags that registries move to another image whenever there is one.
MOVING_TAGS = ("latest", "main", "master", "edge", "nightly", "dev", "devel", "stable", "canary", "rolling")


def _floating_charts(release: Resource, _limits: Limits) -> Iterator[Verdict]:
    chart, version = release.at("chart"), release.at("version")
    if chart is UNKNOWN or version is UNKNOWN:
        yield NotYetKnown("chart" if chart is UNKNOWN else "version")
    elif version is None and _LOCAL_CHART.search(str(chart)):
        return  # a folder or an archive holds one version
    elif not isinstance(version, str) or not _EXACT_VERSION.fullmatch(version):
        yield Violation(
            f"version is {version or 'absent'}: another chart tomorrow; accepted: one exact version, such as 18.11.0"
        )


CHARTS_PINNED = ResourceRule(
    id="charts-pinned",
    subject=Subject.SECURITY,
    title="Every Helm release names one exact chart version",
    why="The values are written for one version; a range installs what nobody tested.",
    fix="Take the version from the chart lock table.",
    types=(RELEASE, CHART),
    limits=Limits,
    check=_floating_charts,
    severity=Severity.MEDIUM,
)


def _moving_images(resource: Resource, _limits: Limits) -> Iterator[Verdict]:
    root = "values" if resource.type == RELEASE else "spec"
    if resource.at(root) is UNKNOWN:
        yield NotYetKnown(root)
    for path, value in leaves(resource.at(root), (root,)):
        if is_table(value) and "repository" in value:
            yield from _moving_table(path, value)
        elif path[-1] == "image" and isinstance(value, str):
            yield from _moving_reference(path, value)


def _moving_table(path: tuple[str, ...], image: Property) -> Iterator[Verdict]:
    """The charts' form; an empty tag is the chart's own, which is fixed with the chart."""
    tag = value_at(image, "tag")
    if value_at(image, "digest") or value_at(image, "sha"):
        return
    if tag is UNKNOWN:
        yield NotYetKnown(show((*path, "tag")))
    elif str(tag or "").lower() in MOVING_TAGS:
        yield Violation(f'{show((*path, "tag"))} is "{tag}", which moves; accepted: a version or a digest')


def _moving_reference(path: tuple[str, ...], image: str) -> Iterator[Verdict]:
    if "@sha256:" in image or not image:
        return
    name, _, tag = image.rpartition("/")[2].partition(":")
    if not tag:
        yield Violation(f"{show(path)} is {image}, which means {name}:latest; accepted: a version or a digest")
    elif tag.lower() in MOVING_TAGS:
        yield Violation(f"{show(path)} is {image}, whose tag moves; accepted: a version or a digest")


IMAGES_PINNED = ResourceRule(
    id="images-pinned",
    subject=Subject.SECURITY,
    title="Images are named by a version or a digest",
    why="With a moving tag two pods of one workload run different programs, and a roll-back rolls nothing back.",
    fix="Give the image a version tag or a digest.",
    types=(RELEASE, *WORKLOADS),
    limits=Limits,
    check=_moving_images,
    severity=Severity.MEDIUM,
)


class AddonLimits(Limits):
    """Which add-ons may be what EKS takes."""

    default_of_version: tuple[str, ...] = ()
    """Add-ons whose version is knowingly left to EKS."""


def _floating_addons(addon: Resource, limits: AddonLimits) -> Iterator[Verdict]:
    name, version = addon.at("addonName"), addon.at("addonVersion")
    if name is UNKNOWN or version is UNKNOWN:
        yield NotYetKnown("addonName" if name is UNKNOWN else "addonVersion")
    elif version is None and name not in limits.default_of_version:
        yield Violation(
            "addonVersion is absent: EKS takes its default of the day; accepted: an exact version, or the add-on's "
            "name in default_of_version"
        )
    elif version is not None and not re.fullmatch(ADDON_VERSION, str(version)):
        yield Violation(f"addonVersion is {version}; accepted: an exact version, such as v1.23.1-eksbuild.1")


ADDONS_PINNED = ResourceRule(
    id="addons-pinned",
    subject=Subject.SECURITY,
    title="EKS add-ons have an exact version, or are knowingly left to EKS",
    why="EKS changes an add-on's default version at any time: two clusters made a week apart are not the same.",
    fix="Run lgtm addons pin, or set cluster.addon_versions.",
    types=(ADDON,),
    limits=AddonLimits,
    check=_floating_addons,
    severity=Severity.MEDIUM,
)


def _granted(resource: Resource) -> Iterator[tuple[str, Property] | NotYetKnown]:
    """Every rule of a role, or of the roles that a chart's values hold, with where it stands."""
    if resource.type == RELEASE:
        for path, value in leaves(resource.at("values"), ("values",)):
            if is_table(value) and "verbs" in value:
                yield show(path), value
        return
    if resource.at("rules") is UNKNOWN:
        yield NotYetKnown("rules")
    for index, rule in tables(resource.at("rules")):
        yield f"rules[{index}]", rule


def _each_rule(problem: Callable[[Property], str | None]) -> Callable[[Resource, Limits], Iterator[Verdict]]:
    """A check that judges every rule of a role by itself."""

    def check(resource: Resource, _limits: Limits) -> Iterator[Verdict]:
        for granted in _granted(resource):
            if isinstance(granted, NotYetKnown):
                yield granted
            elif found := problem(granted[1]):
                yield Violation(f"{granted[0]}: {found}")

    return check


def _broad(rule: Property) -> str | None:
    wild = [key for key in ("verbs", "resources", "apiGroups") if _is_wild(value_at(rule, key))]
    return f'{", ".join(wild)} hold "*"; name what the workload reads' if wild else None


def _reads_any_secret(rule: Property) -> str | None:
    resources = value_at(rule, "resources")
    if is_list(resources) and "secrets" in resources and not value_at(rule, "resourceNames"):
        return "secrets without resourceNames, which is all of them; name those that are read"
    return None


def _is_wild(value: Property) -> bool:
    return is_list(value) and "*" in value


KUBERNETES_ROLES_NAMED = ResourceRule(
    id="kubernetes-roles-named",
    subject=Subject.SECURITY,
    title="Kubernetes roles name their verbs and resources",
    why='A role with "*" reads every secret of its scope.',
    fix="List verbs, resources and API groups.",
    types=(RELEASE, *ROLES),
    limits=Limits,
    check=_each_rule(_broad),
)

KUBERNETES_SECRETS_NAMED = ResourceRule(
    id="kubernetes-secrets-named",
    subject=Subject.SECURITY,
    title="Kubernetes roles reach Secrets by name only",
    why="Keys of certificates, alert receivers and passwords stand in one namespace; a role for one reads them all.",
    fix="Name the Secrets in resourceNames, or leave secrets out and mount what the pod needs.",
    types=(RELEASE, *ROLES),
    limits=Limits,
    check=_each_rule(_reads_any_secret),
)
