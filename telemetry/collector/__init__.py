"""The OpenTelemetry Collector's pipelines: the agent on every node and the sampling gateway."""
