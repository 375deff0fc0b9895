"""YAML files that this project ships, read by libyaml where PyYAML has it: some are in every preview."""

import yaml


def read_shipped(text: str) -> object:
    """The document as plain data. Raises `yaml.YAMLError`."""
    loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(text, Loader=loader)  # noqa: S506 (one of the two safe loaders)
