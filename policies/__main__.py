"""The pack's entry point; `pulumi preview --policy-pack policies` runs it."""

import sys
from pathlib import Path

# The engine runs this folder as a script, and the rules are a package of the project above it.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from policies.pack import build_pack

build_pack()
