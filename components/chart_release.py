"""One Helm release of a locked chart, with the options that keep it quiet and recoverable."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_kubernetes.helm.v3 import Release, RepositoryOptsArgs

from settings.models.charts import ChartSettings
from telemetry.charts.images import with_digests
from telemetry.charts.lock import ChartMirrorError, ChartName, ClusterChart, chart_source
from telemetry.charts.values import ChartValues

# Kept by Helm as Secrets in the namespace; one to go back to and a few to look at.
MAX_HISTORY = 5

Values = Mapping[str, Any]


@dataclass(frozen=True)
class ChartReleaseArgs:
    """Inputs of `chart_release`."""

    chart: ChartName | ClusterChart
    charts: ChartSettings
    namespace: str
    values: pulumi.Input[Values]


def chart_release(release_name: str, args: ChartReleaseArgs, opts: pulumi.ResourceOptions) -> Release:
    """Installs or upgrades a release. Raises `pulumi.RunError` when a mirror can't serve the chart."""
    try:
        source = chart_source(args.chart, args.charts.mirror)
    except ChartMirrorError as error:
        raise pulumi.RunError(f"lgtm:platform.{error}") from None
    return Release(
        release_name,
        name=release_name,
        chart=source.chart,
        version=source.version,
        repository_opts=RepositoryOptsArgs(repo=source.repository) if source.repository else None,
        namespace=args.namespace,
        create_namespace=False,
        values=_with_digests(args),
        # A failed install is removed and a failed upgrade rolled back, so that the next try meets no half-made release.
        atomic=True,
        cleanup_on_fail=True,
        timeout=args.charts.timeout_seconds,
        max_history=MAX_HISTORY,
        # Those of the platform's charts aren't needed and would clash between stacks; Karpenter's are a chart.
        skip_crds=True,
        # The default is ~/.gnupg, which differs between machines and would be a change in every plan.
        keyring="",
        # Its name is fixed, and Helm refuses a second release of one name.
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(delete_before_replace=True)),
    )


def _with_digests(args: ChartReleaseArgs) -> pulumi.Input[Values]:
    def fixed(values: Values) -> Values:
        return with_digests(args.chart, values, args.charts)

    return fixed(args.values) if isinstance(args.values, dict) else pulumi.Output.from_input(args.values).apply(fixed)


def built_values(
    build: Callable[[str], ChartValues], storage_class: pulumi.Input[str]
) -> pulumi.Output[dict[str, Any]] | dict[str, Any]:
    """Values as plain data, so that a preview shows them; an output only where the StorageClass is one.

    A size that the values can't hold becomes a `pulumi.RunError` with the builder's message.
    """

    def plain(name: str) -> dict[str, Any]:
        try:
            return build(name).to_values()
        except ValueError as error:
            raise pulumi.RunError(f"lgtm:platform.{error}") from None

    if isinstance(storage_class, str):
        return plain(storage_class)
    return pulumi.Output.from_input(storage_class).apply(plain)
