"""`python -m sandbox.cloud --directory DIR [--owner-pid PID]`: run the simulated AWS until told to stop."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading
import time
from pathlib import Path

from sandbox.cloud.server import CloudServer


def _is_alive(pid: int) -> bool:
    """Whether the process exists (a zombie doesn't count: its owner has only not collected it yet)."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0] != "Z"
    except ProcessLookupError:
        return False
    except OSError:
        return True


def _watch_owner(pid: int, cloud: CloudServer) -> None:
    while _is_alive(pid):
        time.sleep(1)
    logging.info("owner %s is gone, stopping", pid)
    cloud.stop()


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m sandbox.cloud", description="A simulated AWS on loopback.")
    parser.add_argument("--directory", type=Path, required=True, help="where cloud.json, cloud.log and clusters go")
    parser.add_argument("--owner-pid", type=int, help="stop when this process is gone")
    options = parser.parse_args(arguments)
    directory: Path = options.directory.absolute()
    try:
        directory.mkdir(parents=True, exist_ok=True)
        logging.basicConfig(
            filename=directory / "cloud.log", level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s"
        )
        (directory / "cloud.json").unlink(missing_ok=True)
        cloud = CloudServer.create(directory)
    except OSError as error:
        print(f"The simulated AWS can't start in {directory}: {error}", file=sys.stderr)
        return 1

    def end(_: int, __: object) -> None:
        cloud.stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    if options.owner_pid is not None:
        threading.Thread(target=_watch_owner, args=(options.owner_pid, cloud), daemon=True).start()
    logging.info("serving on %s", cloud.endpoint)
    cloud.serve()
    logging.info("stopped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
