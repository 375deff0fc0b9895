"""`make mutants`: small faults by mutmut in `planning/` and `policies/`, of which the tests must notice most.

mutmut 3 makes the mutants, this runs them: its own runner forks after the tests ran once, and then a plan compiled
before hides the fault from a test; and it can't take a sample by seed. Here every mutant gets a process in which no
module of the project has been imported yet; the faulty text takes the place of its module as that is imported.
A mutant counts as caught when a test fails or the tests take many times the CPU that they take without it: time on
the clock would make every survivor of a busy machine a caught one.
"""

import argparse
import contextlib
import difflib
import importlib.machinery
import importlib.util
import os
import random
import re
import resource
import signal
import sys
import time
import types
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("planning", "policies")
# The real engine's tests need no mutants: what they see of these rooms the others see too, and faster.
TESTS = ("tests/unit/planning", "tests/policies", "tests/unit/test_*.py")
SLOW = ("test_pack_on_engine.py", "test_pack_on_preview.py")
# Imported before the forks, so that each mutant pays for the project's own modules only.
HEAVY = ("hypothesis", "pytest", "pydantic", "yaml", "rich.console", "jinja2", "pulumi", "pulumi_policy", "httpx")
LEAST_SHARE = 0.85
TIMES_AS_LONG = 4
# Only for a fault that makes tests wait for ever.
LONGEST_SECONDS = 3600


@dataclass(frozen=True)
class Mutant:
    """One fault."""

    path: Path
    """Relative to the project."""
    number: int
    """Among its file's mutants, in mutmut's order."""
    text: str
    """The whole file with the fault."""

    @property
    def module(self) -> str:
        parts = self.path.with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @property
    def diff(self) -> str:
        before = (ROOT / self.path).read_text(encoding="utf-8").splitlines()
        lines = list(difflib.unified_diff(before, self.text.splitlines(), str(self.path), lineterm="", n=1))
        return "\n".join(lines[2:])

    def __str__(self) -> str:
        return f"{self.path}#{self.number}"


def sample(count: int, seed: int) -> list[Mutant]:
    """Mutants of both rooms, each equally likely; the same for the same sources, count and seed."""
    from libcst import Module
    from mutmut.mutation.file_mutation import create_mutations

    every = [
        (path, module, number, mutation)
        for room in ROOMS
        for path in sorted((ROOT / room).rglob("*.py"))
        for module, mutations, _, _ in (create_mutations(str(path), path.read_text(encoding="utf-8")),)
        for number, mutation in enumerate(m for m in mutations if m.contained_by_top_level_function is not None)
    ]
    chosen = random.Random(seed).sample(every, min(count, len(every)))  # noqa: S311 (a sample, no secret)
    print(f"{len(chosen)} of {len(every)} mutants, seed {seed}", flush=True)
    mutants: list[Mutant] = []
    for path, module, number, mutation in chosen:
        faulty = module.deep_replace(mutation.original_node, mutation.mutated_node)
        assert isinstance(faulty, Module)
        mutants.append(Mutant(path.relative_to(ROOT), number, faulty.code))
    return mutants


def tests_for(mutant: Mutant | None) -> list[str]:
    """The test files, those that name the mutant's module most first: most mutants end after one of them."""
    files = [path for pattern in TESTS for path in ROOT.glob(pattern)]
    found = [test for path in files for test in (path.rglob("test_*.py") if path.is_dir() else (path,))]
    found = sorted(path for path in found if path.name not in SLOW)
    if mutant is not None:
        words = re.compile(rf"\b({re.escape(mutant.module)}|{mutant.path.stem})\b")
        found.sort(key=lambda path: -len(words.findall(path.read_text(encoding="utf-8"))))
    return [str(path.relative_to(ROOT)) for path in found]


class _Faulty(importlib.machinery.SourceFileLoader):
    """Loads one module from another text than its file's."""

    def __init__(self, mutant: Mutant) -> None:
        super().__init__(mutant.module, str(ROOT / mutant.path))
        self._text = mutant.text

    def get_code(self, fullname: str) -> types.CodeType:
        return compile(self._text, self.path, "exec", dont_inherit=True)


class _Finder:
    """Puts the faulty text in its module's place."""

    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant

    def find_spec(self, name: str, path: object = None, target: object = None) -> importlib.machinery.ModuleSpec | None:
        if name != self._mutant.module:
            return None
        return importlib.util.spec_from_file_location(
            name, ROOT / self._mutant.path, loader=_Faulty(self._mutant),
            submodule_search_locations=[str((ROOT / self._mutant.path).parent)]
            if self._mutant.path.stem == "__init__" else None,
        )  # fmt: skip


def start(mutant: Mutant | None, cpu_seconds: int = resource.RLIM_INFINITY) -> int:
    """The pid of a process that runs the tests on the mutant (None: on the sources as they are), and is ended by the
    system when it has used so much CPU."""
    pid = os.fork()
    if pid:
        return pid
    code = 3
    try:
        os.setpgid(0, 0)
        resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        if mutant is not None:
            sys.meta_path.insert(0, _Finder(mutant))
        import pytest

        options = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--tb=no"]
        code = int(pytest.main([*options, *tests_for(mutant)]))
    finally:
        os._exit(code)


def wait(pid: int, seconds: float) -> int | None:
    """The exit code of a process of ours, None if it had to be ended after so many seconds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.02)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return None


def judged(mutants: Sequence[Mutant], jobs: int, cpu_seconds: int) -> Iterator[tuple[Mutant, bool]]:
    """Each mutant with whether the tests noticed it, as they finish."""
    waiting, running = list(reversed(mutants)), dict[int, tuple[Mutant, float]]()
    while waiting or running:
        while waiting and len(running) < jobs:
            mutant = waiting.pop()
            running[start(mutant, cpu_seconds)] = (mutant, time.monotonic() + LONGEST_SECONDS)
        time.sleep(0.05)
        for pid, (mutant, deadline) in list(running.items()):
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                del running[pid]
                yield mutant, os.waitstatus_to_exitcode(status) != 0
            elif time.monotonic() > deadline:
                del running[pid]
                yield mutant, wait(pid, 0) is None


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--count", type=int, default=100, help="mutants in the sample (default 100)")
    parser.add_argument("--seed", type=int, default=1, help="of the sample (default 1)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes at once (default: cores)")
    options = parser.parse_args()
    os.chdir(ROOT)
    # The same examples in every process: which mutants are caught must not be luck.
    os.environ["CI"] = "true"
    mutants = sample(options.count, options.seed)
    for name in HEAVY:
        importlib.import_module(name)
    if wait(start(None), LONGEST_SECONDS) != 0:
        print("the tests fail without any mutant: run them first", file=sys.stderr)
        return 2
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    unhurt = used.ru_utime + used.ru_stime
    print(f"without a fault the tests take {unhurt:.0f} s of CPU", flush=True)
    caught = 0
    for number, (mutant, noticed) in enumerate(judged(mutants, options.jobs, int(unhurt * TIMES_AS_LONG) + 30), 1):
        caught += noticed
        print(f"{number:4} {'caught  ' if noticed else 'SURVIVED'} {mutant}", flush=True)
        if not noticed:
            print(mutant.diff, flush=True)
    share = caught / len(mutants)
    print(f"{caught} of {len(mutants)} caught ({share:.0%}; at least {LEAST_SHARE:.0%} expected)")
    return 0 if share >= LEAST_SHARE else 1


if __name__ == "__main__":
    sys.exit(main())
