"""Load of our own making, and what it does to a stack."""
