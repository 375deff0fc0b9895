"""AWS in the provider's words: type tokens, lifecycle rules, what buckets are for."""
