"""The cluster of a stack by its state alone: a stack that never became whole has no outputs, but a provider."""

import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import yaml

from ops.backends.kubernetes import Kubernetes
from ops.backends.pulumi import Deployment, kubeconfig_of


@contextmanager
def cluster_of(state: Deployment) -> Generator[tuple[Kubernetes, str] | None]:
    """The cluster and the address of its API server, of a state with secrets shown; None where it has none yet."""
    text = kubeconfig_of(state)
    if text is None:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="lgtm-recovery-") as folder:
        path = Path(folder) / "kubeconfig"
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")
        yield Kubernetes(path), str(yaml.safe_load(text)["clusters"][0]["cluster"]["server"])
