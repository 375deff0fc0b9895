"""What properties each resource type has, read once from the classes of the installed SDKs and kept as JSON.

Importing pulumi_aws takes seconds and a plugin starts for every command, so the result is cached per user, under the
version of pulumi_aws and a hash of this file and of the version of pulumi_random.
`python -m sandbox.providers.schema` makes it ahead of time.
"""

from __future__ import annotations

import collections.abc
import hashlib
import importlib
import inspect
import json
import os
import re
import sys
import tempfile
import typing
from collections.abc import Mapping
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

TOKENS = (
    "aws:budgets/budget:Budget",
    "aws:cloudwatch/eventRule:EventRule",
    "aws:cloudwatch/eventTarget:EventTarget",
    "aws:cloudwatch/logGroup:LogGroup",
    "aws:costexplorer/anomalyMonitor:AnomalyMonitor",
    "aws:costexplorer/anomalySubscription:AnomalySubscription",
    "aws:dlm/lifecyclePolicy:LifecyclePolicy",
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
    "aws:ec2/eip:Eip",
    "aws:ec2/flowLog:FlowLog",
    "aws:ec2/internetGateway:InternetGateway",
    "aws:ec2/launchTemplate:LaunchTemplate",
    "aws:ec2/natGateway:NatGateway",
    "aws:ec2/route:Route",
    "aws:ec2/routeTable:RouteTable",
    "aws:ec2/routeTableAssociation:RouteTableAssociation",
    "aws:ec2/securityGroup:SecurityGroup",
    "aws:ec2/subnet:Subnet",
    "aws:ec2/vpc:Vpc",
    "aws:ec2/vpcEndpoint:VpcEndpoint",
    "aws:eks/accessEntry:AccessEntry",
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
    "aws:eks/addon:Addon",
    "aws:eks/cluster:Cluster",
    "aws:eks/nodeGroup:NodeGroup",
    "aws:eks/podIdentityAssociation:PodIdentityAssociation",
    "aws:iam/instanceProfile:InstanceProfile",
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider",
    "aws:iam/policy:Policy",
    "aws:iam/role:Role",
    "aws:iam/rolePolicy:RolePolicy",
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    "aws:kms/alias:Alias",
    "aws:kms/key:Key",
    "aws:s3/bucket:Bucket",
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
    "aws:s3/bucketLogging:BucketLogging",
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
    "aws:s3/bucketPolicy:BucketPolicy",
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    "aws:s3/bucketVersioning:BucketVersioning",
    "aws:scheduler/schedule:Schedule",
    "aws:scheduler/scheduleGroup:ScheduleGroup",
    "aws:sqs/queue:Queue",
    "aws:sqs/queuePolicy:QueuePolicy",
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    "random:index/randomId:RandomId",
    "random:index/randomPassword:RandomPassword",
    "random:index/randomString:RandomString",
)


class TypeSpec(BaseModel):
    """The type of a value. An `object` has a closed set of properties, a `map` has free keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["string", "integer", "number", "boolean", "list", "map", "object", "any"]
    element: TypeSpec | None = None
    properties: dict[str, TypeSpec] = {}
    required: tuple[str, ...] = ()


class ResourceSchema(BaseModel):
    """The inputs of a resource type, and the names of all its outputs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    inputs: TypeSpec
    outputs: tuple[str, ...]


class Schema(BaseModel):
    """The schemas of all types by token."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    resources: dict[str, ResourceSchema]


def _sdk_types() -> Any:
    """The SDK's own introspection, which has no public name."""
    return importlib.import_module("pulumi._types")


SCALARS: Mapping[type, TypeSpec] = {
    str: TypeSpec(kind="string"),
    bool: TypeSpec(kind="boolean"),
    int: TypeSpec(kind="integer"),
    float: TypeSpec(kind="number"),
}


def _type_spec(hint: Any, seen: tuple[type, ...]) -> TypeSpec:
    _types = _sdk_types()
    plain = _unwrapped(hint)
    if plain in SCALARS:
        return SCALARS[plain]
    origin = typing.get_origin(plain)
    if origin in (list, collections.abc.Sequence):
        return TypeSpec(kind="list", element=_type_spec(typing.get_args(plain)[0], seen))
    if origin in (dict, collections.abc.Mapping):
        return TypeSpec(kind="map", element=_type_spec(typing.get_args(plain)[1], seen))
    if inspect.isclass(plain) and issubclass(plain, str):
        return SCALARS[str]
    if inspect.isclass(plain) and _types.is_input_type(plain) and plain not in seen:
        return _object_spec(plain, seen)
    # Deeply recursive types (statements of WAF and the like) and unions of scalars: anything goes.
    return TypeSpec(kind="any")


def _unwrapped(hint: Any) -> Any:
    """Take `Input[...]` and `Optional[...]` off: of a union, the one member that is no wrapper of another."""
    import pulumi

    while typing.get_origin(hint) is typing.Union:
        members = [
            member
            for member in typing.get_args(hint)
            if member is not type(None)
            and typing.get_origin(member) not in (collections.abc.Awaitable, pulumi.Output)
            and not isinstance(member, typing.ForwardRef)
        ]
        plain = [member for member in members if not _is_dictionary_form(member)]
        if not plain:
            return Any
        hint = plain[0]
    return hint


def _is_dictionary_form(member: Any) -> bool:
    """The TypedDict twin that each args class has."""
    return inspect.isclass(member) and member.__name__.endswith("ArgsDict")


def _object_spec(args_class: type, seen: tuple[type, ...] = ()) -> TypeSpec:
    _types = _sdk_types()
    wire_names = _types.input_type_py_to_pulumi_names(args_class)
    constructor: Any = inspect.getattr_static(args_class, "__init__")
    required = [
        wire_names[name]
        for name, parameter in inspect.signature(constructor).parameters.items()
        if name in wire_names and parameter.default is inspect.Parameter.empty
    ]
    types = _types.input_type_types(args_class)
    return TypeSpec(
        kind="object",
        properties={name: _type_spec(hint, (*seen, args_class)) for name, hint in sorted(types.items())},
        required=tuple(sorted(required)),
    )


def _arguments_class(module: ModuleType, class_name: str) -> type:
    """Where a nested type has taken the name `<Class>Args`, the SDK calls the resource's own `<Class>InitArgs`."""
    return getattr(module, f"{class_name}InitArgs", None) or getattr(module, f"{class_name}Args")


def generate() -> Schema:
    """Read the classes of the SDKs. Takes some seconds."""
    _types = _sdk_types()
    resources: dict[str, ResourceSchema] = {}
    for token in TOKENS:
        package, module_name, class_name = token.split(":")
        service, member = module_name.split("/")
        snake = re.sub(r"(?<!^)(?=[A-Z])", "_", member).lower()
        parent = f"pulumi_{package}" if service == "index" else f"pulumi_{package}.{service}"
        module = importlib.import_module(f"{parent}.{snake}")
        resources[token] = ResourceSchema(
            inputs=_object_spec(_arguments_class(module, class_name)),
            outputs=tuple(sorted(_types.resource_types(getattr(module, class_name)))),
        )
    return Schema(resources=resources)


def cache_path() -> Path:
    """Where the schema of the installed pulumi_aws is kept."""
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    source = hashlib.sha256(Path(__file__).read_bytes() + version("pulumi-random").encode()).hexdigest()[:12]
    return root / "lgtm-platform" / f"aws-schema-{version('pulumi-aws')}-{source}.json"


@lru_cache(maxsize=1)
def load() -> Schema:
    """The schema from the cache, made first if it isn't there (in a process of its own: see `protocol.skip_sdk`)."""
    path = cache_path()
    if not path.exists():
        _generate_in_subprocess()
    return Schema.model_validate_json(path.read_bytes())


def _generate_in_subprocess() -> None:
    import subprocess

    root = Path(__file__).resolve().parents[2]
    outcome = subprocess.run(
        [sys.executable, "-m", "sandbox.providers.schema"], cwd=root, capture_output=True, text=True, check=False
    )
    if outcome.returncode != 0:
        raise RuntimeError(f"The schema of pulumi_aws could not be read:\n{outcome.stderr.strip()}")


def write() -> Path:
    """Generate the schema and put it into the cache; complete or not at all."""
    path = cache_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    content = generate().model_dump_json(exclude_defaults=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as file:
        file.write(content)
    Path(file.name).replace(path)
    return path


if __name__ == "__main__":
    written = write()
    print(json.dumps({"schema": str(written), "types": len(TOKENS)}))
