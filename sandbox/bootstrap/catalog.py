"""The tools, their pinned versions, and the three ways to have each."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Self

from sandbox.bootstrap import checksums
from telemetry.charts.lock import COLLECTOR_VERSION

PULUMI_VERSION = "3.274.1"
KUBERNETES_PROVIDER_VERSION = "4.25.0"
KUBERNETES_VERSION = "1.37.2"
HELM_VERSION = "3.22.0"
KWOK_VERSION = "0.8.0"
PROMETHEUS_VERSION = "3.16.0"
ALERTMANAGER_VERSION = "0.34.2"
ACTIONLINT_VERSION = "1.7.12"
# The newest that builds with the Go release that the other tools need.
KARPENTER_VERSION = "1.12.1"

KUBERNETES_LDFLAGS = (
    f"-X k8s.io/component-base/version.gitVersion=v{KUBERNETES_VERSION} "
    "-X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=37"
)


@dataclass(frozen=True)
class VersionRange:
    """Versions from `low` (included) to `high` (not included), compared by their first two numbers."""

    low: tuple[int, int]
    high: tuple[int, int]

    @classmethod
    def of_minor(cls, version: str) -> Self:
        """Versions that differ in their last number only."""
        major, minor = (int(part) for part in version.split(".")[:2])
        return cls((major, minor), (major, minor + 1))

    def holds(self, text: str) -> bool:
        """Whether the first version number in a tool's own words lies in the range."""
        match = re.search(r"v?(\d+)\.(\d+)\.\d+", text)
        return match is not None and self.low <= (int(match[1]), int(match[2])) < self.high


@dataclass(frozen=True)
class OnPath:
    """How to recognise a fit binary on PATH."""

    version_arguments: tuple[str, ...]
    fit: VersionRange
    # Where the binary has another name than the tool.
    binary: str | None = None


@dataclass(frozen=True)
class Release:
    """An official release archive or binary; {os} and {arch} are filled in. `checksums` lists or holds its SHA-256."""

    url: str
    checksums: str
    # Folder inside the archive that holds the binaries; None when the URL is the binary itself.
    archive_folder: str | None = None
    arch_names: dict[str, str] = field(default_factory=dict[str, str])
    # Neither is part of the cache's key, which is made of what is printed: a tool stays what it was.
    # By {os}-{arch} in Go's words, from elsewhere than the file's host; that wins over `checksums`.
    sha256: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    # Where the binary in the archive has another name than the tool.
    binary: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class GoBuild:
    """A `go build` from a module folder of ours under sandbox/tools whose go.sum pins everything."""

    folder: str
    package: str
    ldflags: str = ""
    minutes: float = 1


# The first `make` target that needs a tool; the later ones need it too.
Need = Literal["preview", "sandbox", "test"]


@dataclass(frozen=True)
class Tool:
    """One binary that a command starts; `purpose` says what for."""

    name: str
    version: str
    build: GoBuild
    release: Release | None = None
    # A release that was found after the tool had been built for long: it isn't part of the cache's key either.
    later_release: Release | None = None
    on_path: OnPath | None = None
    need: Need = "test"
    purpose: str = ""

    @property
    def released(self) -> Release | None:
        """The official release, if there is one."""
        return self.release or self.later_release


def _kubernetes_server(name: str, minutes: float, purpose: str) -> Tool:
    url = f"https://dl.k8s.io/v{KUBERNETES_VERSION}/bin/{{os}}/{{arch}}/{name}"
    return Tool(
        name=name,
        version=KUBERNETES_VERSION,
        on_path=OnPath(("--version",), VersionRange((1, 35), (1, 38))),
        release=Release(url=url, checksums=f"{url}.sha256"),
        build=GoBuild("kubernetes", f"k8s.io/kubernetes/cmd/{name}", KUBERNETES_LDFLAGS, minutes),
        need="sandbox",
        purpose=purpose,
    )


def _prometheus_binary(name: str, minutes: float, purpose: str) -> Tool:
    release = f"https://github.com/prometheus/prometheus/releases/download/v{PROMETHEUS_VERSION}"
    stem = f"prometheus-{PROMETHEUS_VERSION}.{{os}}-{{arch}}"
    return Tool(
        name=name,
        version=PROMETHEUS_VERSION,
        on_path=OnPath(("--version",), VersionRange((3, 5), (4, 0))),
        release=Release(url=f"{release}/{stem}.tar.gz", checksums=f"{release}/sha256sums.txt", archive_folder=stem),
        build=GoBuild(
            "prometheus",
            f"github.com/prometheus/prometheus/cmd/{name}",
            f"-X github.com/prometheus/common/version.Version={PROMETHEUS_VERSION}",
            minutes,
        ),
        purpose=purpose,
    )


_ALERTMANAGER_RELEASE = f"https://github.com/prometheus/alertmanager/releases/download/v{ALERTMANAGER_VERSION}"
_ALERTMANAGER_STEM = f"alertmanager-{ALERTMANAGER_VERSION}.{{os}}-{{arch}}"
_ACTIONLINT_RELEASE = f"https://github.com/rhysd/actionlint/releases/download/v{ACTIONLINT_VERSION}"
_COLLECTOR_RELEASE = (
    f"https://github.com/open-telemetry/opentelemetry-collector-releases/releases/download/v{COLLECTOR_VERSION}"
)
_PULUMI_RELEASE = f"https://get.pulumi.com/releases/sdk/pulumi-v{PULUMI_VERSION}"
_PROVIDER_RELEASE = (
    "https://github.com/pulumi/pulumi-kubernetes/releases/download/"
    f"v{KUBERNETES_PROVIDER_VERSION}/pulumi-kubernetes_{KUBERNETES_PROVIDER_VERSION}_checksums.txt"
)

TOOLS: tuple[Tool, ...] = (
    Tool(
        name="pulumi",
        version=PULUMI_VERSION,
        on_path=OnPath(("version",), VersionRange((3, 250), (4, 0))),
        release=Release(
            url=f"{_PULUMI_RELEASE}-{{os}}-{{arch}}.tar.gz",
            checksums=f"https://get.pulumi.com/releases/sdk/pulumi-{PULUMI_VERSION}-checksums.txt",
            archive_folder="pulumi",
            arch_names={"amd64": "x64"},
        ),
        build=GoBuild(
            "pulumi",
            "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
            f"-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v{PULUMI_VERSION}",
            5,
        ),
        need="preview",
        purpose="the engine that plans and deploys",
    ),
    Tool(
        name="pulumi-resource-kubernetes",
        version=KUBERNETES_PROVIDER_VERSION,
        release=Release(
            url="https://get.pulumi.com/releases/plugins/pulumi-resource-kubernetes-"
            f"v{KUBERNETES_PROVIDER_VERSION}-{{os}}-{{arch}}.tar.gz",
            checksums=_PROVIDER_RELEASE,
            archive_folder="",
            sha256=checksums.KUBERNETES_PROVIDER,
        ),
        build=GoBuild("kubernetes_provider", ".", "", 8),
        need="preview",
        purpose="the engine's Kubernetes provider",
    ),
    _kubernetes_server("kube-apiserver", 5, "the API of a simulated cluster"),
    _kubernetes_server("kube-controller-manager", 2, "makes pods in a simulated cluster"),
    _kubernetes_server("kube-scheduler", 1, "places pods in a simulated cluster"),
    Tool(
        name="kwok",
        version=KWOK_VERSION,
        on_path=OnPath(("--version",), VersionRange((0, 7), (0, 10))),
        release=Release(
            url=f"https://github.com/kubernetes-sigs/kwok/releases/download/v{KWOK_VERSION}/kwok-{{os}}-{{arch}}",
            checksums=f"https://github.com/kubernetes-sigs/kwok/releases/download/v{KWOK_VERSION}/checksums.txt",
            sha256=checksums.KWOK,
        ),
        build=GoBuild(
            "kwok", "sigs.k8s.io/kwok/cmd/kwok", f"-X sigs.k8s.io/kwok/pkg/consts.Version=v{KWOK_VERSION}", 1
        ),
        need="sandbox",
        purpose="nodes of a simulated cluster",
    ),
    Tool(
        name="helm",
        version=HELM_VERSION,
        on_path=OnPath(("version", "--short"), VersionRange((3, 16), (4, 0))),
        release=Release(
            url=f"https://get.helm.sh/helm-v{HELM_VERSION}-{{os}}-{{arch}}.tar.gz",
            checksums=f"https://get.helm.sh/helm-v{HELM_VERSION}-{{os}}-{{arch}}.tar.gz.sha256sum",
            archive_folder="{os}-{arch}",
            sha256=checksums.HELM,
        ),
        build=GoBuild("helm", "helm.sh/helm/v3/cmd/helm", "", 2),
        need="sandbox",
        purpose="pulls and renders charts",
    ),
    Tool(
        name="otelcol",
        version=COLLECTOR_VERSION,
        on_path=OnPath(("--version",), VersionRange.of_minor(COLLECTOR_VERSION), binary="otelcol-contrib"),
        later_release=Release(
            url=f"{_COLLECTOR_RELEASE}/otelcol-contrib_{COLLECTOR_VERSION}_{{os}}_{{arch}}.tar.gz",
            checksums=f"{_COLLECTOR_RELEASE}/opentelemetry-collector-releases_otelcol-contrib_checksums.txt",
            archive_folder="",
            sha256=checksums.COLLECTOR,
            binary="otelcol-contrib",
        ),
        build=GoBuild("collector", ".", "", 7),
        purpose="runs the collectors' configurations",
    ),
    _prometheus_binary("promtool", 5, "tests rules and alerts"),
    _prometheus_binary("prometheus", 1, "runs dashboards' queries"),
    Tool(
        name="amtool",
        version=ALERTMANAGER_VERSION,
        on_path=OnPath(("--version",), VersionRange((0, 27), (1, 0))),
        release=Release(
            url=f"{_ALERTMANAGER_RELEASE}/{_ALERTMANAGER_STEM}.tar.gz",
            checksums=f"{_ALERTMANAGER_RELEASE}/sha256sums.txt",
            archive_folder=_ALERTMANAGER_STEM,
        ),
        build=GoBuild(
            "alertmanager",
            "github.com/prometheus/alertmanager/cmd/amtool",
            f"-X github.com/prometheus/common/version.Version={ALERTMANAGER_VERSION}",
            1,
        ),
        purpose="tests the routes of alerts",
    ),
    Tool(
        name="actionlint",
        version=ACTIONLINT_VERSION,
        on_path=OnPath(("-version",), VersionRange((1, 7), (2, 0))),
        release=Release(
            url=f"{_ACTIONLINT_RELEASE}/actionlint_{ACTIONLINT_VERSION}_{{os}}_{{arch}}.tar.gz",
            checksums=f"{_ACTIONLINT_RELEASE}/actionlint_{ACTIONLINT_VERSION}_checksums.txt",
            archive_folder="",
            sha256=checksums.ACTIONLINT,
        ),
        build=GoBuild("actionlint", "github.com/rhysd/actionlint/cmd/actionlint", "", 1),
        purpose="checks the workflows",
    ),
)

# Karpenter's own controllers with its simulated cloud. Not among TOOLS: a sandbox doesn't need it, one test does.
KARPENTER = Tool(
    name="karpenter",
    version=KARPENTER_VERSION,
    build=GoBuild("karpenter", "sigs.k8s.io/karpenter/kwok", "", 3),
    purpose="judges node pools",
)

# A plan makes no cluster, so it needs no servers; the AWS providers are this repository's own Python.
PREVIEW_TOOLS = tuple(tool for tool in TOOLS if tool.need == "preview")
# What a simulated cluster needs, and no test program.
SANDBOX_TOOLS = tuple(tool for tool in TOOLS if tool.need != "test")
