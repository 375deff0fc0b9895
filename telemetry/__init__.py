"""What the platform runs on, as data built by pure code: Helm values, collector pipelines, data sources."""
