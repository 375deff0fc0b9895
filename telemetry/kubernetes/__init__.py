"""The platform inside a cluster: addresses, identities, placement, quotas, network policies, certificates."""
