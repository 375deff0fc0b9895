"""A Pulumi language host for Python, for machines where the official one can't be downloaded."""
