"""A recording engine: runs a program against Pulumi's mock monitor and keeps everything that it registered.

Pulumi's `Mocks` see type, name and inputs only; the monitor underneath also gets parent, dependencies, protect and the
other options, so both are recorded here.
"""

import asyncio
import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import grpc
import pulumi
from pulumi.runtime import resource as resource_runtime
from pulumi.runtime.mocks import MockCallArgs, MockMonitor, MockResourceArgs
from pulumi.runtime.proto.source_pb2 import StackTrace
from pulumi.runtime.rpc import deserialize_properties

ACCOUNT_ID = "123456789012"
CALLER_ARN = f"arn:aws:iam::{ACCOUNT_ID}:user/deployer"
ORGANIZATION = "organization"
CERTIFICATE_AUTHORITY = base64.b64encode(b"-----BEGIN CERTIFICATE-----").decode()


@dataclass(frozen=True)
class Registered:
    """One resource as the engine was asked for it."""

    type: str
    name: str
    inputs: Mapping[str, Any]
    id: str
    urn: str
    parent: str
    """URN of the parent."""
    provider: str
    """`urn::id` of the provider, empty for the default one and for components."""
    dependencies: frozenset[str]
    """URNs, from inputs and depends_on together."""
    protect: bool
    retain_on_delete: bool
    deleted_with: str
    delete_before_replace: bool
    ignore_changes: tuple[str, ...]
    secret_inputs: frozenset[str]
    """Top-level inputs that arrived as Pulumi secrets."""

    @property
    def is_component(self) -> bool:
        return self.type.startswith("lgtm:")


@dataclass
class Graph:
    """Everything that one run of a program registered, invoked and returned."""

    resources: list[Registered] = field(default_factory=list[Registered])
    invokes: list[MockCallArgs] = field(default_factory=list[MockCallArgs])
    result: Any = None

    def of(self, type_: str) -> list[Registered]:
        """Every resource of a type; the short form `ec2/subnet:Subnet` means AWS's."""
        full = type_ if type_.count(":") == 2 else f"aws:{type_}"
        return [resource for resource in self.resources if resource.type == full]

    def one(self, type_: str, name: str | None = None) -> Registered:
        """The only resource of a type (and name)."""
        found = [resource for resource in self.of(type_) if name is None or resource.name == name]
        assert len(found) == 1, f"{len(found)} of {type_} {name or ''}: {[r.name for r in self.of(type_)]}"
        return found[0]

    def types(self) -> set[str]:
        return {resource.type for resource in self.resources}

    def waits_for(self, later: Registered, earlier: Registered) -> bool:
        """Whether `later` depends on `earlier`, through inputs, depends_on or parents, however far."""
        by_urn = {resource.urn: resource for resource in self.resources}
        seen: set[str] = set()
        queue = [later.urn]
        while queue:
            urn = queue.pop()
            if urn in seen or urn not in by_urn:
                continue
            seen.add(urn)
            queue += [*by_urn[urn].dependencies, by_urn[urn].parent, by_urn[urn].provider.rpartition("::")[0]]
        return earlier.urn in seen and earlier.urn != later.urn


class EngineError(grpc.RpcError):
    """How the engine's refusals reach the SDK."""

    def __init__(self, details: str) -> None:
        super().__init__(details)
        self._details = details

    def code(self) -> grpc.StatusCode:
        return grpc.StatusCode.UNKNOWN

    def details(self) -> str:
        return self._details


class RecordingMocks(pulumi.runtime.Mocks):
    """Answers like AWS as far as a program looks at the answers."""

    def __init__(
        self,
        stacks: Mapping[str, Mapping[str, Any]] | None = None,
        zones: int = 4,
        answers: Mapping[str, Callable[[Mapping[str, Any]], Any]] | None = None,
    ) -> None:
        self.invokes: list[MockCallArgs] = []
        self.answers = answers or {}
        self.stacks = stacks or {}
        self.zones = zones

    def call(self, args: MockCallArgs) -> Any:
        self.invokes.append(args)
        region = str(args.args.get("region") or "us-west-2")
        if args.token in self.answers:
            return self.answers[args.token](args.args), []
        match args.token:
            case "aws:index/getCallerIdentity:getCallerIdentity":
                return {"accountId": ACCOUNT_ID, "arn": CALLER_ARN, "userId": "AIDA", "id": ACCOUNT_ID}, []
            case "aws:index/getPartition:getPartition":
                return {
                    "partition": "aws",
                    "dnsSuffix": "amazonaws.com",
                    "id": "aws",
                    "reverseDnsPrefix": "com.amazonaws",
                }, []
            case "aws:index/getRegion:getRegion":
                return {"region": region, "name": region, "id": region}, []
            case "aws:index/getAvailabilityZones:getAvailabilityZones":
                letters = "abcd"[: self.zones]
                return {
                    "names": [f"{region}{letter}" for letter in letters],
                    "zoneIds": [f"usw2-az{number + 1}" for number in range(len(letters))],
                    "groupNames": [region],
                    "id": region,
                }, []
            case "pulumi:pulumi:readStackOutputs":
                name = args.args["name"]
                if name not in self.stacks:
                    raise EngineError(f'invocation of {args.token} returned an error: unknown stack "{name}"')
                return {"name": name, "outputs": dict(self.stacks[name]), "secretOutputNames": ["kubeconfig"]}, []
            case _:
                raise AssertionError(f"the program invoked {args.token}, which the recording engine doesn't know")

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        if args.custom is False:
            return "", dict(args.inputs)
        if args.typ == "pulumi:pulumi:StackReference":
            outputs = self.stacks[args.inputs["name"]]
            return args.inputs["name"], {**args.inputs, "outputs": dict(outputs), "secretOutputNames": ["kubeconfig"]}
        return f"{args.name}-id", {**args.inputs, **_computed(args)}


class RecordingMonitor(MockMonitor):
    """Keeps the registration requests, which carry the options that `Mocks` never see."""

    def __init__(self, mocks: RecordingMocks) -> None:
        super().__init__(mocks)
        self.registered: list[Registered] = []

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - gRPC's name
        response = super().RegisterResource(request)
        if request.type != "pulumi:pulumi:Stack":
            secret_inputs = frozenset(
                key
                for key, value in request.object.fields.items()
                if "4dabf18193072939515e22adb298388d" in value.struct_value.fields
            )
            self.registered.append(
                Registered(
                    type=request.type,
                    name=request.name,
                    inputs=_plain(deserialize_properties(request.object)),
                    id=response.id,
                    urn=response.urn,
                    parent=request.parent,
                    provider=request.provider,
                    dependencies=frozenset(request.dependencies),
                    protect=request.protect,
                    retain_on_delete=request.retainOnDelete,
                    deleted_with=request.deletedWith,
                    delete_before_replace=request.deleteBeforeReplace,
                    ignore_changes=tuple(request.ignoreChanges),
                    secret_inputs=secret_inputs,
                )
            )
        return response


def ensure_event_loop() -> None:
    """Pulumi takes the thread's loop, and whoever called `asyncio.run` before has left none. One that is there stays:
    outputs of an earlier program belong to it."""
    try:
        asyncio.get_event_loop()
    except RuntimeError:
        asyncio.set_event_loop(asyncio.new_event_loop())


def run_program(
    program: Callable[[], Any],
    *,
    stack: str = "staging",
    project: str = "lgtm",
    stacks: Mapping[str, Mapping[str, Any]] | None = None,
    zones: int = 4,
    preview: bool = False,
    answers: Mapping[str, Callable[[Mapping[str, Any]], Any]] | None = None,
) -> Graph:
    """Runs `program` to the end, all its registrations and outputs included; raises what the program raises.

    `stacks` are the outputs of other stacks by full name, `organization/project/stack`; `answers` are those of the
    provider's functions by token, beside the ones that every program calls.
    """
    ensure_event_loop()
    # Where in the source a resource was made: a quarter of a run under pytest's deep stack, and read by none.
    resource_runtime._get_stack_trace = StackTrace
    mocks = RecordingMocks(stacks, zones, answers)
    monitor = RecordingMonitor(mocks)
    pulumi.runtime.set_mocks(
        mocks, project=project, stack=stack, preview=preview, monitor=monitor, organization=ORGANIZATION
    )
    graph = Graph()

    @pulumi.runtime.test
    def run() -> None:
        graph.result = program()

    run()
    graph.resources, graph.invokes = monitor.registered, mocks.invokes
    return graph


def value_of(output: pulumi.Output[Any]) -> Any:
    """What an output of a finished program resolved to."""
    box: list[Any] = []

    @pulumi.runtime.test
    def resolve() -> pulumi.Output[Any]:
        return output.apply(box.append)

    resolve()
    assert box, "the output is unknown"
    return box[0]


def is_secret(output: pulumi.Output[Any]) -> bool:
    """Whether an output of a finished program is a Pulumi secret."""
    box: list[bool] = []

    @pulumi.runtime.test
    def resolve() -> pulumi.Output[Any]:
        return pulumi.Output.from_input(output.is_secret()).apply(box.append)

    resolve()
    return box[0]


def _plain(value: Any) -> Any:
    """Secrets unwrapped, for assertions."""
    if isinstance(value, dict):
        if "4dabf18193072939515e22adb298388d" in value:
            return _plain(value.get("value"))
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _computed(args: MockResourceArgs) -> dict[str, Any]:
    """Outputs that AWS adds to what was asked for."""
    name = args.inputs.get("name") or args.name
    arn = {"arn": f"arn:aws:mock:us-west-2:{ACCOUNT_ID}:{args.typ.rpartition(':')[2].lower()}/{name}"}
    match args.typ:
        case "aws:eks/cluster:Cluster":
            return {
                "arn": f"arn:aws:eks:us-west-2:{ACCOUNT_ID}:cluster/{name}",
                "endpoint": "https://ABCD.gr7.us-west-2.eks.amazonaws.com",
                "certificateAuthority": {"data": CERTIFICATE_AUTHORITY},
                "identities": [{"oidcs": [{"issuer": "https://oidc.eks.us-west-2.amazonaws.com/id/ABCD"}]}],
                "version": args.inputs.get("version"),
            }
        case "aws:iam/role:Role":
            return {"arn": f"arn:aws:iam::{ACCOUNT_ID}:role/{name}", "name": name}
        case "aws:iam/openIdConnectProvider:OpenIdConnectProvider":
            host = str(args.inputs.get("url")).removeprefix("https://")
            return {"arn": f"arn:aws:iam::{ACCOUNT_ID}:oidc-provider/{host}"}
        case "aws:s3/bucket:Bucket":
            return {"arn": f"arn:aws:s3:::{args.inputs.get('bucket')}"}
        case "aws:kms/key:Key":
            return {"arn": f"arn:aws:kms:us-west-2:{ACCOUNT_ID}:key/{args.name}", "keyId": args.name}
        case "aws:ec2/launchTemplate:LaunchTemplate":
            return {**arn, "latestVersion": 1}
        case "random:index/randomPassword:RandomPassword":
            return {"result": "generated-password", "bcryptHash": "$2a$10$generated"}
        case _:
            return arn if args.typ.startswith("aws:") else {}
