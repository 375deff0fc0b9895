"""Provider plugins of the sandbox, served to the real Pulumi engine over gRPC."""
