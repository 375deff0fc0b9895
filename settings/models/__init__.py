"""The settings document, key by key: frozen models that validate what one table alone can tell."""
