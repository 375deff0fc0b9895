"""What Grafana shows: data sources and dashboards."""
