"""Where numbers are decided and explained: pure functions and frozen models, no Pulumi, no I/O at import."""
