"""Resources → cost: what registered resources cost in a month, from dated list prices and stated assumptions."""
