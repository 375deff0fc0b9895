"""Pulumi components, one concept a file: each takes one frozen args object and exposes typed outputs.

A component's children get exactly `ResourceOptions(parent=self, …)`; providers come with the component's own options.
"""

import gc

from components import lazy_sdk

# The SDKs define thousands of classes. Looking for garbage among them again and again while they are imported finds
# none and makes every preview half a second longer.
gc.set_threshold(100_000, 50, 50)
lazy_sdk.install()
