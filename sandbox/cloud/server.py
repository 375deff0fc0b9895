"""The simulated AWS as a server on loopback. State is in memory: a start is a reset."""

from __future__ import annotations

import json
import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.cloud.bucket_policies import evaluate_conditions, read_logging_permissions
from sandbox.cloud.eks.control_planes import ControlPlaneStarter, start_real_control_plane
from sandbox.cloud.eks.state import EksState
from sandbox.cloud.front import AUTHENTICATE_PATH, Front

if TYPE_CHECKING:
    from werkzeug.serving import BaseWSGIServer

HOST = "127.0.0.1"


@dataclass
class CloudServer:
    """A running simulated AWS. `serve` blocks until `stop` is called from another thread."""

    directory: Path
    server: BaseWSGIServer
    eks: EksState

    @classmethod
    def create(
        cls, directory: Path, start_control_plane: ControlPlaneStarter = start_real_control_plane
    ) -> CloudServer:
        """Bind a free port and set everything up; requests are answered once `serve` runs."""
        # Read by moto when it is imported: without it, attaching an AWS managed policy fails.
        os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
        from werkzeug.serving import make_server

        evaluate_conditions()
        read_logging_permissions()
        directory.mkdir(parents=True, exist_ok=True)
        eks = EksState(directory=directory, start_control_plane=start_control_plane, authentication_webhook_url="")
        moto: Any = DomainDispatcherApplication(create_backend_app)
        server = make_server(HOST, 0, Front(moto, eks), threaded=True, request_handler=_handler_class())
        cloud = cls(directory=directory, server=server, eks=eks)
        eks.authentication_webhook_url = cloud.endpoint + AUTHENTICATE_PATH
        return cloud

    @property
    def endpoint(self) -> str:
        return f"http://{HOST}:{self.server.server_port}"

    def serve(self) -> None:
        """Write `cloud.json`, then answer requests until stopped; control planes go down with the server."""
        state_file = self.directory / "cloud.json"
        unfinished = state_file.with_suffix(".tmp")
        unfinished.write_text(json.dumps({"endpoint": self.endpoint, "pid": os.getpid()}), encoding="utf-8")
        unfinished.replace(state_file)
        threading.Thread(target=_load_backends, daemon=True).start()
        try:
            self.server.serve_forever(poll_interval=0.1)
        finally:
            state_file.unlink(missing_ok=True)
            self.server.server_close()
            self.eks.stop()

    def stop(self) -> None:
        """Make `serve` return. Safe to call from a signal handler: shutdown is asked for on another thread."""
        threading.Thread(target=self.server.shutdown, daemon=True).start()


def _load_backends() -> None:
    """moto imports a service at its first request, which takes up to a second: meanwhile the engine is starting."""
    from moto.backends import get_backend

    for service in ("sts", "ec2", "s3", "iam", "kms", "logs"):
        get_backend(service)  # pyright: ignore[reportArgumentType, reportCallIssue]


def _handler_class() -> type[Any]:
    from moto.moto_server.werkzeug_app import MotoRequestHandler

    class Handler(MotoRequestHandler):
        """Keeps connections open (boto3 reuses them), sends small answers at once, and logs errors only."""

        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            return

    return Handler
