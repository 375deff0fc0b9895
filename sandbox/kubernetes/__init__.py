"""A real Kubernetes API per simulated EKS cluster: etcd, API server, controllers and scheduler on loopback, with
simulated nodes. Its public face is `control_plane.ControlPlane` and `nodes.NodeGroup`."""
