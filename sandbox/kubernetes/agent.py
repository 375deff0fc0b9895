"""The thread that plays the parts of AWS and of the kubelets in a simulated cluster."""

from __future__ import annotations

import logging
import threading

from sandbox.kubernetes.api import ApiClient, ApiError
from sandbox.kubernetes.cert_manager import CertManager
from sandbox.kubernetes.kubelet import PodGate
from sandbox.kubernetes.load_balancers import LoadBalancerController
from sandbox.kubernetes.volumes import VolumeProvisioner

POLL_SECONDS = 0.3
STOP_SECONDS = 10.0

_log = logging.getLogger(__name__)


class ClusterAgent:
    """Polls the API and reconciles volumes, load balancers and starting pods until it is stopped."""

    def __init__(self, client: ApiClient, name: str) -> None:
        self._client = client
        self._parts = (
            VolumeProvisioner(client),
            CertManager(client),
            PodGate(client),
            LoadBalancerController(client),
        )
        self._stopping = threading.Event()
        # A daemon: it must not keep a program alive that forgot to stop its cluster.
        self._thread = threading.Thread(target=self._run, name=f"cluster-agent-{name}", daemon=True)

    def start(self) -> None:
        """Start polling."""
        self._thread.start()

    def stop(self) -> None:
        """Stop polling and wait for the current round. Idempotent."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(STOP_SECONDS)
        self._client.close()

    def _run(self) -> None:
        while not self._stopping.wait(POLL_SECONDS):
            for part in self._parts:
                try:
                    part.reconcile()
                except ApiError as error:
                    # Conflicts and a restarting API pass; the next round tries again.
                    _log.debug("cluster agent: %s", error)
                except (LookupError, TypeError, ValueError):
                    # One odd object must not stop every volume and pod of the cluster.
                    _log.exception("cluster agent: unexpected error in %s", type(part).__name__)
