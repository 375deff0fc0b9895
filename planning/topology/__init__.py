"""Workload → topology: the mode of each back end, its pods, and the nodes that carry them. Each choice says why."""
