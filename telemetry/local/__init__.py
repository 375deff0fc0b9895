"""The same platform on one machine: single binaries in one Docker Compose file, configured by the same models."""
