"""The policy pack's configuration of each stack, from its settings (`python -m settings.document.policy_config`).

A stack's settings say what it should be, its policy configuration what was agreed: both change in one review, and a
preview of changed settings under the old configuration says what would break the agreement. Exceptions are written by
hand into the files and kept.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from planning.aws.addons import DEFAULT, AddonName
from planning.backends import MIMIR, backends_of
from planning.buckets import BucketPurpose
from planning.budget import TotalBudget
from planning.errors import exit_code_of
from planning.instances import instance_shape
from planning.tiers.compiler import NONCURRENT_VERSION_DAYS, SAFETY_NET_DAYS
from settings.document.generated import write_or_check
from settings.document.messages import SettingsError
from settings.document.stack_files import owner_settings, stack_settings
from settings.models.cluster import EksCluster
from settings.models.environment import Environment
from settings.models.platform import PlatformSettings
from settings.project import project_root, stack_names
from settings.rules.cost_inputs import cost_inputs
from settings.rules.sizing import karpenter_pods, node_groups

CONFIG_FOLDER = Path("policies", "config")
EXCEPTIONS = "exceptions"

Config = dict[str, Any]

# Rules whose violations are only ever shown, whatever the stack's level.
ALWAYS_ADVISORY = ("cost-delta", "costs-known", "steady-load-sustained", "exceptions-in-use")
# What people write into the files by hand, by rule; exceptions they write under any.
WRITTEN = {"cost-delta": "baseline_usd_per_month", "steady-load-sustained": "max_percent_of_baseline"}


def policy_config(
    settings: PlatformSettings, owner: PlatformSettings | None, written: Mapping[str, Any] | None = None
) -> Config:
    """The whole configuration of one stack, with what people wrote into the file that was `written` before.

    `owner` are the settings of the stack that owns a tenant stack's cluster.
    """
    level = "advisory" if settings.environment is Environment.DEV else "mandatory"
    config: Config = {"all": level}
    config |= {rule: {"enforcementLevel": "advisory"} for rule in ALWAYS_ADVISORY}
    for rule, limits in (_cost(settings, owner) | _retention(settings) | _security(settings)).items():
        config[rule] = config.get(rule, {}) | limits
    for rule, known in (written or {}).items():
        if isinstance(known, dict):  # a level alone has nothing to keep
            by_hand = _by_hand(rule, cast(Config, known))
            config |= {rule: config.get(rule, {}) | by_hand} if by_hand else {}
    return config


def _by_hand(rule: str, known: Mapping[str, Any]) -> Config:
    return {key: known[key] for key in (WRITTEN.get(rule, EXCEPTIONS), EXCEPTIONS) if key in known}


def _cost(settings: PlatformSettings, owner: PlatformSettings | None) -> Config:
    groups = node_groups(settings)
    cluster = settings.cluster
    pool = (
        cluster.node_pool.types(settings.architecture)
        if isinstance(cluster, EksCluster) and karpenter_pods(settings)
        else ()
    )
    types = sorted({*pool, *(name for group in groups for name in group.instance_types)})
    volumes = [size.volume_gib for _, size in settings.sizes.workloads() if size.volume_gib]
    pricing = _pricing(settings, owner)
    return {
        "budget": settings.budget.model_dump(include=set(TotalBudget.model_fields)) | pricing,
        "cost-delta": pricing,
        "costs-known": {"region": settings.region},
        "steady-load-sustained": pricing,
        "nodes-limited": {"max_nodes": sum(group.max_nodes for group in groups)},
        "instances-limited": {
            "families": sorted({name.partition(".")[0] for name in types}),
            "max_size": max(types, key=_vcpus).partition(".")[2] if types else "medium",
        },
        "nat-limited": {"max_nat_gateways": settings.network.nat_gateways if settings.network else 0},
        "volumes-limited": {
            "max_root_gib": max((group.root_volume_gib for group in groups), default=0),
            "max_data_gib": max(volumes, default=0),
        },
        "autoscaling-bounded": {
            "max_replicas": max(max(2 * size.replicas, size.most_replicas) for _, size in settings.sizes.workloads()),
        },
        "transitions-pay": {"life_days": _application_days(settings)},
    }


def _pricing(settings: PlatformSettings, owner: PlatformSettings | None) -> Config:
    inputs = cost_inputs(settings, owner)
    known = {} if inputs.sharing.owner_nodes is None else {"owner_nodes": inputs.sharing.owner_nodes}
    return {"region": settings.region, "load": inputs.load.model_dump(mode="json", exclude_none=True)} | known


def _retention(settings: PlatformSettings) -> Config:
    retention = settings.retention
    kept = backends_of(retention)
    prefixes = {backend.data.purpose.value: backend.data.prefix for backend in kept}
    lives = {
        purpose: {"prefix": prefixes[purpose], "application_days": days, "max_days": days + SAFETY_NET_DAYS}
        for purpose, days in _application_days(settings).items()
    }
    rewritten = [grant.purpose.value for backend in kept for grant in backend.other_grants]
    archive = BucketPurpose.AUDIT_ARCHIVE.value
    return {
        "buckets-expire": {
            "purposes": lives | {archive: {"max_days": settings.audit.delete_days}},
            "kept": rewritten,
        },
        "versions-expire": {"max_noncurrent_days": NONCURRENT_VERSION_DAYS},
        "indexes-untouched": {
            "prefixes": {purpose: [prefix] for purpose, prefix in prefixes.items()}
            | {purpose: list[str]() for purpose in rewritten},
            "min_moved_bytes": {MIMIR.data.purpose.value: MIMIR.data.cold_min_bytes},
        },
        "queried-data-readable": {"archives": [archive]},
        "applications-retain": {f"{signal}_days": retention.of(signal).delete_days for signal in retention.signals},
        "logs-bounded": {
            "max_days": max(
                settings.cluster.log_retention_days if isinstance(settings.cluster, EksCluster) else 30,
                (settings.network and settings.network.flow_log_days) or 0,
            )
        },
    }


def _security(settings: PlatformSettings) -> Config:
    cluster = settings.cluster
    return {
        "data-protected": {"required": settings.environment is Environment.PROD},
        "control-plane-audited": {"required_logs": ["audit"] if settings.environment is Environment.PROD else []},
        "cluster-endpoint-limited": {
            "allowed_cidrs": [str(c) for c in cluster.public_access_cidrs] if isinstance(cluster, EksCluster) else []
        },
        "addons-pinned": {
            "default_of_version": sorted(
                name
                for name in AddonName
                if isinstance(cluster, EksCluster)
                and cluster.addon_versions.choice(name, cluster.kubernetes_version) == DEFAULT
            )
        },
    }


def _application_days(settings: PlatformSettings) -> dict[str, int]:
    retention = settings.retention
    return {one.data.purpose.value: retention.of(one.signal).delete_days for one in backends_of(retention)}


def _vcpus(instance_type: str) -> tuple[int, int]:
    """Sizes in their order; the memory tells medium from large where both have two cores."""
    shape = instance_shape(instance_type)
    return (shape.vcpus, shape.memory_gib) if shape else (0, 0)


def config_files(project: Path | None = None) -> dict[Path, str]:
    """The text of every stack's file, of the project found where none is given.

    Raises `SettingsError`, `StackFileError`, `ProjectError` for what is wrong.
    """
    project = project or project_root()
    return dict(config_file(stack_settings(stack, project), stack, project) for stack in stack_names(project))


def config_file(settings: PlatformSettings, stack: str, project: Path) -> tuple[Path, str]:
    """Where one stack's file is, and its text. Raises `SettingsError` for a file that is there and no JSON."""
    path = project / CONFIG_FOLDER / f"{stack}.json"
    config = policy_config(settings, owner_settings(settings, project), _written(path, stack))
    return path, json.dumps(config, indent=2, ensure_ascii=False) + "\n"


def _written(path: Path, stack: str) -> Mapping[str, Any]:
    if not path.exists():
        return {}
    try:
        document: Any = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise SettingsError(stack, [f"policies/config/{path.name} is not JSON: {error}"]) from None
    return document if isinstance(document, dict) else {}  # pyright: ignore[reportUnknownVariableType]


def main(arguments: Sequence[str]) -> int:
    """The command line. Returns its exit status."""
    return exit_code_of(lambda: write_or_check("settings.document.policy_config", config_files(), arguments))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
