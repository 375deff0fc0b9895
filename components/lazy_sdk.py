"""The generated SDKs, read class by class: `from pulumi_aws.ec2 import Vpc` reads the file of `Vpc`, not those of EC2's
other 300 resources.

A generated package imports every module that it has as soon as one is asked for, which is a second and a half of every
preview. Here a package of the SDKs finds a name in the file that is called after it, and only a name without such a
file makes it read everything, as it would have.
"""

import importlib
import importlib.machinery
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from pathlib import Path
from types import ModuleType

SDKS = ("pulumi_aws.", "pulumi_kubernetes.")
INPUTS = "_inputs"


class LazyPackages(MetaPathFinder):
    """Finds the packages inside the SDKs and gives them a loader that waits; single files load as ever."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """The spec of an SDK's package; None leaves the name to Python."""
        if not fullname.startswith(SDKS):
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None and spec.submodule_search_locations:
            spec.loader = _WaitingLoader(spec.loader, Path(spec.submodule_search_locations[0]))
        return spec


class _WaitingLoader(Loader):
    """Leaves a package's own code unread until a name is asked for that no file of it is called after."""

    def __init__(self, eager: Loader, folder: Path) -> None:
        self._eager = eager
        self._folder = folder

    def exec_module(self, module: ModuleType) -> None:
        # `Vpc` and `vpc`, `NodeGroup` and `node_group`: a class is found by its letters.
        files = {_letters(entry.stem): entry.stem for entry in self._folder.iterdir() if _is_module(entry)}

        def lazy(name: str) -> object:
            if name.startswith("__"):
                raise AttributeError(name)
            found = _from_its_file(module.__name__, name, files)
            if found is None:
                del module.__dict__["__getattr__"]
                self._eager.exec_module(module)
                return getattr(module, name)
            # A file of the same name was bound by its import; the class is what was asked for.
            module.__dict__[name] = found
            return found

        module.__dict__["__getattr__"] = lazy


def _from_its_file(package: str, name: str, files: dict[str, str]) -> object | None:
    file = files.get(_letters(name), INPUTS if name.endswith("Args") and _letters(INPUTS) in files else None)
    if file is None:
        return None
    module = importlib.import_module(f"{package}.{file}")
    return getattr(module, name, module if file == name else None)


def _letters(name: str) -> str:
    return name.replace("_", "").lower()


def _is_module(entry: Path) -> bool:
    return (entry.suffix == ".py" and entry.stem != "__init__") or (entry / "__init__.py").is_file()


def install() -> None:
    """Makes the SDKs' packages lazy from now on; those that are there already stay."""
    if not any(isinstance(finder, LazyPackages) for finder in sys.meta_path):
        sys.meta_path.insert(0, LazyPackages())
