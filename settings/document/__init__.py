"""A stack's document: read, laid over defaults, explained when wrong, described for editors and people."""
