"""The same settings make the same values in every process: a second `up` changes nothing."""

import os
import subprocess
import sys

from sandbox.bootstrap.paths import PROJECT_ROOT
from tests.stacks import PROJECT

# Python hashes text anew in each process, and sets are in the order of hashes.
SEEDS = ("1", "2", "3", "4", "5")
PROGRAM = """
import hashlib, json
from tests.chart_facts.values import stack_values
print(hashlib.sha256(json.dumps(stack_values("dev")).encode()).hexdigest())
"""


def test_values_do_not_hang_on_the_order_of_a_set() -> None:
    environment = {**os.environ, "PYTHONPATH": str(PROJECT_ROOT)}
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM],
            cwd=PROJECT,
            env={**environment, "PYTHONHASHSEED": seed},
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed in SEEDS
    ]
    hashes = {run.communicate()[0] for run in runs}
    assert all(run.returncode == 0 for run in runs)
    assert len(hashes) == 1
