"""What marks that people or pipelines set in Grafana are found by."""

ANNOTATION_TAG = "lgtm"
"""The dashboards show every annotation with this tag."""
