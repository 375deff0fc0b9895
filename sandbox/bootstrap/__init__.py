"""Gets every tool: found on PATH, or downloaded from its release, or built at a pinned version, once a user."""
