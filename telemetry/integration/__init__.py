"""What a service's team pastes into its code and deployment to send telemetry to a stack: pure builders of snippets."""
