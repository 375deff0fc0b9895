"""From an existing monitoring system to this one."""
