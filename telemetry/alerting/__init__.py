"""Rules and the Alertmanager that acts on them."""
