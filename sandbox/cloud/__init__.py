"""A simulated AWS on loopback: moto behind a small front that answers what moto can't."""
