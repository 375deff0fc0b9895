"""List prices: one dated table a region, each price with its unit, source, date and confidence."""
