"""Grafana dashboards as tested code: one module for each, built to JSON by `build`."""
