"""Rules that span the whole document, and sums over a validated one."""
