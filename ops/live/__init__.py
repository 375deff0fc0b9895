"""The operator's commands over a running platform."""
