"""YAML that this project ships and writes, by libyaml where PyYAML has it: some of it is in every preview."""

from typing import Any

import yaml

_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class _InFull(_Dumper):
    """Writes a value that occurs twice in full twice: people read these files."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 (the signature is given)
        return True


def read_shipped(text: str) -> object:
    """The document as plain data. Raises `yaml.YAMLError`."""
    loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(text, Loader=loader)  # noqa: S506 (one of the two safe loaders)


def yaml_text(document: object) -> str:
    """Plain data as YAML, in its own order, without anchors; equal data give equal bytes."""
    return str(yaml.dump(document, Dumper=_InFull, sort_keys=False, allow_unicode=True, width=120))
