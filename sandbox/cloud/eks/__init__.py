"""EKS as this sandbox offers it: its REST API, access rules, and a real control plane behind each cluster."""
