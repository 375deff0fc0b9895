"""`recover`: what a lost run of `pulumi` left behind, shown, and with --apply freed, so that `up` or `destroy` goes on.

Nothing that holds data is deleted: not a volume claim, not a bucket, nothing in AWS. What is removed are a dead run's
lock, marks of begun operations, and Helm's records of releases that never became whole; the state before is kept in a
file. Each step may be repeated, so a recovery that is itself lost is begun again.
Source: Pulumi documentation, "pulumi cancel", "pulumi import", "pulumi refresh", "pulumi state taint" (2026).
"""

import json
import sys
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from ops.backends.kubernetes import Kubernetes
from ops.backends.pulumi import Deployment, deployment, states_url
from ops.backends.tools import run_tool
from ops.confirmation import confirmed
from ops.errors import CommandError
from ops.progress import at_work
from ops.recovery.aws_lookup import AwsLookup
from ops.recovery.cluster import cluster_of
from ops.recovery.locks import Lock, locks, refuse_alive
from ops.recovery.pending import CREATING, DELETING, PendingOperation, pending_operations
from ops.recovery.releases import Cure, HangingRelease, hanging_releases
from ops.report.model import Document, Text, Tone, document, table
from ops.report.output import Answer, show_answer
from ops.stacks import settings_of
from planning.aws.types import KUBERNETES_PROVIDER, NAMESPACE, RELEASE, STACK
from planning.base import Frozen
from settings.models.platform import PlatformSettings
from settings.project import project_root
from telemetry.kubernetes.endpoints import Endpoints

STEP_TIMEOUT_SECONDS = 1800
FREE, HANGING = 0, 1


class _Stack(NamedTuple):
    state: Deployment
    kubernetes: Kubernetes | None
    aws: AwsLookup | None


class Hanging(Frozen):
    """What stands in the way of a stack's next update, and where."""

    stack: str
    states: str
    """Where states are kept."""
    account: str
    """AWS account and region; empty without AWS."""
    cluster: str
    """The API server; empty where the state has no cluster."""
    locks: tuple[Lock, ...]
    operations: tuple[PendingOperation, ...]
    releases: tuple[HangingRelease, ...]

    @property
    def anything(self) -> bool:
        """Whether there is something to free."""
        return bool(self.locks or self.operations or self.releases)

    @property
    def left_over(self) -> bool:
        """Whether a person must look at something."""
        return any(one.unclear or one.beside for one in self.operations) or any(
            one.cure is Cure.NONE for one in self.releases
        )

    def document(self) -> Document:
        """As a table with a verdict."""
        rows = [
            *((f"lock of {one.holder}", f"since {one.since}; {one.life}", "taken away") for one in self.locks),
            *((f"{one.operation} {one.name}", one.found, one.cure) for one in self.operations),
            *((f"release {one.name}", f"{one.status}: {one.reason}", _WORDS[one.cure]) for one in self.releases),
        ]
        where = [f"state in {self.states}", self.account, self.cluster and f"cluster {self.cluster}"]
        if not rows:
            return document(
                f"Nothing hangs in {self.stack}",
                Text(words="; ".join(filter(None, where)), tone=Tone.GOOD),
            )
        return document(
            f"What hangs in {self.stack}",
            Text(words="; ".join(filter(None, where))),
            table(("what", "seen", "to free it"), rows),
            Text(words=f"no volume, bucket or object is deleted; then: pulumi up --stack {self.stack}, or destroy"),
        )


_WORDS = {
    Cure.FORGET: "Helm's record is deleted, its objects and claims stay; up goes over them",
    Cure.ADOPT: "imported into the state",
    Cure.REPLACE: "marked: up ends the removal and installs it again; destroy goes on",
    Cure.NONE: "nothing: look yourself",
}


def recover(
    stack: str, *, apply: bool, lost: tuple[str, ...] = (), yes: bool = False, as_json: bool = False,
    project: Path | None = None,
) -> int:  # fmt: skip
    """Shows what hangs; with `apply` frees it. Exit code 0 when nothing hangs any more, else 1.

    Raises `LiveError` where the stack can't be looked at or an update of it may be at work.
    """
    project = project or project_root()
    settings = settings_of(stack, project)
    states = states_url(project)
    held = locks(stack, states, project, settings.region)
    if apply:
        refuse_alive(held, lost)
    with _looked_at(stack, settings, project, states, held) as (found, reached):
        if not apply or not found.anything:
            show_answer(Answer(found, found.document), as_json=as_json)
            if found.anything and not as_json:
                print("\nnothing was changed: --apply frees it")
            return HANGING if found.anything else FREE
        if not as_json:
            show_answer(Answer(found, found.document), as_json=False)
        if not yes and not confirmed(f"free {stack} ({found.states})?"):
            print("nothing was changed (--yes doesn't ask)", file=sys.stderr)
            return HANGING
        kept = _Cures(found, reached, project).all()
        told = document("", Text(words=f"freed; the state before is in {kept}"))
        return show_answer(Answer(found, lambda: told, HANGING if found.left_over else FREE), as_json=as_json)


@contextmanager
def _looked_at(
    stack: str, settings: PlatformSettings, project: Path, states: str, held: tuple[Lock, ...]
) -> Generator[tuple[Hanging, "_Stack"]]:
    """What hangs, and the ways to what it hangs in."""
    state = deployment(stack, project, show_secrets=True)
    aws = AwsLookup(settings.region) if settings.on_aws else None
    account = _account(aws, state) if aws else ""
    with cluster_of(state) as cluster:
        kubernetes, server = cluster or (None, "")
        namespaces = _own_namespaces(settings, state)
        releases = hanging_releases(kubernetes, state, namespaces) if kubernetes else ()
        operations = tuple(pending_operations(state, aws))
        yield (
            Hanging(
                stack=stack,
                states=states,
                account=account,
                cluster=server,
                locks=held,
                operations=tuple(one for one in operations if not (one.type == RELEASE and one.operation == CREATING)),
                releases=releases,
            ),
            _Stack(state, kubernetes, aws),
        )


def _account(aws: AwsLookup, state: Deployment) -> str:
    """The account that would be changed. Raises `CommandError` when the state's resources are in another."""
    account = aws.account
    arns = (str(one.outputs.get("arn", "")).split(":") for one in state.resources if one.type.startswith("aws:"))
    others = {parts[4] for parts in arns if len(parts) > 4 and parts[4].isdecimal()} - {account}
    if others:
        raise CommandError(f"these credentials are of account {account}, the stack is in {', '.join(sorted(others))}")
    return f"AWS account {account} in {aws.region}"


def _own_namespaces(settings: PlatformSettings, state: Deployment) -> tuple[str, ...]:
    """The stack's namespaces, as far as its state says that it made them: in others nothing is touched."""
    endpoints = Endpoints.of(settings)
    made = (*state.resources, *(one.resource for one in state.pending_operations))
    metadata = [one.inputs.get("metadata") for one in made if one.type == NAMESPACE]
    names = [one.get("name") for one in metadata if isinstance(one, dict)]
    return tuple(one for one in (endpoints.namespace, endpoints.agent_namespace) if one in names)


class _Cures:
    """Frees what hangs, in the order in which it may be interrupted."""

    def __init__(self, found: Hanging, stack: "_Stack", project: Path) -> None:
        self._found, self._project = found, project
        self._kubernetes, self._state, self._aws = stack.kubernetes, stack.state, stack.aws

    def all(self) -> Path:
        """Every step; returns where the state before is."""
        if self._found.locks:
            self._pulumi("cancel", "--yes")
        kept = self._keep_state()
        self._cure_releases()
        self._import()
        self._refresh()
        return kept

    def _keep_state(self) -> Path:
        """For this user only: a state names everything that the account has. Its secrets stay encrypted."""
        moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        path = self._project / "build" / f"recover-{self._found.stack}-{moment}.json"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
            path.write_text(self._pulumi("stack", "export"), encoding="utf-8")
        except OSError as error:
            raise CommandError(f"{path} can't be written: {error.strerror}") from None
        return path

    def _cure_releases(self) -> None:
        for release in self._found.releases:
            if self._kubernetes is None or release.cure is Cure.NONE:
                continue
            for secret in release.secrets:
                self._kubernetes.delete(release.namespace, f"secret/{secret}")
            if release.cure is Cure.REPLACE:
                self._pulumi("state", "taint", release.urn, "--yes")

    def _import(self) -> None:
        """What is there: first, because with the marks gone nothing would tell of it."""
        entries = [*self._imports()]
        if not entries:
            return
        names = {urn: f"n{number}" for number, urn in enumerate(sorted({u for one in entries for u in one[3:]}))}
        resources = [
            {
                "type": kind, "name": f"r{number}", "logicalName": urn.rpartition("::")[2], "id": resource_id,
                "parent": names[parent], "provider": names[provider],
            }
            for number, (kind, urn, resource_id, parent, provider) in enumerate(entries)
        ]  # fmt: skip
        with tempfile.TemporaryDirectory(prefix="lgtm-recover-") as folder:
            path = Path(folder) / "import.json"
            path.write_text(
                json.dumps({"nameTable": {name: urn for urn, name in names.items()}, "resources": resources}),
                encoding="utf-8",
            )
            options = ("--yes", "--skip-preview", "--generate-code=false", "--protect=false")
            self._pulumi("import", "--file", str(path), *options)

    def _imports(self) -> Iterator[tuple[str, str, str, str, str]]:
        """Type, URN, id, and the URNs of parent and provider."""
        begun = {one.resource.urn: one.resource for one in self._state.pending_operations}
        for operation in self._found.operations:
            if operation.import_id is not None:
                resource = begun[operation.urn]
                provider = resource.provider.rpartition("::")[0]
                if self._aws:
                    self._aws.wait(resource.type, resource.inputs, until="active")
                yield operation.type, operation.urn, operation.import_id, resource.parent, provider
        kubernetes = next((one.urn for one in self._state.resources if one.type == KUBERNETES_PROVIDER), "")
        for release in self._found.releases:
            if release.cure is Cure.ADOPT:
                resource_id = f"{release.namespace}/{release.name}"
                yield RELEASE, f"::{release.name}", resource_id, release.component, kubernetes

    def _refresh(self) -> None:
        """Looks again at what was being changed, and takes the marks away. Waits for what is still going."""
        begun = {one.resource.urn: one.resource for one in self._state.pending_operations}
        targets = {one.urn for one in self._found.operations if one.operation != CREATING}
        for urn in (one.urn for one in self._found.operations if one.operation == DELETING):
            if self._aws:
                self._aws.wait(begun[urn].type, begun[urn].inputs, until="deleted")
            if begun[urn].type == NAMESPACE and self._kubernetes:
                self._kubernetes.wait_until_gone(f"namespace/{begun[urn].id}")
        targets |= {one.urn for one in self._found.releases if one.urn and one.cure is Cure.FORGET}
        known = {one.urn for one in self._state.resources}
        root = {one.urn for one in self._state.resources if one.type == STACK}
        clear = [] if any(one.unclear for one in self._found.operations) else ["--clear-pending-creates"]
        chosen = [part for urn in sorted(targets & known or root) for part in ("--target", urn)]
        self._pulumi("refresh", "--yes", "--skip-preview", *clear, *chosen)

    def _pulumi(self, *arguments: str) -> str:
        what = next((one for one in arguments if not one.startswith("-")), "")
        at_work("recover", f"pulumi {what}")
        options = ("--stack", self._found.stack, "--non-interactive")
        return run_tool("pulumi", [*arguments, *options], directory=self._project, timeout_seconds=STEP_TIMEOUT_SECONDS)
