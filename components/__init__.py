"""Pulumi components, one concept a file: each takes one frozen args object and exposes typed outputs.

A component's children get exactly `ResourceOptions(parent=self, …)`; providers come with the component's own options.
"""
