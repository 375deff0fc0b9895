"""The CA, its issuer and the certificates under the recording engine."""

from collections.abc import Callable

import pulumi

from components.certificates import Certificates, CertificatesArgs
from components.namespace import PlatformNamespace, PlatformNamespaceArgs
from settings.models.platform import PlatformSettings
from tests.unit.recording import Graph, Registered, run_program
from tests.unit.telemetry.stores import S3

Make = Callable[..., PlatformSettings]
CLIENTS = {"collector-agent", "collector-gateway-client", "loki-client"}
PREFIX = "kubernetes:cert-manager.io/v1:"


def compose(settings: PlatformSettings) -> Graph:
    stack = settings.environment.value

    def program() -> Certificates:
        namespace = PlatformNamespace("namespace", PlatformNamespaceArgs(settings, S3, stack))
        return Certificates("certificates", CertificatesArgs(settings, namespace), pulumi.ResourceOptions())

    return run_program(program, stack=stack)


def objects(graph: Graph) -> list[Registered]:
    return [resource for resource in graph.resources if resource.type.startswith(PREFIX)]


def spec(resource: Registered) -> dict[str, object]:
    return resource.inputs["spec"]


def test_a_self_signed_ca_signs_for_the_whole_cluster(make_settings: Make) -> None:
    graph = compose(make_settings("prod"))
    root = graph.one(f"{PREFIX}Issuer")
    issuer = graph.one(f"{PREFIX}ClusterIssuer")
    authority = graph.one(f"{PREFIX}Certificate", "certificate-monitoring-ca")
    assert root.inputs["metadata"]["namespace"] == authority.inputs["metadata"]["namespace"] == "cert-manager"
    assert spec(authority)["isCA"] is True
    assert spec(authority)["issuerRef"] == {"group": "cert-manager.io", "kind": "Issuer", "name": "monitoring-ca-root"}
    assert spec(issuer) == {"ca": {"secretName": spec(authority)["secretName"]}}
    assert graph.waits_for(issuer, authority)
    assert graph.waits_for(authority, root)


def test_a_renewed_ca_keeps_its_key_and_everything_else_gets_a_new_one(make_settings: Make) -> None:
    graph = compose(make_settings("prod"))
    policies = {
        one.inputs["metadata"]["name"]: one.inputs["spec"]["privateKey"]["rotationPolicy"]
        for one in graph.of(f"{PREFIX}Certificate")
    }
    assert policies.pop("monitoring-ca") == "Never"
    assert set(policies.values()) == {"Always"}
    servers, clients = {"loki", "tempo", "mimir-gateway", "collector-gateway"}, CLIENTS
    assert set(policies) == servers | clients


def test_leaves_are_short_lived_and_good_for_one_thing(make_settings: Make) -> None:
    graph = compose(make_settings("prod", tls={"certificate_days": 60}))
    leaves = [one for one in graph.of(f"{PREFIX}Certificate") if not one.inputs["spec"].get("isCA")]
    for leaf in leaves:
        found = leaf.inputs["spec"]
        assert (found["duration"], found["renewBefore"]) == ("1440h0m0s", "480h0m0s")
        assert found["privateKey"]["algorithm"] == "ECDSA"
        usages = [usage for usage in found["usages"] if usage.endswith("auth")]
        is_client = leaf.name.removeprefix("certificate-") in CLIENTS
        assert usages == (["client auth"] if is_client else ["server auth"])
        assert found["issuerRef"]["name"] == "monitoring-ca"


def test_everything_waits_until_it_is_issued(make_settings: Make) -> None:
    graph = compose(make_settings("prod"))
    namespace = next(one for one in graph.resources if one.name == "namespace")
    for one in objects(graph):
        assert one.inputs["metadata"]["annotations"]["pulumi.com/waitFor"] == "condition=Ready"
    for leaf in graph.of(f"{PREFIX}Certificate"):
        if not leaf.inputs["spec"].get("isCA"):
            assert graph.waits_for(leaf, graph.one(f"{PREFIX}ClusterIssuer"))
            assert graph.waits_for(leaf, namespace)


def test_owner_and_tenant_stack_dont_clash(make_settings: Make) -> None:
    def names(stack: str) -> set[tuple[str, str, str]]:
        return {
            (one.type, one.inputs["metadata"].get("namespace", ""), one.inputs["metadata"]["name"])
            for one in objects(compose(make_settings(stack)))
        }

    assert not names("dev") & names("staging")


def test_cert_manager_may_run_elsewhere(make_settings: Make) -> None:
    existing = {"mode": "existing", "context": "kind", "eks_cluster_name": "tools"}
    tls = {"mode": "cert_manager", "cert_manager_namespace": "security"}
    graph = compose(make_settings("dev", cluster=existing, tls=tls))
    assert graph.one(f"{PREFIX}Issuer").inputs["metadata"]["namespace"] == "security"


def test_outputs_say_where_the_ca_is(make_settings: Make) -> None:
    secret = {"namespace": "monitoring", "name": "loki-tls", "key": "ca.crt"}
    assert compose(make_settings("prod")).result.exports() == {"ca_certificate_secret": secret}


def test_plain_mode_registers_nothing(make_settings: Make) -> None:
    graph = compose(make_settings("prod", tls={"mode": "plain"}))
    assert objects(graph) == []
    assert graph.result.secret_names == graph.result.exports() == {}
