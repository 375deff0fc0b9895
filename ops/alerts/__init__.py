"""Alerts and annotations by a person's hand: a test of the way to the receivers, silences, marks on dashboards."""
