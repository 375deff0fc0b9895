"""The dated price tables that costs rest on, shown and refreshed."""
