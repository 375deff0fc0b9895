"""What of the telemetry nobody asks for, what it costs, and how to do without."""
