"""Failures on demand, so that tests can see how the program and the engine behave when AWS fails.

`LGTM_SANDBOX_FAIL` is a list of `<token>@<create|read|update|delete>`, separated by commas:

    LGTM_SANDBOX_FAIL="aws:s3/bucketPolicy:BucketPolicy@create,aws:eks/cluster:Cluster@delete#2"

Each such call fails with InternalError; with `#N` only the first N of them do. The calls seen so far are counted in
`faults.json` in the directory that `LGTM_SANDBOX_DIRECTORY` names, because every command starts a new plugin.

`LGTM_SANDBOX_HANG` is a list of the same form without `#N`: such a call is carried out, and its answer never comes, as
for an engine that is killed meanwhile. The file `hanging` in that directory says that it was.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from sandbox.providers.resource import ProviderError

FAIL_VARIABLE = "LGTM_SANDBOX_FAIL"
HANG_VARIABLE = "LGTM_SANDBOX_HANG"
HANGING_FILE = "hanging"
DIRECTORY_VARIABLE = "LGTM_SANDBOX_DIRECTORY"
OPERATIONS = ("create", "read", "update", "delete")


@contextmanager
def on_demand(token: str, operation: str) -> Generator[None]:
    """A call that fails, or never ends, if it is to."""
    fail_if_asked(token, operation)
    yield
    if f"{token}@{operation}" in os.environ.get(HANG_VARIABLE, "").split(","):
        (Path(os.environ[DIRECTORY_VARIABLE]) / HANGING_FILE).touch()
        while True:
            time.sleep(3600)


def fail_if_asked(token: str, operation: str) -> None:
    """Raise ProviderError if this call is to fail."""
    for entry in filter(None, os.environ.get(FAIL_VARIABLE, "").split(",")):
        call, _, limit = entry.strip().partition("#")
        wanted_token, _, wanted_operation = call.partition("@")
        if wanted_operation not in OPERATIONS or (limit and not limit.isdigit()):
            raise ProviderError(f"{FAIL_VARIABLE}: {entry!r} has not the form <token>@<{'|'.join(OPERATIONS)}>[#N]")
        if (wanted_token, wanted_operation) != (token, operation):
            continue
        if not limit or _count(call) <= int(limit):
            raise ProviderError(f"InternalError: We encountered an internal error. Please try again. ({FAIL_VARIABLE})")


def _count(call: str) -> int:
    """Count one more call and return how many there were, this one included."""
    directory = os.environ.get(DIRECTORY_VARIABLE)
    if not directory:
        raise ProviderError(f"{FAIL_VARIABLE} with #N needs {DIRECTORY_VARIABLE}, where the calls are counted")
    path = Path(directory) / "faults.json"
    with path.open("a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        content = file.read()
        counts: dict[str, int] = json.loads(content) if content else {}
        counts[call] = counts.get(call, 0) + 1
        file.truncate(0)
        file.write(json.dumps(counts))
    return counts[call]
