"""Workload → capacity: what arrives, what is stored, what carries it. Every coefficient names its source."""
