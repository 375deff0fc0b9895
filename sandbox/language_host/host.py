"""The language host's service, `pulumirpc.LanguageRuntime`.

Runs a program with the SDK's own `pulumi-language-python-exec`, and a Python policy pack as an analyzer plugin.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent import futures
from pathlib import Path

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import language_pb2 as lang
from pulumi.runtime.proto import language_pb2_grpc, plugin_pb2

from sandbox.parent import Parent

EXEC_NAME = "pulumi-language-python-exec"
# The exec script's code for "the error was shown already": the engine must not report it again.
ALREADY_SHOWN = 32


class LanguageHost(language_pb2_grpc.LanguageRuntimeServicer):
    """Runs programs and policy packs in the virtual environment that their project file names."""

    def __init__(self, engine_address: str) -> None:
        self._engine_address = engine_address
        self._children: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()

    def Handshake(
        self, request: lang.LanguageHandshakeRequest, context: grpc.ServicerContext
    ) -> lang.LanguageHandshakeResponse:
        self._engine_address = request.engine_address or self._engine_address
        return lang.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version="3.274.1")

    def GetRequiredPackages(
        self, request: lang.GetRequiredPackagesRequest, context: grpc.ServicerContext
    ) -> lang.GetRequiredPackagesResponse:
        packages = [
            plugin_pb2.PackageDependency(name=name, kind="resource", version=version)
            for name, version in _resource_packages(_interpreter(request.info))
        ]
        return lang.GetRequiredPackagesResponse(packages=packages)

    def GetRequiredPlugins(
        self, request: lang.GetRequiredPluginsRequest, context: grpc.ServicerContext
    ) -> lang.GetRequiredPluginsResponse:
        return lang.GetRequiredPluginsResponse()

    def About(self, request: lang.AboutRequest, context: grpc.ServicerContext) -> lang.AboutResponse:
        return lang.AboutResponse(executable=str(_interpreter(request.info)), version=sys.version.split()[0])

    def GetProgramDependencies(
        self, request: lang.GetProgramDependenciesRequest, context: grpc.ServicerContext
    ) -> lang.GetProgramDependenciesResponse:
        return lang.GetProgramDependenciesResponse()

    def InstallDependencies(
        self, request: lang.InstallDependenciesRequest, context: grpc.ServicerContext
    ) -> Iterator[lang.InstallDependenciesResponse]:
        yield lang.InstallDependenciesResponse(stdout=b"The virtual environment is kept by `make setup`.\n")

    def Run(self, request: lang.RunRequest, context: grpc.ServicerContext) -> lang.RunResponse:
        code = self._wait(
            self._start(_program_command(request, self._engine_address), request.pwd, _config_env(request))
        )
        if code == ALREADY_SHOWN:
            return lang.RunResponse(bail=True)
        # RunError is logged by the exec script, which then exits with 1 and has nothing more to say.
        return lang.RunResponse(bail=True) if code == 1 else lang.RunResponse(error=_exit_text(code) if code else "")

    def RunPlugin(
        self, request: lang.RunPluginRequest, context: grpc.ServicerContext
    ) -> Iterator[lang.RunPluginResponse]:
        pack = request.info.program_directory or request.pwd
        if request.kind != "analyzer":
            context.abort(grpc.StatusCode.UNIMPLEMENTED, f"plugins of kind {request.kind!r} are not run by this host")
        command = [str(_interpreter(request.info)), "-u", "-m", "pulumi.policy", *request.args, pack]
        env = dict(pair.split("=", 1) for pair in request.env)
        child = self._start(command, pack, env, capture=True)
        assert child.stdout is not None
        for line in child.stdout:
            yield lang.RunPluginResponse(stdout=line)
        yield lang.RunPluginResponse(exitcode=self._wait(child))

    def Cancel(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> empty_pb2.Empty:
        self.stop_children()
        return empty_pb2.Empty()

    def stop_children(self) -> None:
        """Ends what is still running, so that nothing outlives the engine."""
        with self._lock:
            children = tuple(self._children)
        for child in children:
            child.terminate()

    def _start(
        self, command: list[str], cwd: str, env: dict[str, str], *, capture: bool = False
    ) -> subprocess.Popen[bytes]:
        child = subprocess.Popen(
            command,
            cwd=cwd,
            env={**os.environ, **env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if capture else None,
        )
        with self._lock:
            self._children.add(child)
        return child

    def _wait(self, child: subprocess.Popen[bytes]) -> int:
        code = child.wait()
        with self._lock:
            self._children.discard(child)
        return code


def _interpreter(info: lang.ProgramInfo) -> Path:
    """The Python of the virtual environment that the project names; this one if it names none."""
    options = dict(info.options.items()) if info.HasField("options") else {}
    virtualenv = options.get("virtualenv")
    if not isinstance(virtualenv, str) or not virtualenv:
        return Path(sys.executable)
    # The pack's path is relative to its own folder, the program's to the project's root.
    return Path(info.root_directory or info.program_directory, virtualenv).absolute() / "bin" / "python"


def _resource_packages(interpreter: Path) -> Iterator[tuple[str, str]]:
    for site_packages in (interpreter.parent.parent / "lib").glob("python3*/site-packages"):
        for manifest in sorted(site_packages.glob("*/pulumi-plugin.json")):
            plugin = json.loads(manifest.read_text(encoding="utf-8"))
            if plugin.get("resource") and plugin.get("version"):
                yield plugin.get("name") or manifest.parent.name.removeprefix("pulumi_"), plugin["version"]


def _program_command(request: lang.RunRequest, engine_address: str) -> list[str]:
    info = request.info
    return [
        str(_interpreter(info)),
        "-u",
        os.environ.get("LGTM_SANDBOX_PYTHON_EXEC", EXEC_NAME),
        *("--monitor", request.monitor_address),
        *("--engine", engine_address),
        *("--project", request.project),
        *("--root_directory", info.root_directory),
        *("--stack", request.stack),
        *("--pwd", request.pwd),
        *("--dry_run", "true" if request.dryRun else "false"),
        *("--parallel", str(request.parallel)),
        *("--organization", request.organization),
        str(Path(info.program_directory, info.entry_point) if info.entry_point else Path(info.program_directory)),
        *request.args,
    ]


def _config_env(request: lang.RunRequest) -> dict[str, str]:
    return {
        "PULUMI_CONFIG": json.dumps(dict(request.config)),
        "PULUMI_CONFIG_SECRET_KEYS": json.dumps(list(request.configSecretKeys)),
    }


def _exit_text(code: int) -> str:
    return f"the program was ended by signal {-code}" if code < 0 else f"the program exited with code {code}"


def serve(parent: Parent, engine_address: str = "") -> None:
    """Serve until the engine interrupts this process or ends; then end what still runs, too."""
    host = LanguageHost(engine_address)
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=8))
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(host, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stop.set())
    parent.tell(port)
    parent.wait(stop)
    host.stop_children()
    server.stop(0.5)
