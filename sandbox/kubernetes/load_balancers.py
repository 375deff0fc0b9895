"""Host names for Services of type LoadBalancer and Ingresses of class alb: nothing waits for what no one makes."""

from __future__ import annotations

import hashlib

from sandbox.kubernetes.api import ApiClient, ApiError, JsonObject, child

# Set by clusters that run the AWS Load Balancer Controller; any other class belongs to somebody else.
NLB_CLASS = "service.k8s.aws/nlb"
ALB_CLASS = "alb"
NETWORKING = "/apis/networking.k8s.io/v1"


class LoadBalancerController:
    """Call `reconcile` again and again. Without nodes there is no region and so no host name yet."""

    def __init__(self, client: ApiClient) -> None:
        self._client = client

    def reconcile(self) -> None:
        """Give every LoadBalancer Service and every Ingress that has no address one."""
        services = [("/api/v1", "services", one) for one in self._client.list("/api/v1/services")]
        ingresses = [(NETWORKING, "ingresses", one) for one in self._client.list(f"{NETWORKING}/ingresses")]
        waiting = [found for found in (*services, *ingresses) if _waits_for_address(found[2])]
        if not waiting:
            return
        nodes = self._client.list("/api/v1/nodes")
        if not nodes:
            return
        region = nodes[0]["metadata"]["labels"]["topology.kubernetes.io/region"]
        for api, plural, one in waiting:
            metadata = one["metadata"]
            status = {"status": {"loadBalancer": {"ingress": [{"hostname": host_name(one, region)}]}}}
            path = f"{api}/namespaces/{metadata['namespace']}/{plural}/{metadata['name']}/status"
            try:
                self._client.patch(path, status)
            except ApiError as error:
                if error.status != 404:
                    raise


def host_name(service: JsonObject, region: str) -> str:
    """The DNS name that AWS would give: the form of newer load balancers, or the classic one by default."""
    metadata = service["metadata"]
    digest = hashlib.sha256(str(metadata["uid"]).encode()).hexdigest()
    application = service["spec"].get("ingressClassName") == ALB_CLASS
    if application or service["spec"].get("loadBalancerClass") == NLB_CLASS:
        namespace, name = (metadata[key].replace("-", "")[:8] for key in ("namespace", "name"))
        if application:
            return f"k8s-{namespace}-{name}-{digest[:10]}-{int(digest[10:18], 16)}.{region}.elb.amazonaws.com"
        return f"k8s-{namespace}-{name}-{digest[:10]}-{digest[10:26]}.elb.{region}.amazonaws.com"
    return f"a{str(metadata['uid']).replace('-', '')[:31]}-{int(digest[:8], 16)}.{region}.elb.amazonaws.com"


def _waits_for_address(service: JsonObject) -> bool:
    spec = service["spec"]
    balanced = spec.get("type") == "LoadBalancer" and spec.get("loadBalancerClass") in (None, NLB_CLASS)
    return (
        (balanced or spec.get("ingressClassName") == ALB_CLASS)
        and "deletionTimestamp" not in service["metadata"]
        and not child(service["status"], "loadBalancer").get("ingress")
    )
