"""Typed values of each Helm chart: what we set, and nothing else, as data."""
