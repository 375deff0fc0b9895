"""Changing what a running stack keeps, samples and caches, after reading what it does."""
