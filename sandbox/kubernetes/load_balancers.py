"""Host names for Services of type LoadBalancer, so that nothing waits for a load balancer that no one makes."""

from __future__ import annotations

import hashlib

from sandbox.kubernetes.api import ApiClient, ApiError, JsonObject, child

# Set by clusters that run the AWS Load Balancer Controller; any other class belongs to somebody else.
NLB_CLASS = "service.k8s.aws/nlb"


class LoadBalancerController:
    """Call `reconcile` again and again. Without nodes there is no region and so no host name yet."""

    def __init__(self, client: ApiClient) -> None:
        self._client = client

    def reconcile(self) -> None:
        """Give every LoadBalancer Service that has no address one."""
        waiting = [service for service in self._client.list("/api/v1/services") if _waits_for_address(service)]
        if not waiting:
            return
        nodes = self._client.list("/api/v1/nodes")
        if not nodes:
            return
        region = nodes[0]["metadata"]["labels"]["topology.kubernetes.io/region"]
        for service in waiting:
            metadata = service["metadata"]
            status = {"status": {"loadBalancer": {"ingress": [{"hostname": host_name(service, region)}]}}}
            path = f"/api/v1/namespaces/{metadata['namespace']}/services/{metadata['name']}/status"
            try:
                self._client.patch(path, status)
            except ApiError as error:
                if error.status != 404:
                    raise


def host_name(service: JsonObject, region: str) -> str:
    """The DNS name that AWS would give: the Network Load Balancer's form, or the classic one by default."""
    metadata = service["metadata"]
    digest = hashlib.sha256(str(metadata["uid"]).encode()).hexdigest()
    if service["spec"].get("loadBalancerClass") == NLB_CLASS:
        namespace, name = (metadata[key].replace("-", "")[:8] for key in ("namespace", "name"))
        return f"k8s-{namespace}-{name}-{digest[:10]}-{digest[10:26]}.elb.{region}.amazonaws.com"
    return f"a{str(metadata['uid']).replace('-', '')[:31]}-{int(digest[:8], 16)}.{region}.elb.amazonaws.com"


def _waits_for_address(service: JsonObject) -> bool:
    spec = service["spec"]
    return (
        spec.get("type") == "LoadBalancer"
        and spec.get("loadBalancerClass") in (None, NLB_CLASS)
        and "deletionTimestamp" not in service["metadata"]
        and not child(service["status"], "loadBalancer").get("ingress")
    )
