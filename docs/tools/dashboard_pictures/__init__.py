"""Pictures of the dashboards' layout with sample data, to be judged without a Grafana."""
