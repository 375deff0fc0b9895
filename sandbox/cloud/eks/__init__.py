"""EKS as this sandbox offers it: its REST API, the access rules, and a real Kubernetes control plane behind each cluster."""
