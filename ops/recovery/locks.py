"""Who holds a stack: the locks that Pulumi keeps beside its states, and whether who made one is still at work.

A lock is a file `.pulumi/locks/organization/<project>/<stack>/<id>.json` with the user, host and process id of who made
it; it isn't renewed, so nothing in it tells a lost run on another host from one that is at work. Pulumi Cloud says only
that an update is in progress, and ends it when its lease isn't renewed.
Source: pulumi/pulumi, pkg/backend/diy/lock.go (3.274).
"""

import os
import socket
import subprocess
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from ops.backends.aws import asking, client
from ops.backends.errors import LiveError, Problem
from ops.backends.foreign import Foreign, parsed
from ops.backends.pulumi import stacks
from ops.errors import CommandError
from ops.recovery.importing import project_name
from planning.base import Frozen

PULUMI_CLOUD = "Pulumi Cloud"
_FOLDER = ".pulumi/locks/organization/{project}/{stack}/"


class Life(StrEnum):
    """Whether who made a lock is still at work."""

    ALIVE = "at work"
    DEAD = "ended"
    UNKNOWN = "on another machine"


class Lock(Frozen):
    """One hold on a stack."""

    holder: str
    """user@host."""
    since: str
    """When it was made; empty where the back end of states doesn't tell."""
    life: Life


class _Content(Foreign):
    pid: int
    username: str
    hostname: str
    timestamp: datetime


def locks(stack: str, url: str, project: Path, region: str) -> tuple[Lock, ...]:
    """The stack's locks, where states are kept at `url`.

    Raises `LiveError`, and `CommandError` where that is a place without a way in.
    """
    parts = urlsplit(url)
    folder = _FOLDER.format(project=project_name(project), stack=stack)
    match parts.scheme:
        case "file":
            return tuple(map(_lock, _of_files(Path(parts.path) / folder)))
        case "s3":
            key = "/".join(filter(None, (parts.path.strip("/"), folder)))
            return tuple(map(_lock, _of_objects(parts.netloc, key, region)))
        case "https" | "http":
            held = any(one.update_in_progress for one in stacks(project) if one.name.rpartition("/")[2] == stack)
            return (Lock(holder=PULUMI_CLOUD, since="", life=Life.UNKNOWN),) if held else ()
        case scheme:
            raise CommandError(
                f"states are kept at {scheme}://, whose locks can't be looked at; accepted: file://, s3://, Pulumi "
                f"Cloud; elsewhere: pulumi cancel --stack {stack}, then refresh and up"
            )


def _of_files(folder: Path) -> Iterator[str]:
    for path in sorted(folder.glob("*.json")):
        yield path.read_text(encoding="utf-8")


def _of_objects(bucket: str, prefix: str, region: str) -> Iterator[str]:
    s3 = client("s3", region)
    with asking(f"s3://{bucket}/{prefix}"):
        for one in s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", []):
            if (key := one.get("Key", "")).endswith(".json"):
                yield s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()


def _lock(text: str) -> Lock:
    content = parsed(_Content, text, "pulumi", "a lock")
    return Lock(
        holder=f"{content.username}@{content.hostname}",
        since=content.timestamp.strftime("%Y-%m-%d %H:%M UTC"),
        life=_life(content.hostname, content.pid),
    )


def _life(host: str, pid: int) -> Life:
    if host != socket.gethostname():
        return Life.UNKNOWN
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return Life.DEAD
    except PermissionError:
        pass  # another user's
    # A number is used again: only a pulumi is who made the lock.
    try:
        said = subprocess.run(
            ["ps", "-o", "stat=,comm=", "-p", str(pid)], capture_output=True, text=True, check=False, timeout=10
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return Life.ALIVE
    return Life.ALIVE if "pulumi" in said and not said.startswith("Z") else Life.DEAD


def refuse_alive(held: tuple[Lock, ...], lost: tuple[str, ...]) -> None:
    """Raises `LiveError` where one of the locks may belong to an update that is at work. `lost` are users (or
    user@host, or Pulumi Cloud) whose updates on other machines are known to have ended."""
    for lock in held:
        known = any(name in (lock.holder, lock.holder.partition("@")[0]) for name in lost)
        if lock.life is Life.DEAD or (known and lock.life is Life.UNKNOWN):
            continue
        advice = (
            "it is at work: let it end, or stop it with Ctrl-C"
            if lock.life is Life.ALIVE
            else f"it may be at work on its machine; if it is surely gone: --lost {lock.holder!r}"
        )
        since = f" since {lock.since}" if lock.since else ""
        raise LiveError("the stack", Problem.BUSY, f"an update of {lock.holder}{since}; {advice}")
