"""Around a platform's start: services connected, a local platform."""
