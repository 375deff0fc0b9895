"""Pulumi's ResourceProvider service for any simulated provider: the engine's protocol once, for all resource types."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Generic, NoReturn

import grpc
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from sandbox.providers import faults, state
from sandbox.providers.checking import DEFAULTS_KEY, NameRule, Suggestion, merged_tags, schema_problems, with_name
from sandbox.providers.comparison import Meaning
from sandbox.providers.definition import ProviderDefinition
from sandbox.providers.diff import Change, Differ
from sandbox.providers.failures import HalfCreatedError, error_message, errors_to
from sandbox.providers.properties import UNKNOWN, Properties, decode, encode
from sandbox.providers.resource import CloudT, Created, CreatedWithError, ProviderError, ResourceGoneError, ResourceType
from sandbox.providers.schema import ResourceSchema, load

Context = grpc.ServicerContext


class ProviderServicer(provider_pb2_grpc.ResourceProviderServicer, Generic[CloudT]):
    """One plugin process serves one configuration: Configure is called once before any resource."""

    def __init__(self, definition: ProviderDefinition[CloudT]) -> None:
        self._definition = definition
        self._cloud: CloudT | None = None
        self._default_tags: dict[str, str] = {}

    # --- the provider itself

    def Handshake(self, request: Any, context: Context) -> Any:
        return provider_pb2.ProviderHandshakeResponse(
            accept_secrets=True, accept_resources=True, accept_outputs=False, supports_autonaming_configuration=True
        )

    def GetPluginInfo(self, request: Any, context: Context) -> Any:
        return plugin_pb2.PluginInfo(version=self._definition.version)

    def CheckConfig(self, request: Any, context: Context) -> Any:
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Context) -> Any:
        same = decode(request.olds).values == decode(request.news).values
        changes = provider_pb2.DiffResponse.DIFF_NONE if same else provider_pb2.DiffResponse.DIFF_SOME
        return provider_pb2.DiffResponse(changes=changes)

    def Configure(self, request: Any, context: Context) -> Any:
        with errors_to(context):
            config = decode(request.args).values
            self._default_tags = self._definition.default_tags(config)
            self._cloud = self._definition.connect(config)
        return provider_pb2.ConfigureResponse(
            acceptSecrets=True, acceptResources=True, supportsPreview=True, supports_autonaming_configuration=True
        )

    def Cancel(self, request: Any, context: Context) -> Any:
        return Empty()

    def Invoke(self, request: Any, context: Context) -> Any:
        with errors_to(context):
            function = self._definition.invokes.get(request.tok)
            if function is None:
                raise ProviderError(f"The simulated provider {self._definition.name} has no function {request.tok}")
            result = function(self._connected(), decode(request.args).values)
            answer: Any = provider_pb2.InvokeResponse
            return answer(**{"return": encode(result)})

    # --- resources

    def Check(self, request: Any, context: Context) -> Any:
        with errors_to(context):
            token = _token(request)
            resource, schema = self._type(token)
            news, olds = decode(request.news), decode(request.olds)
            problems = schema_problems(token, news.values, schema.inputs)
            if problems:
                return _check_failures(request, [(one.property, one.reason) for one in problems])
            try:
                inputs = self._completed(resource, request, news.values, olds.values)
            except ValueError as error:
                return _check_failures(request, [(resource.name_property or "", str(error))])
            refusals = list(resource.check(inputs))
            if refusals:
                return _check_failures(request, [(one.property, f"{token}: {one}") for one in refusals])
            secrets = news.secrets | (frozenset({"tagsAll"}) if "tags" in news.secrets else frozenset[str]())
            return provider_pb2.CheckResponse(inputs=encode(inputs, secrets))

    def Diff(self, request: Any, context: Context) -> Any:
        with errors_to(context):
            resource, schema = self._type(_token(request))
            changes = self._changes(resource, schema, request)
            old_inputs, new_inputs = decode(request.old_inputs).values, decode(request.news).values
            return _diff_response(changes, _replaces_in_place(resource, old_inputs, new_inputs))

    def Create(self, request: Any, context: Context) -> Any:
        with errors_to(context):
            token = _token(request)
            resource, schema = self._type(token)
            inputs = decode(request.properties)
            if request.preview:
                planned = state.planned_create(schema, inputs.values, resource.defaults, resource.computed_inputs)
                planned.update(resource.preview(inputs.values))
                self._add_region(schema, planned)
                return provider_pb2.CreateResponse(id="", properties=_encode(resource, planned, inputs.secrets))
            with faults.on_demand(token, "create"):
                created, failure = self._create(resource, inputs.values)
            resource_id, known = created.resource_id, {**inputs.values, **created.outputs}
            try:
                actual = self._read(resource, schema, resource_id, known)
            except Exception as error:
                # The resource exists: whatever went wrong in reading it back, the engine must learn its id.
                actual, failure = known, failure or error_message(error)
            properties = _encode(resource, actual, inputs.secrets)
            if failure is not None:
                details = provider_pb2.ErrorResourceInitFailed(
                    id=resource_id, properties=properties, inputs=request.properties, reasons=[failure]
                )
                raise HalfCreatedError(failure, details)
            return provider_pb2.CreateResponse(id=resource_id, properties=properties)

    def _create(self, resource: ResourceType[CloudT], inputs: Properties) -> tuple[Created, str | None]:
        try:
            created = resource.create(self._connected(), inputs)
        except CreatedWithError as error:
            return Created(error.resource_id, {}), error.reason
        return created if isinstance(created, Created) else Created(created, {}), None

    def Read(self, request: Any, context: Context) -> Any:
        with errors_to(context):
            token = _token(request)
            resource, schema = self._type(token)
            known, inputs, resource_id = decode(request.properties), decode(request.inputs), str(request.id)
            faults.fail_if_asked(token, "read")
            try:
                if not known.values:
                    resource_id = resource.id_of_import(self._connected(), resource_id)
                actual = self._read(resource, schema, resource_id, known.values)
            except ResourceGoneError:
                return provider_pb2.ReadResponse(id="")
            if inputs.values:
                new_inputs = state.inputs_after_read(schema, inputs.values, actual)
            else:
                new_inputs = state.inputs_of_import(schema, actual, resource.defaults)
            return provider_pb2.ReadResponse(
                id=resource_id,
                properties=_encode(resource, actual, known.secrets),
                inputs=encode(new_inputs, inputs.secrets),
            )

    def Update(self, request: Any, context: Context) -> Any:
        with errors_to(context):
            token = _token(request)
            resource, schema = self._type(token)
            olds, news = decode(request.olds), decode(request.news)
            old_inputs = decode(request.old_inputs).values
            if request.preview:
                planned = state.planned_update(
                    schema, old_inputs, olds.values, news.values, resource.computed_on_update
                )
                return provider_pb2.UpdateResponse(properties=_encode(resource, planned, news.secrets | olds.secrets))
            changed = frozenset(change.property for change in self._changes(resource, schema, request))
            with faults.on_demand(token, "update"):
                resource.update(self._connected(), request.id, olds.values, news.values, changed)
            replaced = old_inputs.keys() | changed
            kept = {name: value for name, value in olds.values.items() if name not in replaced}
            actual = self._read(resource, schema, request.id, {**kept, **news.values})
            return provider_pb2.UpdateResponse(properties=_encode(resource, actual, news.secrets | olds.secrets))

    def Delete(self, request: Any, context: Context) -> Any:
        with errors_to(context):
            token = _token(request)
            resource, _ = self._type(token)
            # Deleting what is gone is what was wanted.
            with faults.on_demand(token, "delete"), suppress(ResourceGoneError):
                resource.delete(self._connected(), request.id, decode(request.properties).values)
            return Empty()

    # --- what this plugin doesn't have

    def _unimplemented(self, request: Any, context: Context) -> NoReturn:
        context.abort(grpc.StatusCode.UNIMPLEMENTED, f"not part of the simulated provider {self._definition.name}")

    GetSchema = Parameterize = Call = Construct = List = Attach = GetMapping = GetMappings = _unimplemented

    # --- helpers

    def _connected(self) -> CloudT:
        if self._cloud is None:
            raise ProviderError(f"The provider {self._definition.name} was not configured")
        return self._cloud

    def _type(self, token: str) -> tuple[ResourceType[CloudT], ResourceSchema]:
        resource = self._definition.types.get(token)
        schema = load().resources.get(token)
        if resource is None or schema is None:
            known = ", ".join(sorted(self._definition.types))
            raise ProviderError(f"The simulated provider has no resource type {token}. It has {known}")
        return resource, schema

    def _completed(
        self, resource: ResourceType[CloudT], request: Any, news: Properties, olds: Properties
    ) -> Properties:
        """The inputs with a generated name and all tags. Raises ValueError when no name can be made."""
        inputs = news
        if resource.name_property is not None:
            rule = NameRule(
                resource.name_property, resource.name_prefix_property, resource.name_limit, resource.name_lower
            )
            inputs = with_name(inputs, olds, rule, _name(request), request.randomSeed, _suggestion(request))
        if resource.tagged:
            all_tags = merged_tags(self._default_tags, inputs.get("tags"))
            inputs = {**inputs, "tagsAll": all_tags} if all_tags else inputs
        return inputs

    def _meaning(self, resource: ResourceType[CloudT], schema: ResourceSchema) -> Meaning:
        no_tags: Properties = {"tags": {}, "tagsAll": {}}
        defaults = {**resource.defaults, **(no_tags if resource.tagged else {})}
        return Meaning(schema.inputs, resource.sets, resource.documents, defaults)

    def _changes(self, resource: ResourceType[CloudT], schema: ResourceSchema, request: Any) -> list[Change]:
        always_kept = resource.computed_inputs | {"region", resource.name_prefix_property or ""}
        differ = Differ(self._meaning(resource, schema), resource.replace | {"region"}, resource.sticky | always_kept)
        olds, old_inputs = decode(request.olds).values, decode(request.old_inputs).values
        return differ.changes(old_inputs, olds, decode(request.news).values, request.ignoreChanges)

    def _read(
        self, resource: ResourceType[CloudT], schema: ResourceSchema, resource_id: str, known: Properties
    ) -> Properties:
        meaning = self._meaning(resource, schema)
        actual = resource.read(self._connected(), resource_id, known)
        result = state.assemble(meaning, known, state.split_tags(actual, known, self._default_tags))
        self._add_region(schema, result)
        return result

    def _add_region(self, schema: ResourceSchema, properties: Properties) -> None:
        region = self._definition.region(self._connected())
        if region is not None and "region" in schema.inputs.properties:
            properties.setdefault("region", region)


def _token(request: Any) -> str:
    """The type's token; engines before `type` was sent have it in the URN."""
    return str(request.type or request.urn.split("::")[2].split("$")[-1])


def _name(request: Any) -> str:
    return str(request.name or request.urn.split("::")[-1])


def _suggestion(request: Any) -> Suggestion:
    if not request.HasField("autonaming"):
        return Suggestion()
    mode: str = provider_pb2.CheckRequest.AutonamingOptions.Mode.Name(request.autonaming.mode)
    return Suggestion(request.autonaming.proposed_name, enforced=mode == "ENFORCE", disabled=mode == "DISABLE")


def _check_failures(request: Any, failures: list[tuple[str, str]]) -> Any:
    return provider_pb2.CheckResponse(
        inputs=request.news,
        failures=[provider_pb2.CheckFailure(property=name, reason=reason) for name, reason in failures],
    )


def _replaces_in_place(resource: ResourceType[Any], old_inputs: Properties, new_inputs: Properties) -> bool:
    """Whether the old one must go first: the type says so, or both have the same explicit name.

    A generated name is generated anew for a replacement: the engine then checks the inputs again, without the old ones.
    """
    name = resource.name_property
    if resource.delete_before_replace or name is None or name in new_inputs.get(DEFAULTS_KEY, []):
        return resource.delete_before_replace
    return new_inputs.get(name) is not UNKNOWN and new_inputs.get(name) == old_inputs.get(name)


def _diff_response(changes: list[Change], delete_before_replace: bool) -> Any:
    replaces = sorted({change.property for change in changes if change.replaces})
    detailed = {
        change.path: provider_pb2.PropertyDiff(
            kind=getattr(provider_pb2.PropertyDiff, change.kind.value + ("_REPLACE" if change.replaces else ""))
        )
        for change in changes
    }
    some = provider_pb2.DiffResponse.DIFF_SOME if changes else provider_pb2.DiffResponse.DIFF_NONE
    return provider_pb2.DiffResponse(
        changes=some,
        replaces=replaces,
        diffs=sorted({change.property for change in changes}),
        detailedDiff=detailed,
        hasDetailedDiff=True,
        deleteBeforeReplace=bool(replaces) and delete_before_replace,
    )


def _encode(resource: ResourceType[Any], properties: Properties, secrets: frozenset[str]) -> Any:
    return encode(properties, secrets | (resource.secret_outputs & properties.keys()))
