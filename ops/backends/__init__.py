"""Clients of a running stack: its back ends, its cluster, its cloud, and the way in."""
